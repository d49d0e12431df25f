"""What a module's tables say, a table at a time: exports, undefined symbols, checksums, `.modinfo`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from lab.core.errors import LabError
from lab.symbols.bulk.object import INFO, LINK, SHT_SYMTAB, SHT_SYMTAB_SHNDX, SIZE, TYPE, Object
from lab.symbols.elf_numbers import SHN_ABS, SHN_LORESERVE
from lab.symbols.exports import FLAG_GPL_ONLY, TABLES
from lab.symbols.undefined import VERSION_ENTRY, WEAK

__all__ = ["BulkExport", "crc_symbols", "exports", "modinfo", "undefined", "versions"]

REL = 1  # e_type of what is not linked yet, as modules are
SHN_XINDEX = 0xFFFF
VALUES = (0, SHN_ABS)  # sections of a symbol that is its value, not a place

CRC = b"__crc_"
ENTRY = b"__ksymtab_"
SPACE = b"__kstrtabns_"

# (bits, order) -> an entry of the symbol table: name, info, section of all; name, section, value of all
ASKED = {(b, o): struct.Struct(o + ("IBxH16x" if b == 64 else "I8xBxH")) for b in (32, 64) for o in "<>"}
PLACED = {(b, o): struct.Struct(o + ("I2xHQ8x" if b == 64 else "II6xH")) for b in (32, 64) for o in "<>"}
VERSIONS = {(b, o): struct.Struct(o + {32: "I60s", 64: "Q56s"}[b]) for b in (32, 64) for o in "<>"}


class BulkExport(NamedTuple):
    """One export of a module: `lab.symbols.exports.Export` in bytes, `namespace` empty for none.

    `offset` within `section`, None and "" where the module does not define it.
    """

    name: bytes
    offset: int | None
    section: str
    crc: int | None
    namespace: bytes
    gpl: bool


def undefined(found: Object) -> list[tuple[bytes, bool]]:
    """(name, weak) of each undefined symbol, in the order of the symbol table, which the loader resolves in.

    Raises `LabError` for a damaged file.
    """
    table = _symtab(found)
    if table < 0:
        return []
    entry = ASKED[found.bits, found.order]
    first = found.rows[table][INFO] * entry.size  # global and weak ones follow the local ones
    _whole(found, table, entry.size)
    asked = [(at, info) for at, info, section in entry.iter_unpack(found.part(table, first)) if not section and at]
    strings = _strings(found, table)
    try:
        return [
            (name, info >> 4 == WEAK)
            for at, info in asked
            if (name := strings[at : strings.index(0, at)])
        ]  # fmt: skip
    except ValueError:
        raise _outside(found) from None


def crc_symbols(found: Object) -> list[tuple[bytes, int | None]]:
    """(X, its CRC) of each symbol `__crc_X` in the order of the symbol table: what kmod takes for the exports.

    The number is the symbol's value (before 5.19) or stands where the symbol does (commit 7b4537199a4a);
    None where it lies outside its section. Raises `LabError` for a damaged file.
    """
    table = _symtab(found)
    if table < 0:
        return []
    strings = _strings(found, table)
    if CRC not in strings:
        return []
    names: set[int] = set()
    at = strings.find(CRC)
    while at >= 0:  # any place, not only after a NUL: the linker lets strings share tails
        names.add(at)
        at = strings.find(CRC, at + 1)
    contents: dict[int, bytes] = {}
    try:
        return [
            (strings[at + len(CRC) : strings.index(0, at)], _checksum(found, section, value, contents))
            for at, section, value in _placed(found, table)
            if at in names
        ]
    except ValueError:
        raise _outside(found) from None


def exports(found: Object) -> list[BulkExport]:
    """The exports by their entries' symbols `__ksymtab_X`, in the order of the tables.

    As `lab.symbols.exports.read_exports` of a module (kind `ET_REL`). Raises `LabError` for a damaged file, or
    one whose tables have entries but no symbols.
    """
    if found.kind != REL:
        raise LabError(f"{found.source}: is an ELF file of kind {found.kind}, no module")
    tables = [(name, i) for name in TABLES if (i := found.index(name)) and found.rows[i][SIZE]]
    if not tables:
        return []
    table = _symtab(found)
    strings = _strings(found, table) if table >= 0 else b""
    entries: dict[int, list[tuple[int, bytes]]] = {i: [] for _, i in tables}
    placed: dict[bytes, tuple[int, int]] = {}
    try:
        for at, section, value in _placed(found, table) if table >= 0 else ():
            if at:
                name = strings[at : strings.index(0, at)]
                placed[name] = (section, value)
                if section in entries and name.startswith(ENTRY):
                    entries[section].append((value, name[len(ENTRY) :]))
    except ValueError:
        raise _outside(found) from None
    contents: dict[int, bytes] = {}
    return [e for name, i in tables for e in _of_table(found, name, i, entries[i], placed, contents)]


def _of_table(
    found: Object,
    table: str,
    index: int,
    entries: list[tuple[int, bytes]],
    placed: dict[bytes, tuple[int, int]],
    contents: dict[int, bytes],
) -> Iterator[BulkExport]:
    if not entries:
        raise LabError(f"{found.source}: {table} has entries but its symbols were stripped; exports cannot be read")
    flags = found.content("__kflagstab") if table == "__ksymtab" else b""
    if flags and len(flags) != len(entries):
        raise LabError(
            f"{found.source}: {len(flags)} flags in __kflagstab for {len(entries)} entries of __ksymtab; damaged"
        )
    step = found.rows[index][SIZE] // len(entries)
    gpl = TABLES[table][1]
    entries.sort(key=lambda e: e[0])
    nowhere = (0, 0)
    for value, name in entries:
        if flags:
            if not step or value // step >= len(flags):
                shown = name.decode("utf-8", "backslashreplace")
                raise LabError(f"{found.source}: the entry of {shown} lies outside {table}; damaged")
            gpl = bool(flags[value // step] & FLAG_GPL_ONLY)
        section, offset = placed.get(name, nowhere)
        defined = 0 < section < len(found.rows)
        at, number = placed.get(CRC + name, nowhere)
        crc = None
        if at:
            crc = _checksum(found, at, number, contents)
            if crc is None:
                shown = name.decode("utf-8", "backslashreplace")
                raise LabError(f"{found.source}: __crc_{shown} lies outside its section; the file is damaged")
        at, number = placed.get(SPACE + name, nowhere)
        yield BulkExport(
            name,
            offset if defined else None,
            found.name(section) if defined else "",
            crc,
            _text(found, at, number, contents) if at else b"",
            gpl,
        )


def versions(found: Object, extended: bool = True) -> list[tuple[bytes, int]]:
    """The (name, checksum) pairs that a module was built against, in the order the kernel's `check_version` scans.

    `__versions`, or where the module has it the extended form of 6.14, which holds names of any length;
    `extended` False: `__versions` alone, as kmod reads it. Raises `LabError` for a damaged table.
    """
    numbers = found.content("__version_ext_crcs") if extended else b""
    if numbers:
        names = found.content("__version_ext_names").split(b"\0")[:-1]
        if len(numbers) != 4 * len(names):
            raise LabError(f"{found.source}: {len(numbers)} bytes of checksums for {len(names)} names; damaged")
        return list(zip(names, struct.unpack(f"{found.order}{len(names)}I", numbers), strict=True))
    body = found.content("__versions")
    if len(body) % VERSION_ENTRY:
        raise LabError(f"{found.source}: __versions has {len(body)} bytes, no whole number of {VERSION_ENTRY}; damaged")
    entry = VERSIONS[found.bits, found.order]
    return [(name.partition(b"\0")[0], crc & 0xFFFFFFFF) for crc, name in entry.iter_unpack(body)]


def modinfo(found: Object) -> list[tuple[bytes, bytes]]:
    """(key, value) of each record of `.modinfo`, in order; a key may occur several times."""
    records = (r.partition(b"=") for r in found.content(".modinfo").split(b"\0"))
    return [(key, value) for key, equals, value in records if equals]


def _symtab(found: Object) -> int:
    """The index of the symbol table, -1 for none."""
    return next((i for i, h in enumerate(found.rows) if h[TYPE] == SHT_SYMTAB), -1)


def _strings(found: Object, table: int) -> bytes:
    link = found.rows[table][LINK]
    if link >= len(found.rows):
        raise LabError(f"{found.source}: its symbol table names no string table; the file is damaged")
    return found.part(link)


def _whole(found: Object, table: int, size: int) -> None:
    held = found.rows[table][SIZE]
    if held % size:
        raise LabError(f"{found.source}: its symbol table has {held} bytes, no whole number of entries")
    if found.rows[table][INFO] * size > held:
        raise LabError(f"{found.source}: its symbol table ends before its first global symbol; the file is damaged")


def _placed(found: Object, table: int) -> list[tuple[int, int, int]]:
    """(place of its name, section, value) of every symbol."""
    body = found.part(table)
    entry = PLACED[found.bits, found.order]
    _whole(found, table, entry.size)
    rows: list[tuple[int, int, int]] = list(entry.iter_unpack(body))
    if found.bits == 32:
        rows = [(name, section, value) for name, value, section in rows]
    if any(row[TYPE] == SHT_SYMTAB_SHNDX for row in found.rows):
        rows = _widened(found, table, rows)
    return rows


def _widened(found: Object, table: int, rows: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """`rows` with section numbers too large for their field taken from `SHT_SYMTAB_SHNDX` (gABI, section 4).

    What a reserved number means instead is told apart from such a section as `SHN_ABS` is: it becomes negative.
    """
    wide = next((i for i, r in enumerate(found.rows) if r[TYPE] == SHT_SYMTAB_SHNDX and r[LINK] == table), 0)
    numbers = found.part(wide) if wide else b""
    if len(numbers) < 4 * len(rows):
        raise LabError(f"{found.source}: its symbols name sections that no table numbers; the file is damaged")
    every = struct.unpack_from(f"{found.order}{len(rows)}I", numbers)
    return [
        (n, w if s == SHN_XINDEX else s if s < SHN_LORESERVE else s - 0x10000, v)
        for (n, s, v), w in zip(rows, every, strict=True)
    ]


def _checksum(found: Object, section: int, value: int, contents: dict[int, bytes]) -> int | None:
    """What a symbol `__crc_X` stands for: its value, or the 32-bit number there; None outside its section."""
    if section in VALUES or (section == SHN_ABS + 0x10000 >= len(found.rows)):
        return value & 0xFFFFFFFF
    content = _content(found, section, contents)
    if value > len(content) - 4:
        return None
    return int.from_bytes(content[value : value + 4], "little" if found.order == "<" else "big")


def _text(found: Object, section: int, value: int, contents: dict[int, bytes]) -> bytes:
    content = _content(found, section, contents)
    end = content.find(0, value) if value < len(content) else -1
    if end < 0:
        raise _outside(found)
    return content[value:end]


def _content(found: Object, section: int, contents: dict[int, bytes]) -> bytes:
    known = contents.get(section)
    if known is None:
        if not 0 <= section < len(found.rows):
            raise LabError(f"{found.source}: a symbol names section {section}, which is not there")
        known = contents[section] = found.part(section)
    return known


def _outside(found: Object) -> LabError:
    return LabError(f"{found.source}: a name lies outside its string table; the file is damaged")
