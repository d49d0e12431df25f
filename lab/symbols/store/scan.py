"""Which module files a folder holds, what the kernel calls them, and which of two equal names is loaded."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.symbols.store.columns import LIMIT_OWNERS

__all__ = ["File", "Found", "builtin_names", "hidden", "name_of", "scan"]

SUFFIXES = (b".ko", b".ko.gz", b".ko.xz", b".ko.zst")
PASSED_OVER = (b"build", b"source")  # the kernel's sources, as kmod has it
LIMIT_LIST = 1 << 24  # bytes of modules.builtin or modules.order


class File(NamedTuple):
    """A module file: `name` of the module, `path` relative to the folder, `size` in bytes, times in ns since 1970."""

    name: bytes
    path: bytes
    size: int
    mtime: int
    ctime: int


class Found(NamedTuple):
    """`files` sorted by (module name, path); `dangling`: names of links that lead nowhere."""

    files: list[File]
    dangling: list[bytes]


def name_of(path: bytes) -> bytes:
    """The module's name: of the file up to the first dot, `-` as `_` (kmod's rule)."""
    return path.rpartition(b"/")[2].partition(b".")[0].replace(b"-", b"_")


def scan(folder: str) -> Found:
    """Every module file under `folder`.

    Links to folders are not followed, links to files are. Raises `LabError` if there is no module, if there are more
    than kmod takes, or if a folder cannot be read.
    """
    files: list[File] = []
    dangling: list[bytes] = []
    root = os.fsencode(folder)
    waiting = [b""]
    try:
        while waiting:
            within = waiting.pop()
            with os.scandir(os.path.join(root, within)) as entries:
                for entry in entries:
                    if entry.name.endswith(SUFFIXES):
                        _file(entry, within, files, dangling)
                    elif entry.is_dir(follow_symlinks=False) and entry.name not in PASSED_OVER:
                        waiting.append(within + entry.name + b"/")
    except OSError as error:
        raise LabError(f"{os.fsdecode(error.filename or root)}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{folder!r}: is no path of a folder") from None
    if not files:
        raise LabError(f"{folder}: holds no kernel modules (.ko files); give a folder such as /lib/modules/VERSION")
    if len(files) >= LIMIT_OWNERS:
        raise LabError(f"{folder}: holds {len(files):,} modules; fewer than {LIMIT_OWNERS:,} are indexed")
    return Found(sorted(files), sorted(dangling))


def _file(entry: os.DirEntry[bytes], within: bytes, files: list[File], dangling: list[bytes]) -> None:
    try:
        found = entry.stat()
    except FileNotFoundError:
        dangling.append(within + entry.name)
        return
    if stat.S_ISREG(found.st_mode):
        path = within + entry.name
        files.append(File(name_of(entry.name), path, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


def builtin_names(folder: str) -> list[bytes]:
    """The names in modules.builtin beside the tree, sorted; none if there is no such file."""
    return sorted({name_of(line) for line in _listed(folder, "modules.builtin")})


def hidden(folder: str, files: Sequence[File]) -> Iterator[int]:
    """Places in `files` (as `scan` has them) of those whose module is loaded from another file.

    A file under updates/ goes before others (depmod's default search), then one that modules.order lists, earlier
    lines first, then the path decides.
    """
    equal = [row for row in range(1, len(files)) if files[row].name == files[row - 1].name]
    if not equal:
        return
    place = {line: i for i, line in reversed(list(enumerate(_listed(folder, "modules.order"))))}
    groups: dict[bytes, list[int]] = {}
    for row in sorted({*equal, *(row - 1 for row in equal)}):
        groups.setdefault(files[row].name, []).append(row)
    for rows in groups.values():
        first = min(rows, key=lambda row: _rank(files[row].path, place))
        yield from (row for row in rows if row != first)


def _rank(path: bytes, place: dict[bytes, int]) -> tuple[bool, int, bytes]:
    listed = next((path[: -len(s)] + b".ko" for s in reversed(SUFFIXES) if path.endswith(s)), path)
    return not path.startswith(b"updates/"), place.get(listed, place.get(path, len(place))), path


def _listed(folder: str, name: str) -> list[bytes]:
    path = os.path.join(folder, name)
    return (
        [line.strip() for line in read_bytes(path, LIMIT_LIST).splitlines() if line.strip()]
        if os.path.exists(path)
        else []
    )
