"""The libraries that programs need, found in the system that they are from, without running anything of it."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.realkernel.kernels.layout import within
from lab.symbols.elf import Elf, read_elf

__all__ = ["Libraries", "Linked", "find_inside", "libraries", "linked"]

MACHINE = "x86-64"
DT_NEEDED, DT_RPATH, DT_RUNPATH = 1, 15, 29  # the ELF specification's tags of the dynamic section
# Where the dynamic loader looks without a cache (ld.so(8)), Debian's folders of an architecture included
FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib")
# What a program opens when it needs it, as it says itself: https://systemd.io/ELF_DLOPEN_METADATA/
NOTE_SECTION, NOTE_OWNER, NOTE_TYPE = ".note.dlopen", b"FDO\0", 0x407C0C0A
LIMIT = 1 << 26  # bytes of a program or library
MANY = 300  # libraries of one program


@dataclasses.dataclass(frozen=True, slots=True)
class Linked:
    """What an ELF file asks of the loader: its `interpreter`, the libraries `needed`, the `folders` to look in first.

    `opened`: what it opens later, if it is there: feature and alternative names.
    """

    interpreter: str | None
    needed: tuple[str, ...]
    folders: tuple[str, ...]
    opened: tuple[tuple[str, tuple[str, ...]], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Libraries:
    """`interpreters`: the loaders by the path that they are asked for; `files`: the libraries by name."""

    interpreters: dict[str, Path]
    files: dict[str, Path]


def libraries(base: Path, programs: Sequence[Path], features: dict[str, bool]) -> Libraries:
    """All libraries that `programs` of the system below `base` need, and those that these need.

    `features`: which of the libraries that they open later are wanted; True: they cannot do without. Raises `LabError`
    for one that is missing, for a program that is damaged or for another processor than the guest's.
    """
    found = Libraries({}, {})
    todo, read = list(programs), set[Path]()
    while todo:
        path = todo.pop()
        if path in read:
            continue
        read.add(path)
        asks = linked(read_bytes(path, LIMIT), str(path))
        if asks.interpreter is not None:
            place = find_inside(base, asks.interpreter)
            found.interpreters[asks.interpreter] = _there(base, place, asks.interpreter, path)
        for name in asks.needed:
            if name not in found.files:
                found.files[name] = _there(base, _find(base, name, asks.folders), name, path)
                todo.append(found.files[name])
        for feature, names in asks.opened:
            if feature in features and not any(name in found.files for name in names):
                todo += _opened(base, names, asks.folders, path, found.files, must=features[feature])
        if len(found.files) > MANY:
            raise LabError(f"{path}: needs more than {MANY} libraries; is {base} the root of a system?")
    return found


def _opened(
    base: Path, names: Sequence[str], folders: Sequence[str], of: Path, files: dict[str, Path], must: bool
) -> list[Path]:
    """The first of `names` that is there, put into `files`."""
    for name in names:
        path = _find(base, name, folders)
        if path is not None:
            files[name] = path
            return [path]
    if must:
        _there(base, None, names[0] if names else "library", of)
    return []


def _there(base: Path, found: Path | None, name: str, of: Path) -> Path:
    if found is None:
        raise LabError(f"{base}: has no {name[:80]}, which {of.name} needs; unpack the package with it there too")
    return found


def _find(base: Path, name: str, folders: Sequence[str]) -> Path | None:
    if "/" in name or name in ("", ".", ".."):
        return None
    return next((p for f in (*folders, *FOLDERS) if (p := find_inside(base, f"{f}/{name}")) and p.is_file()), None)


def find_inside(base: Path, path: str) -> Path | None:
    """Where `path` of the system below `base` leads, links followed inside that system; None if nowhere."""
    try:
        found = within(base, path)
        return found if found.exists() else None
    except OSError:  # a circle of links, or a folder that is closed to this user
        return None


def linked(data: bytes, source: str) -> Linked:
    """What the ELF file `data` asks of the loader; `source` names it in errors.

    Raises `LabError` for what is no intact ELF file, and for one of another processor than x86-64.
    """
    elf = read_elf(data, source)
    if elf.machine != MACHINE or elf.bits != 64:
        raise LabError(f"{source}: is {elf.form}, and the guest is {MACHINE}; give the root of a system for that")
    interpreter = elf.content(elf.section(".interp")).rstrip(b"\0").decode("utf-8", "backslashreplace") or None
    needed, folders = [], []
    table = elf.section(".dynamic")
    if table is not None:
        if table.link >= len(elf.sections):
            raise LabError(f"{source}: its dynamic section names no string table; the file is damaged")
        strings = elf.content(elf.sections[table.link])
        content = elf.content(table)
        for tag, value in struct.iter_unpack("<qQ", content[: len(content) // 16 * 16]):
            if tag == DT_NEEDED:
                needed.append(elf.string(strings, value))
            elif tag in (DT_RPATH, DT_RUNPATH):
                folders += [p for p in elf.string(strings, value).split(":") if p.startswith("/")]
    return Linked(interpreter, tuple(needed), tuple(folders), tuple(_notes(elf)))


def _notes(elf: Elf) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Feature and names of what the program opens later; a note that is none of ours is passed over."""
    content = elf.content(elf.section(NOTE_SECTION))
    place = 0
    while place + 12 <= len(content):
        owner_size, size, kind = struct.unpack_from("<III", content, place)
        owner = content[place + 12 : place + 12 + owner_size]
        start = place + 12 + -(-owner_size // 4) * 4
        text = content[start : start + size]
        place = start + -(-size // 4) * 4
        if owner == NOTE_OWNER and kind == NOTE_TYPE:
            yield from _entries(text, elf.source)


def _entries(text: bytes, source: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        entries = json.loads(text.rstrip(b"\0"))
    except (ValueError, RecursionError):
        raise LabError(f"{source}: what it says of libraries that it opens is no JSON; the file is damaged") from None
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case {"feature": str() as feature, "soname": list() as names}:
                yield feature, tuple(name for name in names if isinstance(name, str))
