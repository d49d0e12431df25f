"""Modules written byte by byte: real ELF objects with just what the loader's checks read, and no code that runs."""

from __future__ import annotations

import dataclasses
import struct

from lab.core.errors import LabError

__all__ = ["MadeModule", "made_module"]

ET_REL = 1
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB = 1, 2, 3
SHF_WRITE, SHF_ALLOC, SHF_EXEC = 1, 2, 4
LOCAL, GLOBAL = 0, 1 << 4
NAME_ROOM = {64: 56, 32: 60}  # MODULE_NAME_LEN and the name in struct modversion_info (include/linux/module.h)
RETURN = {62: b"\xc3", 3: b"\xc3", 183: b"\xc0\x03\x5f\xd6"}  # one instruction, so that .text is not empty
Section = tuple[bytes, int, int, bytes, int, int, int, int]  # name, type, flags, content, link, info, alignment, entry


@dataclasses.dataclass(frozen=True, slots=True)
class MadeModule:
    """What a made module states.

    `asks`: undefined names, each with the CRC that it records for it (None: no record); `checked`: the same for names
    that it records a CRC of without asking for them (`module_layout`). `exports`: names with their CRCs. `vermagic`
    and `licence`: None states none. `machine`: ELF e_machine; `bits` 64 or 32, `order` "<" or ">".
    """

    name: str
    licence: str | None = "GPL"
    vermagic: str | None = None
    asks: tuple[tuple[str, int | None], ...] = ()
    checked: tuple[tuple[str, int], ...] = ()
    imports: tuple[str, ...] = ()
    exports: tuple[tuple[str, int], ...] = ()
    machine: int = 62
    bits: int = 64
    order: str = "<"


def made_module(made: MadeModule) -> bytes:
    """The .ko file: the same bytes for the same module.

    The sections are those of a module that modpost finished: .modinfo, __versions where it records a CRC, the tables
    of what it exports, and .gnu.linkonce.this_module with its name. Raises `LabError` for a name that fits nowhere.
    """
    for name in (made.name, *(name for name, _ in (*made.asks, *made.checked, *made.exports))):
        if not name or len(name.encode()) >= NAME_ROOM[made.bits] or "\0" in name:
            raise LabError(f"{name!r}: is no name for a module or a symbol of at most {NAME_ROOM[made.bits] - 1} bytes")
    writer = _Writer(made.bits, made.order)
    text = writer.add(b".text", RETURN.get(made.machine, b"\0\0\0\0"), flags=SHF_ALLOC | SHF_EXEC, align=16)
    writer.add(b".modinfo", _modinfo(made))
    records = [(name, crc) for name, crc in (*made.asks, *made.checked) if crc is not None]
    if records:
        form = made.order + ("Q56s" if made.bits == 64 else "I60s")
        content = b"".join(struct.pack(form, crc, name.encode()) for name, crc in records)
        writer.add(b"__versions", content, align=32)
    writer.add(b".gnu.linkonce.this_module", _this_module(made), flags=SHF_ALLOC | SHF_WRITE, align=64)
    symbols = _exports(made, writer, text)
    symbols += [(name.encode(), GLOBAL, 0, 0) for name, _ in made.asks]
    writer.symbols(symbols)
    return writer.file(made.machine)


def _modinfo(made: MadeModule) -> bytes:
    depends = [("depends", ""), ("retpoline", "Y")] if made.machine == 62 else [("depends", "")]
    facts = [
        *([("license", made.licence)] if made.licence is not None else []),
        ("description", "made up: it has no code, only what the loader's checks read"),
        *(("import_ns", space) for space in made.imports),
        *depends,
        ("name", made.name),
        *([("vermagic", made.vermagic.rstrip() + " ")] if made.vermagic is not None else []),
    ]
    return b"".join(f"{key}={value}".encode() + b"\0" for key, value in facts)


