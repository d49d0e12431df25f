"""What a run read and found, kept for the next run: facts of each module, who needs whom, the indexes written.

A file's facts hold as long as its size, inode, times of change and of status change are what they were. The kernel
sets the last of them at every change and nobody can set it back, so a file cannot change behind it, but for one thing:
two changes within one tick of the file system's clock look alike. So whatever changed less than a tick before it was
read is read again the next time.

The file is columns of bytes with a checksum over all; it is believed nothing before its numbers were checked, and what
is wrong with it costs one full run.
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.symbols.depmod.types import Found

__all__ = ["Cached", "Output", "Tree", "load", "save"]

ANY = b"kernel-lab depmod cache "  # of whatever version
MAGIC = ANY + b"1\n"
HEAD = struct.Struct("<IBBqI")  # checksum of what follows it, flags, byte order of the numbers, time, modules
COMPAT, FORWARD = 1, 2  # flags
COLUMNS = 10
WORD = (1 << 64) - 1  # a time before 1970 is negative
TICK = 20_000_000  # ns; above the slowest clock of Linux (100 Hz), which stamps files
COARSE = 2_000_000_000  # ns; file systems that keep whole milliseconds or less (FAT: 2 s)
NATIVE = 1 if struct.pack("=H", 1) == b"\x01\x00" else 2


class Output(NamedTuple):
    """An index as it was written: where, its size and the CRC-32 of its content."""

    path: str
    size: int
    checksum: int


class Tree(NamedTuple):
    """What a cache keeps: the modules, their paths, the fields of `Facts`, who needs whom directly."""

    modules: Sequence[Found]
    paths: Sequence[bytes]
    columns: Sequence[Sequence[bytes]]
    needs: Sequence[Sequence[int]]


class Cached:
    """A cache that was read. `paths`: of its modules; `outputs`: the indexes by name; `columns` as in `Tree`."""

    def __init__(self, time: int, paths: list[bytes], stats: array[int], outputs: dict[str, Output]) -> None:
        """What `_parse` found; it fills in the columns."""
        self.paths = paths
        self.outputs = outputs
        self.blobs: list[bytes] = []  # a column each, without its ends
        self.ends: list[list[int]] = []  # of each value in the blobs, then in the needs
        self.needed: array[int] = array("H")
        self._index = {path: i for i, path in enumerate(paths)}
        self._time = time
        self._stats = stats

    def column(self, field: int) -> list[bytes]:
        """One field of the facts (see `Facts`) of all modules."""
        ends, blob = self.ends[field], self.blobs[field]
        return [blob[start:end] for start, end in pairwise(ends)]

    def needs(self, i: int) -> list[int]:
        """The modules that module `i` needs directly."""
        return self.needed[self.ends[-1][i] : self.ends[-1][i + 1]].tolist()

    def matches(self, modules: Sequence[Found], paths: Sequence[bytes]) -> list[int]:
        """For each of `modules` its index in the cache, -1 if it has to be read."""
        stats, index = self._stats, self._index
        latest = {True: self._time - COARSE, False: self._time - TICK}
        result = []
        for found, path in zip(modules, paths, strict=True):
            i = index.get(path, -1)
            if i >= 0:
                at = 4 * i
                changed = found.ctime_ns
                if (
                    stats[at] != found.size
                    or stats[at + 1] != found.mtime_ns & WORD
                    or stats[at + 2] != changed & WORD
                    or stats[at + 3] != found.inode
                    or changed >= latest[not changed % 1_000_000]
                ):
                    i = -1
            result.append(i)
        return result


def load(path: str, compat: bool, forward: bool) -> tuple[Cached | None, str]:
    """The cache at `path`, or None and why it is of no use ("" if there is none yet); `forward`: see `trie.build`.

    Raises `LabError` where a cache must not or cannot be put: a file that is something else, a folder, a device.
    """
    if not path or "\0" in path:
        raise LabError(f"--cache {path!r}: is no path of a file; name one")
    if not os.path.exists(path):
        _check_place(path)
        return None, ""
    try:
        data = read_bytes(path)
    except LabError as error:
        raise LabError(f"--cache {error}; name another file") from None
    if data[: len(ANY)] != ANY[: len(data)]:
        raise LabError(f"--cache {path}: is no cache of depmod and stays as it is; name another file, or remove it")
    try:
        return _parse(data, compat, forward), ""
    except LabError as error:
        return None, f"{error}; every module was read"
    except (ValueError, struct.error, IndexError):
        return None, f"{path}: is no cache of depmod, or a damaged one; every module was read"


def _check_place(path: str) -> None:
    """Raise `LabError` if no file can be made at `path`, or where a link there leads."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise LabError(f"--cache {path}: there is no folder {folder}; make it, or name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LabError(f"--cache {path}: {folder} may not be written to; name another file")


