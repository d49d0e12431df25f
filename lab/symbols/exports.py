"""What a kernel or module exports: name, address, CRC, namespace, licence class.

A linked kernel holds sorted tables whose entries point at names: three 32-bit place-relative offsets an
entry (`HAVE_ARCH_PREL32_RELOCATIONS`, commit 7290d5809571) or three machine words, without the namespace
before 5.4 (commit 8651ec01daed). A module's tables are empty until it is loaded; there the local symbols
`__ksymtab_NAME`, `__crc_NAME` and `__kstrtabns_NAME` tell (include/linux/export-internal.h). Kernels of
2026 have one table and a byte of flags an entry, `__kflagstab`, bit 0 of which means GPL only.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.elf import SHN_ABS, Elf, ElfSymbol, Section

__all__ = ["Export", "read_exports"]

FLAG_GPL_ONLY = 1

# table of entries -> (its table of CRCs, GPL only); the last three left the kernel in 5.12
TABLES: dict[str, tuple[str, bool]] = {
    "__ksymtab": ("__kcrctab", False),
    "__ksymtab_gpl": ("__kcrctab_gpl", True),
    "__ksymtab_gpl_future": ("__kcrctab_gpl_future", False),
    "__ksymtab_unused": ("__kcrctab_unused", False),
    "__ksymtab_unused_gpl": ("__kcrctab_unused_gpl", True),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Export:
    """One exported symbol.

    `owner`: `vmlinux` or the module's name. `address`: the link address in a kernel, the offset within
    `section` in a module. `crc`: of the prototype, None without MODVERSIONS. `namespace`: None for none.
    `gpl`: for GPL-compatible modules only.
    """

    name: str
    owner: str
    address: int | None
    section: str
    crc: int | None
    namespace: str | None
    gpl: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Layout:
    """How an entry is laid out: `words` fields of `width` bytes, place-relative or absolute."""

    width: int
    words: int
    relative: bool

    @property
    def size(self) -> int:
        return self.width * self.words


def read_exports(elf: Elf, owner: str) -> tuple[Export, ...]:
    """The exports of a kernel (`EXEC`, `DYN`) or module (`REL`), in the order of their tables.

    Raises `LabError` if a table is damaged or of a layout that is not known.
    """
    reader = _of_module if elf.kind == "REL" else _of_kernel
    return tuple(e for name in TABLES if (s := elf.section(name)) and s.size for e in reader(elf, s, owner))


def _of_kernel(elf: Elf, table: Section, owner: str) -> Iterator[Export]:
    layout = _layout(elf, table)
    count = table.size // layout.size
    checksums = _checksums(elf, table, count)
    flags = _flags(elf, table, count)
    strings = _Addresses(elf)
    for i, (value, name, *rest) in enumerate(_pointers(elf, table, layout)):
        space = strings.text(rest[0]) if rest and rest[0] else ""
        gpl = bool(flags[i] & FLAG_GPL_ONLY) if flags else TABLES[table.name][1]
        yield Export(strings.text(name), owner, value, "", checksums[i] if checksums else None, space or None, gpl)


def _pointers(elf: Elf, table: Section, layout: _Layout) -> Iterator[tuple[int, ...]]:
    """The addresses that each entry holds; 0 stands for a null pointer."""
    code = {(4, True): "i", (4, False): "I", (8, False): "Q"}[layout.width, layout.relative]
    mask = (1 << elf.bits) - 1
    place = table.address
    for fields in struct.Struct(f"{elf.order}{layout.words}{code}").iter_unpack(elf.content(table)):
        if layout.relative:
            fields = tuple((place + 4 * k + f) & mask if f else 0 for k, f in enumerate(fields))
        yield fields
        place += layout.size


def _layout(elf: Elf, table: Section) -> _Layout:
    """The layout under which every entry points at a name in `__ksymtab_strings`."""
    strings = elf.section("__ksymtab_strings")
    if strings is None:
        raise LabError(f"{elf.source}: has {table.name} but no __ksymtab_strings; exported names cannot be read")
    word = elf.bits // 8
    low, high = strings.address, strings.address + strings.size
    for layout in (_Layout(4, 3, True), _Layout(word, 3, False), _Layout(4, 2, True), _Layout(word, 2, False)):
        if table.size % layout.size == 0 and all(p[1] and low <= p[1] < high for p in _pointers(elf, table, layout)):
            return layout
    raise LabError(f"{elf.source}: the entries of {table.name} are damaged or laid out in a way not known here")


class _Addresses:
    """Text at an address of the linked kernel."""

    def __init__(self, elf: Elf) -> None:
        self._elf = elf
        self._home = next(s for s in elf.sections if s.name == "__ksymtab_strings")
        self._content = elf.content(self._home)

    def text(self, address: int) -> str:
        return self._elf.string(self._content, address - self._home.address)


def _checksums(elf: Elf, table: Section, count: int) -> tuple[int, ...]:
    content = elf.content(elf.section(TABLES[table.name][0]))
    if not content:
        return ()
    code = {4: "I", 8: "Q"}.get(len(content) // count)
    if code is None or len(content) % count:
        raise LabError(f"{elf.source}: {len(content)} bytes of checksums for {count} entries of {table.name}; damaged")
    return tuple(v & 0xFFFFFFFF for (v,) in struct.iter_unpack(elf.order + code, content))


def _flags(elf: Elf, table: Section, count: int) -> bytes:
    flags = elf.content(elf.section("__kflagstab")) if table.name == "__ksymtab" else b""
    if flags and len(flags) != count:
        raise LabError(f"{elf.source}: {len(flags)} flags in __kflagstab for {count} entries of __ksymtab; damaged")
    return flags


def _of_module(elf: Elf, table: Section, owner: str) -> Iterator[Export]:
    symbols = list(elf.symbols())
    by_name = {s.name: s for s in symbols}
    entries = [s for s in symbols if s.section == table.index and s.name.startswith("__ksymtab_")]
    if not entries:
        raise LabError(f"{elf.source}: {table.name} has entries but its symbols were stripped; exports cannot be read")
    flags = _flags(elf, table, len(entries))
    step = table.size // len(entries)
    for entry in sorted(entries, key=lambda s: s.value):
        name = entry.name.removeprefix("__ksymtab_")
        place = by_name.get(name)
        defined = place is not None and 0 < place.section < len(elf.sections)
        gpl = TABLES[table.name][1]
        if flags:
            if not step or entry.value // step >= len(flags):
                raise LabError(f"{elf.source}: the entry of {name} lies outside {table.name}; damaged")
            gpl = bool(flags[entry.value // step] & FLAG_GPL_ONLY)
        yield Export(
            name,
            owner,
            place.value if place is not None and defined else None,
            elf.sections[place.section].name if place is not None and defined else "",
            _crc(elf, by_name.get(f"__crc_{name}")),
            _namespace(elf, by_name.get(f"__kstrtabns_{name}")),
            gpl,
        )


def _crc(elf: Elf, symbol: ElfSymbol | None) -> int | None:
    """`__crc_NAME` is the number itself (before 5.19) or stands where the number is (commit 7b4537199a4a)."""
    if symbol is None or symbol.section == 0:
        return None
    if symbol.section == SHN_ABS:
        return symbol.value & 0xFFFFFFFF
    content = elf.content(_section(elf, symbol))
    if not 0 <= symbol.value <= len(content) - 4:
        raise LabError(f"{elf.source}: {symbol.name} lies outside its section; the file is damaged")
    return int(struct.unpack_from(elf.order + "I", content, symbol.value)[0])


def _namespace(elf: Elf, symbol: ElfSymbol | None) -> str | None:
    if symbol is None or symbol.section == 0:
        return None
    return elf.string(elf.content(_section(elf, symbol)), symbol.value) or None


def _section(elf: Elf, symbol: ElfSymbol) -> Section:
    if not 0 <= symbol.section < len(elf.sections):
        raise LabError(f"{elf.source}: {symbol.name} names section {symbol.section}, which is not there")
    return elf.sections[symbol.section]
