"""The section table of an ELF file, either byte order, 32 and 64 bit, for any number of sections."""

from __future__ import annotations

import struct
import sys
from array import array

from lab.core.errors import LabError
from lab.symbols.bulk.source import Data
from lab.symbols.elf_numbers import MAX_SECTIONS, SHF_COMPRESSED

__all__ = [
    "SHT_NOBITS",
    "SHT_STRTAB",
    "SHT_SYMTAB",
    "SHT_SYMTAB_SHNDX",
    "Header",
    "Object",
    "open_object",
    "string_table",
]

SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS, SHT_SYMTAB_SHNDX = 2, 3, 8, 18
SHN_XINDEX = 0xFFFF

Header = tuple[int, int, int, int, int, int, int, int]  # type, flags, address, offset, size, link, info, entsize
HERE = "<" if sys.byteorder == "little" else ">"
Row = tuple[int, ...]  # a section header as it stands in the file
NAME, TYPE, FLAGS, ADDRESS, OFFSET, SIZE, LINK, INFO, ALIGN, ENTSIZE = range(10)

# (class, data encoding of e_ident) -> bits, byte order, e_type to e_version and e_shoff, e_shentsize to e_shstrndx,
# place of e_shoff, place of e_shentsize, a section header
LAYOUTS = {
    (cls, code): (
        bits, order, struct.Struct(order + "HHI"), struct.Struct(order + word), struct.Struct(order + "HHH"),
        offset, tail, struct.Struct(order + header),
    )
    for cls, bits, word, offset, tail, header in ((1, 32, "I", 32, 46, "10I"), (2, 64, "Q", 40, 58, "IIQQQQIIQQ"))
    for code, order in ((1, "<"), (2, ">"))
}  # fmt: skip

NO_NUMBERS: array[int] = array("I")


class Object:
    """An ELF file: `bits`, `order` ("<" or ">" as `struct` writes it), `machine` (e_machine), `kind` (e_type).

    Sections are found by name when asked for; `rows` has their headers by index, `row` one of them, `kinds` their
    types (sh_type). No dataclass: a distribution has thousands of these, and what nobody asks for is not made.
    """

    __slots__ = (
        "_entry", "_names", "_rows", "_sections", "_step", "_strings", "_table", "bits", "data", "kind", "kinds",
        "machine", "order", "source",
    )  # fmt: skip

    def __init__(self, source: str, data: Data, bits: int, order: str, machine: int, kind: int) -> None:
        """An object without sections, which `open_object` fills in."""
        self.source = source
        self.data = data
        self.bits = bits
        self.order = order
        self.machine = machine
        self.kind = kind
        self.kinds = self._names = NO_NUMBERS
        self._table = b""  # the section headers, `_step` bytes each, of which `_entry` reads
        self._step = 0
        self._entry = LAYOUTS[1, 1][-1]
        self._rows: list[Row] | None = None
        self._strings = b""
        self._sections: dict[str, Header] | None = None

    @property
    def rows(self) -> list[Row]:
        """The section headers as they stand in the file, by index."""
        if self._rows is None:
            entry, step = self._entry, self._step
            if step == entry.size:
                self._rows = list(entry.iter_unpack(self._table))
            else:
                self._rows = [entry.unpack_from(self._table, i * step) for i in range(len(self._names))]
        return self._rows

    def row(self, index: int) -> Row:
        """One section header, by an index that `kinds` has."""
        return self._entry.unpack_from(self._table, index * self._step)

    @property
    def sections(self) -> dict[str, Header]:
        """Each section by name, the first of a name: (type, flags, address, offset, size, link, info, entsize)."""
        if self._sections is None:
            found: dict[str, Header] = {}
            for index, (_, kind, flags, address, offset, size, link, info, _, entry) in enumerate(self.rows):
                found.setdefault(self.name(index), (kind, flags, address, offset, size, link, info, entry))
            self._sections = found
        return self._sections

    def name(self, index: int) -> str:
        """The name of a section."""
        start = self._names[index]
        return self._strings[start : self._strings.index(0, start)].decode("utf-8", "backslashreplace")

    def index(self, name: str) -> int:
        """The index of the first section called `name`; 0, the index of none, if there is no such section."""
        wanted = name.encode() + b"\0"
        strings, names = self._strings, self._names
        at, found = strings.find(wanted), len(names)
        while at >= 0:
            if at in names:  # the linker lets names share tails: .rela__ksymtab holds __ksymtab
                found = min(found, names.index(at))
            at = strings.find(wanted, at + 1)
        return found % len(names) if names else 0

    def content(self, name: str) -> bytes:
        """The bytes of the first section called `name`, empty if there is none.

        Raises `LabError` if they lie outside the file.
        """
        index = self.index(name)
        return self.part(index) if index else b""

    def part(self, index: int, skip: int = 0) -> bytes:
        """The bytes of a section by index, without its first `skip`; raises `LabError` if they lie outside the file."""
        _, kind, flags, _, offset, size, _, _, _, _ = self._entry.unpack_from(self._table, index * self._step)
        if kind == SHT_NOBITS or not size:
            return b""
        if flags & SHF_COMPRESSED:
            raise LabError(f"{self.source}: section {self.name(index)} is compressed; kernel tables never are")
        end = offset + size
        if end > len(self.data):
            name = self.name(index) or index
            raise LabError(f"{self.source}: section {name} ends at {end:,}, behind the end of the file")
        return bytes(self.data[offset + skip : end])

    def both(self, index: int, skip: int, other: int) -> tuple[bytes, bytes]:
        """`part(index, skip)` and `part(other)`, in one go where the file has them side by side."""
        _, kind, flags, _, offset, size, _, _, _, _ = self._entry.unpack_from(self._table, index * self._step)
        _, behind, more, _, start, length, _, _, _, _ = self._entry.unpack_from(self._table, other * self._step)
        end = start + length
        if offset + size != start or SHT_NOBITS in (kind, behind) or (flags | more) & SHF_COMPRESSED or skip > size:
            return self.part(index, skip), self.part(other)
        if not length or end > len(self.data):
            return self.part(index, skip), self.part(other)
        body = bytes(self.data[offset + skip : end])
        return body[:-length], body[-length:]