def _parse(data: bytes, compat: bool, forward: bool) -> Cached:
    """Raises `ValueError` and the like for what cannot be a cache."""
    start = len(MAGIC)
    checksum, flags, order, time, count = HEAD.unpack_from(data, start)
    if not data.startswith(MAGIC) or zlib.crc32(memoryview(data)[start + 4 :]) != checksum or order != NATIVE:
        raise ValueError
    if bool(flags & COMPAT) != compat:
        raise LabError(f"the cache was made {'with' if flags & COMPAT else 'without'} --compat")
    start += HEAD.size
    sizes = struct.unpack_from(f"<{COLUMNS}Q", data, start)
    start += 8 * COLUMNS
    if start + sum(sizes) != len(data):
        raise ValueError
    parts = []
    for size in sizes:
        parts.append(data[start : start + size])
        start += size
    paths = parts[0].split(b"\0")[:-1]
    stats, lengths, needs = array("Q"), array("I"), array("H")
    stats.frombytes(parts[1])
    lengths.frombytes(parts[2])
    needs.frombytes(parts[3])
    if len(paths) != count or len(stats) != 4 * count or len(lengths) != 6 * count or max(needs, default=-1) >= count:
        raise ValueError
    ends = [list(accumulate(lengths[f * count : (f + 1) * count], initial=0)) for f in range(6)]
    if [e[-1] for e in ends] != [*map(len, parts[4:9]), len(needs)]:
        raise ValueError
    outputs = {}
    for line in parts[9].decode("ascii").split("\n")[:-1] if bool(flags & FORWARD) == forward else ():
        place, size, crc = line.split(" ")
        where = bytes.fromhex(place)
        outputs[os.fsdecode(os.path.basename(where))] = Output(os.fsdecode(where), int(size), int(crc))
    found = Cached(time, paths, stats, outputs)
    found.blobs, found.ends, found.needed = parts[4:9], ends, needs
    return found


def save(path: str, compat: bool, forward: bool, time: int, tree: Tree, outputs: Sequence[Output]) -> None:
    """Write a cache; `time`: when the tree was walked, ns; `outputs`: the indexes made of it. Raises `LabError`."""
    lengths = array("I")
    for column in tree.columns:
        lengths.extend(map(len, column))
    lengths.extend(map(len, tree.needs))
    stats = [number for f in tree.modules for number in (f.size, f.mtime_ns, f.ctime_ns, f.inode)]
    parts = [
        b"\0".join([*tree.paths, b""]),
        array("Q", [number & WORD for number in stats]).tobytes(),
        lengths.tobytes(),
        array("H", [module for needed in tree.needs for module in needed]).tobytes(),
        *(b"".join(column) for column in tree.columns),
        "".join(f"{os.fsencode(o.path).hex()} {o.size} {o.checksum}\n" for o in outputs).encode(),
    ]
    head = HEAD.pack(0, COMPAT * compat | FORWARD * forward, NATIVE, time, len(tree.modules))[4:]
    body = b"".join([head, struct.pack(f"<{COLUMNS}Q", *map(len, parts)), *parts])
    write_atomic(path, [MAGIC, zlib.crc32(body).to_bytes(4, "little"), body])
