"""An index structure with its names in one file, looked up where it lies: nothing is copied into memory.

Layout, in the byte order of the machine that wrote it: `HEAD` (magic, version, a word that tells the byte order, the
structure's id, the width of its numbers, for each of five sections its offset and size in bytes, CRC-32 of all that
follows the head), then the sections, each from a multiple of 64 bytes on: names, offsets, parts, rows, slots.
"""

from __future__ import annotations

import dataclasses
import itertools
import mmap
import os
import stat
import struct
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from lab.core.errors import LabError
from lab.core.snapshot import write_atomic
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures import STRUCTURES, Structure

__all__ = ["MAGIC", "VERSION", "Opened", "open_structure", "save_structure"]

MAGIC, VERSION = b"LABINDEX", 1
HEAD = struct.Struct("=8sII16sI10QI4x")
ORDER = 0x01020304
LIMIT = 1 << 30  # bytes of a file of ours
ALIGN = 64
WIDTHS = {1: "B", 4: "i", 8: "q"}


@dataclasses.dataclass(slots=True, eq=False)
class Opened:
    """A structure in an open file: lookups run on the mapped bytes. Close it, or use it in a `with`.

    `names`, `offsets`, `parts`, `rows` are the table's (see `Ksymtab`), `slots` what the structure keeps. They are
    views of a private mapping: what writes to them changes nothing on disk.
    """

    structure: Structure
    names: memoryview
    offsets: memoryview
    parts: memoryview
    rows: memoryview
    slots: memoryview
    _map: mmap.mmap

    def __len__(self) -> int:
        """How many names there are."""
        return len(self.offsets) - 1

    @property
    def buffers(self) -> tuple[memoryview, memoryview, memoryview, memoryview]:
        """What a lookup takes after the key: names, offsets, parts, slots."""
        return self.names, self.offsets, self.parts, self.slots

    def lookup(self, key: bytes) -> tuple[int, int]:
        """The entry called `key`, or -1, and how many names were compared."""
        return self.structure.lookup(key, 0, len(key), *self.buffers, None)

    def lookup_many(self, keys: Sequence[bytes], compiled: bool = False) -> tuple[array[int], int]:
        """The entry of each of `keys`, -1 for none, and the comparisons of all; see `lab.symbols.lookup`."""
        from lab.symbols.lookup import lookup_many

        return lookup_many(self.structure, self.buffers, keys, compiled)

    def name(self, entry: int) -> bytes:
        """The name of an entry."""
        return bytes(self.names[self.offsets[entry] : self.offsets[entry + 1] - 1])

    def close(self) -> None:
        """Give the mapping back; raises `BufferError` where a view of it is still used elsewhere."""
        for view in (*self.buffers, self.rows):
            view.release()
        self._map.close()

    def __enter__(self) -> Opened:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()


def save_structure(path: Path | str, method: str, table: Ksymtab, slots: array[int]) -> None:
    """Write the structure called `method`, built over `table`, atomically; raises `LabError` if that fails."""
    sections = [table.names, table.offsets.tobytes(), table.parts.tobytes(), table.rows.tobytes(), slots.tobytes()]
    body, bounds = bytearray(), []
    for section in sections:
        body += b"\0" * (-(HEAD.size + len(body)) % ALIGN)
        bounds += [HEAD.size + len(body), len(section)]
        body += section
    head = HEAD.pack(MAGIC, VERSION, ORDER, method.encode(), slots.itemsize, *bounds, zlib.crc32(body))
    write_atomic(path, [head, bytes(body)])


def open_structure(path: Path | str) -> Opened:
    """Map a file that `save_structure` wrote, and check that every lookup in it stays inside and ends.

    Raises `LabError` if it cannot be read, is another kind of file, or was cut off, changed or forged.
    """
    mapped = _mapped(path)
    try:
        return _opened(mapped, str(path))
    except BaseException:
        mapped.close()
        raise


def _mapped(path: Path | str) -> mmap.mmap:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or not HEAD.size <= found.st_size <= LIMIT:
                raise LabError(f"{path}: is no index structure of ours; save one first")
            return mmap.mmap(handle, found.st_size, access=mmap.ACCESS_COPY)
        finally:
            os.close(handle)
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{str(path)!r}: is no path of a file") from None


def _opened(mapped: mmap.mmap, source: str) -> Opened:
    magic, version, order, word, width, *bounds, checksum = HEAD.unpack_from(mapped)
    if magic != MAGIC:
        raise LabError(f"{source}: is no index structure of ours; save one first")
    if order != ORDER:
        raise LabError(f"{source}: was written by a machine of another byte order; save it again on this one")
    if version != VERSION:
        raise LabError(f"{source}: version {version} is not known here (newest is {VERSION}); update the lab")
    structure = STRUCTURES.get(word.rstrip(b"\0").decode("ascii", "replace"))
    if structure is None or width not in WIDTHS:
        raise LabError(f"{source}: holds a structure that is not known here; update the lab")
    with memoryview(mapped) as whole:
        if zlib.crc32(whole[HEAD.size :]) != checksum:
            raise LabError(f"{source}: its checksum does not fit; the file was cut off or damaged, save it again")
        views = _sections(whole, list(zip(bounds[::2], bounds[1::2], strict=True)), width)
    if views is None:
        raise LabError(f"{source}: its sections do not fit into the file; save it again")
    names, offsets, parts, rows, slots = views
    wrong = _wrong(names, offsets, parts, rows) or structure.check(len(offsets) - 1, parts, slots)
    if wrong:
        for view in views:
            view.release()
        raise LabError(f"{source}: {wrong}; the file was forged or damaged, save it again")
    return Opened(structure, names.toreadonly(), offsets, parts, rows, slots, mapped)


def _sections(whole: memoryview, bounds: list[tuple[int, int]], width: int) -> list[memoryview] | None:
    """The sections as numbers; None if one lies outside, overlaps the one before or is cut within a number."""
    views: list[memoryview] = []
    end = HEAD.size
    for (start, size), code in zip(bounds, ("B", "i", "i", "i", WIDTHS[width]), strict=True):
        if start % ALIGN or not end <= start <= len(whole) or size > len(whole) - start or size % struct.calcsize(code):
            for view in views:
                view.release()
            return None
        views.append(whole[start : start + size].cast(code))  # type: ignore[call-overload]
        end = start + size
    return views


def _wrong(names: memoryview, offsets: memoryview, parts: memoryview, rows: memoryview) -> str:
    """What is wrong with a table; "" if names, offsets and parts agree and each part is sorted."""
    keys = bytes(names).split(b"\0")
    if keys.pop() or list(offsets) != list(itertools.accumulate((len(key) + 1 for key in keys), initial=0)):
        return "the offsets do not fit the names"
    bounds = list(parts)
    if (
        len(bounds) < 2
        or bounds[0] != 0
        or bounds[-1] != len(keys)
        or bounds != sorted(bounds)
        or len(rows) != len(keys)
    ):
        return "the tables' bounds do not fit the names"
    if len(set(keys)) != len(keys) or any(
        keys[low:high] != sorted(keys[low:high]) for low, high in itertools.pairwise(bounds)
    ):
        return "the names are not sorted, or one is there twice"
    return ""
