"""ELF files through pyelftools, made safe: what a hostile file can break, breaks here and as `LabError`.

pyelftools parses the headers (either byte order, 32 and 64 bit). Contents are cut out of the file by
our own bounds, because a section header may claim anything.
"""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.elf_numbers import MAX_SECTIONS, SHF_COMPRESSED, SHN_ABS, SHN_LORESERVE, SHN_XINDEX

__all__ = ["SHN_ABS", "Elf", "ElfSymbol", "Section", "read_elf"]

# bits -> struct format (without byte order) and the places of name, info, section, value
SYMBOL_LAYOUT = {64: ("IBBHQQ", (0, 1, 3, 4)), 32: ("IIIBBH", (0, 3, 5, 1))}


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """One section header, as the ELF specification names its fields."""

    index: int
    name: str
    type: str
    flags: int
    address: int
    offset: int
    size: int
    link: int
    entry_size: int
    info: int


@dataclasses.dataclass(frozen=True, slots=True)
class ElfSymbol:
    """One entry of a symbol table: `section` is an index, 0 for undefined, `SHN_ABS` for a number.

    `local`: it stands before the first global symbol, as `sh_info` of its table says.
    """

    name: str
    binding: int  # 0 local, 1 global, 2 weak
    section: int
    value: int
    local: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Elf:
    """A parsed file: `kind` is "REL", "EXEC" or "DYN"; `source` names it in errors."""

    source: str
    data: bytes
    bits: int
    little_endian: bool
    kind: str
    machine: str
    sections: tuple[Section, ...]

    @property
    def order(self) -> str:
        """The byte order as `struct` writes it."""
        return "<" if self.little_endian else ">"

    @property
    def form(self) -> str:
        """Such as "ELF 64-bit little-endian x86-64"."""
        return f"ELF {self.bits}-bit {'little' if self.little_endian else 'big'}-endian {self.machine}"

    def section(self, name: str) -> Section | None:
        """The first section called `name`."""
        return next((s for s in self.sections if s.name == name), None)

    def content(self, section: Section | None) -> bytes:
        """The bytes of a section, empty for none; raises `LabError` if they lie outside the file."""
        if section is None or section.type == "SHT_NOBITS":
            return b""
        if section.flags & SHF_COMPRESSED:
            raise LabError(f"{self.source}: section {section.name} is compressed; kernel tables never are")
        end = section.offset + section.size
        if end > len(self.data):
            name = section.name or section.index
            raise LabError(f"{self.source}: section {name} ends at {end:,}, behind the end of the file")
        return self.data[section.offset : end]

    def string(self, content: bytes, offset: int) -> str:
        """The NUL-terminated text at `offset` of a section's `content`; raises `LabError` if none is there."""
        end = content.find(b"\0", offset) if 0 <= offset < len(content) else -1
        if end < 0:
            raise LabError(f"{self.source}: a name lies outside its string table; the file is damaged")
        return content[offset:end].decode("utf-8", "backslashreplace")

    def symbols(self) -> Iterator[ElfSymbol]:
        """The entries of `.symtab` in order, without the empty ones; none if the file has no such section.

        Raises `LabError` for a damaged table.
        """
        table = next((s for s in self.sections if s.type == "SHT_SYMTAB"), None)
        if table is None:
            return
        wide = self._wide(table)
        if table.link >= len(self.sections):
            raise LabError(f"{self.source}: its symbol table names no string table; the file is damaged")
        strings = self.content(self.sections[table.link])
        layout, (name, info, index, value) = SYMBOL_LAYOUT[self.bits]
        entry = struct.Struct(self.order + layout)
        content = self.content(table)
        if len(content) % entry.size:
            raise LabError(f"{self.source}: its symbol table has {len(content)} bytes, no whole number of entries")
        if table.info * entry.size > len(content):
            raise LabError(f"{self.source}: its symbol table ends before its first global symbol; the file is damaged")
        for i, item in enumerate(entry.iter_unpack(content)):
            if item[name] and (text := self.string(strings, item[name])):
                section = item[index] if item[index] < SHN_LORESERVE else item[index] - 0x10000
                if section == SHN_XINDEX:
                    section = self._number(wide, i)
                yield ElfSymbol(text, item[info] >> 4, section, item[value], i < table.info)

    def _wide(self, table: Section) -> bytes:
        """The section numbers of a symbol table that are too large for its entries (gABI, `SHT_SYMTAB_SHNDX`)."""
        return self.content(
            next((s for s in self.sections if s.type == "SHT_SYMTAB_SHNDX" and s.link == table.index), None)
        )

    def _number(self, wide: bytes, index: int) -> int:
        if 4 * index + 4 > len(wide):
            raise LabError(f"{self.source}: its symbols name sections that no table numbers; the file is damaged")
        return int(struct.unpack_from(self.order + "I", wide, 4 * index)[0])


def read_elf(data: bytes, source: str) -> Elf:
    """Parse the headers of an ELF file.

    `source` names the input in errors. Raises `LabError` for anything that is no intact ELF file.
    """
    from elftools.common.exceptions import ELFError
    from elftools.construct import ConstructError

    if not data.startswith(b"\x7fELF"):
        raise LabError(f"{source}: is no ELF file")
    try:
        return _parse(data, source)
    except (ELFError, ConstructError, struct.error, UnicodeDecodeError, OverflowError, KeyError, AttributeError):
        raise LabError(f"{source}: its ELF headers are damaged or cut off; fetch the file again") from None


def _parse(data: bytes, source: str) -> Elf:
    from elftools.common.utils import struct_parse
    from elftools.elf.descriptions import describe_e_machine
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(io.BytesIO(data))
    start, step = elf["e_shoff"], elf["e_shentsize"]
    wanted = elf.structs.Elf_Shdr.sizeof()
    count = elf.num_sections() if start else 0
    if count > MAX_SECTIONS or start + count * step > len(data) or (count and step < wanted):
        raise LabError(f"{source}: claims {count:,} sections that the file has no room for; it is damaged")
    headers = [struct_parse(elf.structs.Elf_Shdr, elf.stream, stream_pos=start + i * step) for i in range(count)]
    names_at = elf.get_shstrndx() if count else 0
    if count and names_at >= count:
        raise LabError(f"{source}: its section names are missing; the file is damaged")
    kind = str(elf["e_type"]).removeprefix("ET_")
    bare = Elf(source, data, int(elf.elfclass), bool(elf.little_endian), kind, _machine(describe_e_machine, elf), ())
    sections = [
        Section(
            i, "", str(h["sh_type"]), h["sh_flags"], h["sh_addr"], h["sh_offset"], h["sh_size"], h["sh_link"],
            h["sh_entsize"], h["sh_info"],
        )
        for i, h in enumerate(headers)
    ]  # fmt: skip
    strings = bare.content(sections[names_at]) if count else b""
    named = (
        dataclasses.replace(s, name=bare.string(strings, h["sh_name"])) for s, h in zip(sections, headers, strict=True)
    )
    return dataclasses.replace(bare, sections=tuple(named))


def _machine(describe: object, elf: object) -> str:
    name = str(elf["e_machine"])  # type: ignore[index]
    return MACHINES.get(name, name.removeprefix("EM_").lower())


MACHINES = {"EM_X86_64": "x86-64", "EM_386": "x86", "EM_AARCH64": "arm64", "EM_S390": "s390"}
