"""The raw SMBIOS table that the kernel shows at /sys/firmware/dmi/tables/DMI: a parser that trusts nothing in it.

SMBIOS Reference Specification (DMTF DSP0134): 6.1.2 structure header, 6.1.3 text strings, 7.10 system slots
(type 9), 7.42 onboard devices extended information (type 41). Only root may read the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

__all__ = ["ENTRY", "TABLE", "Onboard", "Slot", "Structure", "Table", "onboards", "parse_table", "slots", "version"]

TABLE = "/firmware/dmi/tables/DMI"
ENTRY = "/firmware/dmi/tables/smbios_entry_point"
TABLE_MAX = 1 << 20  # bytes; real ones have some thousand
STRUCTURES_MAX = 1 << 16  # as many as there are handles
HEADER = 4  # bytes: type, length, handle
END_OF_TABLE = 127
SYSTEM, SLOT, ONBOARD = 1, 9, 41
SLOT_LENGTH = 0x11  # from SMBIOS 2.6 on: shorter ones hold no address
ONBOARD_LENGTH = 0x0B
ETHERNET = 5

Place = tuple[int, int, int, int]  # PCI domain, bus, device, function


@dataclasses.dataclass(frozen=True, slots=True)
class Structure:
    """One structure: `data` is its formatted area from the header on, `strings` follow it; `offset` in the table."""

    type: int
    handle: int
    offset: int
    data: bytes
    strings: tuple[str, ...]

    @property
    def path(self) -> str:
        """How evidence names it: "/firmware/dmi/tables/DMI#type 41 handle 0x0029"."""
        return f"{TABLE}#type {self.type} handle 0x{self.handle:04x}"

    def word(self, offset: int) -> int:
        """The 16 bits at `offset`, little endian."""
        return int.from_bytes(self.data[offset : offset + 2], "little")

    def text(self, offset: int) -> str | None:
        """The string whose number stands at `offset`; None where there is none (number 0, or no such string)."""
        number = self.data[offset] if offset < len(self.data) else 0
        return self.strings[number - 1] if 0 < number <= len(self.strings) else None


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """The structures in their order, and what is wrong with the rest of the table ("" if nothing is)."""

    structures: tuple[Structure, ...]
    damage: str = ""

    def text(self, kind: int, offset: int) -> str | None:
        """The string at `offset` of the first structure of type `kind` that has one there."""
        return next((t for s in self.structures if s.type == kind and (t := s.text(offset)) is not None), None)

    @property
    def vendor(self) -> str | None:
        """Who made the system (type 1); sysfs shows it as sys_vendor."""
        return self.text(SYSTEM, 0x04)

    @property
    def product(self) -> str | None:
        """What the system is called (type 1); sysfs shows it as product_name."""
        return self.text(SYSTEM, 0x05)

    @property
    def bios_vendor(self) -> str | None:
        """Who made the firmware (type 0)."""
        return self.text(0, 0x04)


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """A system slot (type 9): its number (slot ID), its label, and the address of what sits in it."""

    structure: Structure
    number: int
    label: str | None
    place: Place


@dataclasses.dataclass(frozen=True, slots=True)
class Onboard:
    """A device on the mainboard (type 41): is it `enabled`, of which `kind` (5 is Ethernet), its number, its label."""

    structure: Structure
    enabled: bool
    kind: int
    instance: int
    label: str | None
    place: Place


def parse_table(data: bytes) -> Table:
    """The structures in the table `data`; parsing ends at its first damage, at end-of-table (127) or after `TABLE_MAX`.

    A structure that says it is shorter than its own header ends it, since the next one cannot be found; one that
    is cut off does not count.
    """
    if len(data) > TABLE_MAX:
        return Table((), f"larger than {TABLE_MAX:,} bytes")
    found: list[Structure] = []
    place = 0
    while place + HEADER <= len(data):
        if len(found) == STRUCTURES_MAX:
            return Table(tuple(found), f"more than {STRUCTURES_MAX:,} structures")
        kind, length = data[place], data[place + 1]
        if length < HEADER:
            return Table(tuple(found), f"structure at byte {place} says that it has {length} bytes")
        end = data.find(b"\0\0", place + length)
        if end < 0:
            return Table(tuple(found), f"structure at byte {place} is cut off")
        handle = int.from_bytes(data[place + 2 : place + 4], "little")
        raw = data[place + length : end]
        strings = tuple(part.decode("latin-1") for part in raw.split(b"\0")) if raw else ()
        found.append(Structure(kind, handle, place, data[place : place + length], strings))
        if kind == END_OF_TABLE:
            return Table(tuple(found))
        place = end + 2
    rest = len(data) - place
    return Table(tuple(found), f"{rest} bytes are left over at its end" if rest else "")


def version(entry: bytes) -> tuple[int, int] | None:
    """The SMBIOS version that the entry point states, such as (2, 8); None if those bytes are no entry point.

    The 32-bit anchor is `_SM_`, the 64-bit one `_SM3_` (5.2.1, 5.2.2); the sum of its bytes must be 0.
    """
    for anchor, length, major in ((b"_SM3_", 6, 7), (b"_SM_", 5, 6)):
        if entry.startswith(anchor) and len(entry) > major + 1:
            size = entry[length]
            if major + 1 < size <= len(entry) and sum(entry[:size]) % 256 == 0:
                return entry[major], entry[major + 1]
    return None


def slots(table: Table) -> Iterator[Slot]:
    """The system slots that say where they are (SMBIOS 2.6 and later)."""
    for s in table.structures:
        if s.type == SLOT and len(s.data) >= SLOT_LENGTH:
            yield Slot(s, s.word(0x09), s.text(0x04), _place(s, 0x0D))


def onboards(table: Table) -> Iterator[Onboard]:
    """The devices on the mainboard."""
    for s in table.structures:
        if s.type == ONBOARD and len(s.data) >= ONBOARD_LENGTH:
            yield Onboard(s, bool(s.data[5] & 0x80), s.data[5] & 0x7F, s.data[6], s.text(0x04), _place(s, 0x07))


def _place(s: Structure, offset: int) -> Place:
    """Domain (16 bits), bus, and device and function in one byte, from `offset` on."""
    where = s.data[offset + 3]
    return s.word(offset), s.data[offset + 2], where >> 3, where & 7