def string_table(found: Object) -> list[bytes]:
    """All strings of `__ksymtab_strings` but the empty ones: names and namespaces, nothing tells them apart."""
    return [s for s in found.content("__ksymtab_strings").split(b"\0") if s]


def open_object(data: Data, source: str) -> Object:
    """The section table of the ELF file `data`; `source` names it in errors.

    `data` is anything with `len` and slices: bytes, a memoryview, `FileBytes`. Raises `LabError` for what is
    no ELF file, is cut off or claims sections that it has no room for.
    """
    head = bytes(data[:64])
    if not head.startswith(b"\x7fELF"):
        raise LabError(f"{source}: is no ELF file")
    layout = LAYOUTS.get((head[4], head[5])) if len(head) >= 52 else None
    if layout is None or len(head) < layout[6] + 6:
        raise LabError(f"{source}: its ELF headers are damaged or cut off; fetch the file again")
    bits, order, first, place, counts, at, tail, entry = layout
    kind, machine, _ = first.unpack_from(head, 16)
    found = Object(source, data, bits, order, machine, kind)
    (start,) = place.unpack_from(head, at)
    step, count, names_at = counts.unpack_from(head, tail)
    if start:
        _fill(found, start, step, count, names_at, entry)
    return found


def _fill(found: Object, start: int, step: int, count: int, names_at: int, entry: struct.Struct) -> None:
    """Read the section headers: `count` of `step` bytes at `start`."""
    data, source = found.data, found.source
    if count == 0 or names_at == SHN_XINDEX:  # more than the fields hold: the numbers stand in section 0
        zero = bytes(data[start : start + entry.size])
        if len(zero) < entry.size or step < entry.size:
            raise LabError(f"{source}: its ELF headers are damaged or cut off; fetch the file again")
        fields = entry.unpack(zero)
        count = count or fields[5]
        names_at = fields[6] if names_at == SHN_XINDEX else names_at
    if count > MAX_SECTIONS or start + count * step > len(data) or (count and step < entry.size):
        raise LabError(f"{source}: claims {count:,} sections that the file has no room for; it is damaged")
    if not count:
        return
    if names_at >= count:
        raise LabError(f"{source}: its section names are missing; the file is damaged")
    found._table = bytes(data[start : start + count * step])
    found._entry, found._step = entry, step
    if step % 4:
        numbers = array("I", b"".join([found._table[i * step : i * step + 8] for i in range(count)]))
        width = 2
    else:
        numbers = array("I", found._table)
        width = step // 4
    if found.order != HERE:
        numbers.byteswap()
    found.kinds = numbers[1::width]
    found._names, found._strings = array("I", bytes(4 * count)), b"\0"  # what errors call a section until then
    strings = found.part(names_at)
    names = numbers[::width]
    if max(names) > strings.rfind(0):
        raise LabError(f"{source}: a name lies outside its string table; the file is damaged")
    found._names, found._strings = names, strings
