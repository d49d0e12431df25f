"""The firmware's own table of slots and onboard devices (SMBIOS types 9 and 41), with other bus numbers in it."""

from __future__ import annotations

from collections.abc import Mapping

from lab.naming.smbios import ONBOARD, ONBOARD_LENGTH, SLOT, SLOT_LENGTH, parse_table

__all__ = ["renumbered"]

# type -> length that holds an address, and where its segment (two bytes) and its bus stand (DSP0134, 7.10 and 7.42)
ADDRESS = {SLOT: (SLOT_LENGTH, 0x0D, 0x0F), ONBOARD: (ONBOARD_LENGTH, 0x07, 0x09)}
NOWHERE = b"\xff\xff"  # segment of an entry that is on no bus


def renumbered(data: bytes, buses: Mapping[str, str | None]) -> bytes:
    """The table `data` with every bus of `buses` ("0000:01") renamed; None: there is no such bus any more.

    So a firmware writes it anew at the next boot; one that does not leaves wrong indexes and slots behind.
    """
    table = bytearray(data)
    for structure in parse_table(data).structures:
        length, segment, bus = ADDRESS.get(structure.type, (0, 0, 0))
        if not length or len(structure.data) < length:
            continue
        here = structure.offset + segment
        name = f"{int.from_bytes(table[here : here + 2], 'little'):04x}:{table[structure.offset + bus]:02x}"
        new = buses.get(name, name)
        if new is None:
            table[here : here + 2] = NOWHERE
        else:
            table[structure.offset + bus] = int(new.rpartition(":")[2], 16)
    return bytes(table)
