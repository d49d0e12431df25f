"""Real modules with one thing changed, by editing the bytes of their sections (64-bit little-endian ELF)."""

from __future__ import annotations

import lzma
import struct
from pathlib import Path

SIGNED = b"~Module signature appended~\n"
HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
FLAGS_AT, TYPE_AT = 8, 4
WEAK = 2
NAME_AT = 24  # of `name` in struct module, after its state and list


class Edit:
    """A module's bytes without their signature, to be changed in place: nothing moves, lengths stay."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(unsigned(data))
        (start,) = struct.unpack_from("<Q", self.data, 40)
        step, count, names = struct.unpack_from("<HHH", self.data, 58)
        rows = [HEADER.unpack_from(self.data, start + i * step) for i in range(count)]
        strings = rows[names][4]
        self.headers: dict[str, int] = {}
        self.rows: dict[str, tuple[int, ...]] = {}
        for index, row in enumerate(rows):
            at = strings + row[0]
            name = self.data[at : self.data.index(0, at)].decode()
            self.headers.setdefault(name, start + index * step)
            self.rows.setdefault(name, row)

    def section(self, name: str) -> slice:
        """Where a section's bytes are."""
        row = self.rows[name]
        return slice(row[4], row[4] + row[5])

    def swap(self, section: str, old: bytes, new: bytes) -> Edit:
        """Replace `old` wherever it is in a section; it must be there, and the lengths must agree."""
        assert len(old) == len(new), (old, new)
        place = self.section(section)
        assert old in self.data[place], (section, old)
        self.data[place] = self.data[place].replace(old, new)
        return self

    def rename_symbol(self, old: str, new: str) -> Edit:
        """Call a symbol otherwise: in the symbol names, and where they are, in its CRC record and export."""
        for section in (".strtab", "__versions", "__ksymtab_strings"):
            if section in self.rows and old.encode() in self.data[self.section(section)]:
                self.swap(section, old.encode(), new.encode())
        return self

    def rename(self, old: str, new: str) -> Edit:
        """Call the module otherwise, in `.modinfo` and in struct module."""
        self.swap(".modinfo", b"\0name=" + old.encode() + b"\0", b"\0name=" + new.encode() + b"\0")
        at = self.section(".gnu.linkonce.this_module").start + NAME_AT
        assert self.data[at : at + len(old) + 1] == old.encode() + b"\0"
        self.data[at : at + len(new)] = new.encode()
        return self

    def set_crc(self, symbol: str, crc: int) -> Edit:
        """Write another CRC into the record of `symbol`."""
        place = self.section("__versions")
        at = self.data.index(b"\0" + symbol.encode() + b"\0", place.start) + 1 - 8
        assert (at - place.start) % 64 == 0
        assert at < place.stop
        struct.pack_into("<Q", self.data, at, crc)
        return self

    def not_allocated(self, section: str) -> Edit:
        """Clear SHF_ALLOC, without which find_sec() passes a section by."""
        struct.pack_into("<Q", self.data, self.headers[section] + FLAGS_AT, 0)
        return self

    def retype(self, section: str, kind: int) -> Edit:
        """Give a section another type."""
        struct.pack_into("<I", self.data, self.headers[section] + TYPE_AT, kind)
        return self

    def weaken(self, symbol: str) -> Edit:
        """Make an undefined symbol weak."""
        table, strings = self.section(".symtab"), self.section(".strtab").start
        for at in range(table.start, table.stop, SYMBOL.size):
            name, _, _, section, _, _ = SYMBOL.unpack_from(self.data, at)
            place = strings + name
            if not section and self.data[place : self.data.index(0, place)] == symbol.encode():
                self.data[at + 4] = WEAK << 4
                return self
        raise AssertionError(symbol)

    def header(self, offset: int, value: int) -> Edit:
        """Write a 16-bit field of the ELF header."""
        struct.pack_into("<H", self.data, offset, value)
        return self

    def cut(self, part: float) -> Edit:
        """Keep only the first part of the file."""
        del self.data[int(len(self.data) * part) :]
        return self

    def bytes(self) -> bytes:
        """The edited module."""
        return bytes(self.data)


def unpacked(path: Path) -> bytes:
    """The module in a .ko or .ko.xz file."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def unsigned(data: bytes) -> bytes:
    """A module without its signature, as scripts/sign-file appended it."""
    if not data.endswith(SIGNED):
        return data
    (size,) = struct.unpack_from(">I", data, len(data) - len(SIGNED) - 4)
    return data[: len(data) - len(SIGNED) - 12 - size]
