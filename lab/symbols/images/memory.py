"""Where the bytes of a kernel image lie in the kernel's memory."""

from __future__ import annotations

import dataclasses
import struct

__all__ = ["Memory", "Segment", "elf_memory"]

PT_LOAD = 1
MAX_SEGMENTS = 1024

# bits -> (place and format of e_phoff, of e_phentsize and e_phnum, of p_type, p_offset, p_vaddr, p_filesz)
PROGRAM_HEADERS = {
    64: (0x20, "Q", 0x36, "I4xQQ8xQ", 56),
    32: (0x1C, "I", 0x2A, "IIIxxxxI", 32),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """`size` bytes of the file from `offset` on, which the kernel sees at `address`."""

    address: int
    offset: int
    size: int


@dataclasses.dataclass(frozen=True, slots=True)
class Memory:
    """The segments of an image; none if it does not tell where it lies."""

    segments: tuple[Segment, ...]

    def address(self, offset: int) -> int | None:
        """The address of the byte at `offset` of the file, None if no segment holds it."""
        found = (s for s in self.segments if s.offset <= offset < s.offset + s.size)
        return next((s.address + offset - s.offset for s in found), None)

    def offset(self, address: int) -> int | None:
        """The place in the file of the byte at `address`, None if no segment holds it."""
        found = (s for s in self.segments if s.address <= address < s.address + s.size)
        return next((s.offset + address - s.address for s in found), None)


def elf_memory(data: bytes, bits: int, order: str) -> Memory:
    """The loaded segments of an ELF file, by its program headers; those that lie outside the file are left out."""
    at, word, counts_at, form, size = PROGRAM_HEADERS[bits]
    if len(data) < counts_at + 4:
        return Memory(())
    (table,) = struct.unpack_from(order + word, data, at)
    step, count = struct.unpack_from(order + "HH", data, counts_at)
    header = struct.Struct(order + form)
    if step < size or table + step * count > len(data) or count > MAX_SEGMENTS:
        return Memory(())
    rows = (header.unpack_from(data, table + step * i) for i in range(count))
    return Memory(
        tuple(
            Segment(address, offset, filled)
            for kind, offset, address, filled in rows
            if kind == PT_LOAD and filled and offset + filled <= len(data)
        )
    )