def _this_module(made: MadeModule) -> bytes:
    """A `struct module` of zeros but for its name, which stands behind `state` and `list`."""
    at = 24 if made.bits == 64 else 12
    return (bytes(at) + made.name.encode()).ljust(1024, b"\0")


def _exports(made: MadeModule, writer: _Writer, text: int) -> list[tuple[bytes, int, int, int]]:
    """The tables of exports, and their symbols: (name, binding, section, value)."""
    if not made.exports:
        return []
    strings = b"\0" + b"".join(name.encode() + b"\0" for name, _ in made.exports)
    home = writer.add(b"__ksymtab_strings", strings)
    table = writer.add(b"__ksymtab", bytes(12 * len(made.exports)), align=4)
    crcs = b"".join(struct.pack(made.order + "I", crc) for _, crc in made.exports)
    sums = writer.add(b"__kcrctab", crcs, align=4)
    symbols = []
    for i, (name, _) in enumerate(made.exports):
        word = name.encode()
        symbols += [
            (b"__ksymtab_" + word, LOCAL, table, 12 * i),
            (b"__kstrtab_" + word, LOCAL, home, strings.index(b"\0" + word + b"\0") + 1),
            (b"__kstrtabns_" + word, LOCAL, home, 0),
            (b"__crc_" + word, LOCAL, sums, 4 * i),
        ]
    return [*symbols, *((name.encode(), GLOBAL, text, 0) for name, _ in made.exports)]


class _Writer:
    """Sections and symbols put into an ELF file."""

    def __init__(self, bits: int, order: str) -> None:
        self._bits, self._order = bits, order
        self._sections: list[Section] = []

    def add(
        self, name: bytes, content: bytes, type: int = SHT_PROGBITS, flags: int = SHF_ALLOC, link: int = 0,
        info: int = 0, align: int = 1, entry: int = 0,
    ) -> int:  # fmt: skip
        """The number of a new section."""
        self._sections.append((name, type, flags, content, link, info, align, entry))
        return len(self._sections)

    def symbols(self, rows: list[tuple[bytes, int, int, int]]) -> None:
        """The symbol table of (name, binding, section, value), local ones first, and its names."""
        wide = self._bits == 64
        names, table = bytearray(b"\0"), bytearray(24 if wide else 16)
        for name, binding, section, value in sorted(rows, key=lambda row: row[1]):
            if wide:
                table += struct.pack(self._order + "IBBHQQ", len(names), binding, 0, section, value, 0)
            else:
                table += struct.pack(self._order + "IIIBBH", len(names), value, 0, binding, 0, section)
            names += name + b"\0"
        first = 1 + sum(binding == LOCAL for _, binding, _, _ in rows)
        strings = self.add(b".strtab", bytes(names), SHT_STRTAB, 0)
        align, size = (8, 24) if wide else (4, 16)
        self.add(b".symtab", bytes(table), SHT_SYMTAB, 0, link=strings, info=first, align=align, entry=size)

    def file(self, machine: int) -> bytes:
        """The file: header, the sections' content, their names, their headers."""
        wide, order = self._bits == 64, self._order
        self.add(b".shstrtab", b"\0" + b"".join(s[0] + b"\0" for s in self._sections) + b".shstrtab\0", SHT_STRTAB, 0)
        head, step = (64, 64) if wide else (52, 40)
        row = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
        body, rows, name_at = bytearray(), bytearray(step), 1
        for name, type, flags, content, link, info, align, entry in self._sections:
            body += bytes(-(head + len(body)) % align)
            rows += row.pack(name_at, type, flags, 0, head + len(body), len(content), link, info, align, entry)
            body += content
            name_at += len(name) + 1
        body += bytes(-(head + len(body)) % 8)
        ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
        form = order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
        count = len(self._sections) + 1
        header = struct.pack(form, ET_REL, machine, 1, 0, 0, head + len(body), 0, head, 0, 0, step, count, count - 1)
        return ident + header + bytes(body + rows)
