"""The firmware's tables cut down to what a naming rule reads: they also hold serial numbers, keys and asset tags."""

from __future__ import annotations

from lab.naming.schemes.biosdevname.slots import HP_PORTS
from lab.naming.smbios import END_OF_TABLE, ONBOARD, SLOT, SYSTEM, Structure, parse_table

__all__ = ["slots_and_ports", "vpd_ports"]

BIOS, HP = 0, "HP"
STRUCTURES = (BIOS, SLOT, ONBOARD, END_OF_TABLE)
NAMES = (0x04, 0x05)  # of SYSTEM: who made it, what it is called
DAMAGE = b"\x7e\0\0\0"  # an inactive structure shorter than its header: the table ends here, and not as it should

# PCI Local Bus Specification 2.2, appendix I: resource tags of the vital product data
IDENTIFIER, READ_ONLY = 0x82, 0x90
PORTS = (b"DSV1028VPDR.VER", b"DCM", b"DC2")  # what begins a field that tells port and partition (biosdevname, pci.c)


def slots_and_ports(table: bytes) -> bytes:
    """The raw SMBIOS `table` without what a rule does not read; a damaged table stays damaged.

    The firmware's own structure, slots, onboard devices and the end stay as they stand; of the system's the maker's
    and the product's name stay, which say whether it is a virtual machine. Source: DMTF DSP0134, 6.1, 7.1, 7.2.
    """
    parsed = parse_table(table)
    kept = b""
    for s in parsed.structures:
        if s.type in STRUCTURES:
            kept += table[s.offset : table.index(b"\0\0", s.offset + len(s.data)) + 2]
        elif s.type == SYSTEM:
            kept += _named(s)
        elif s.type == HP_PORTS and parsed.bios_vendor == HP:
            kept += _ports(s)
    return kept + (DAMAGE if parsed.damage else b"")


def _named(system: Structure) -> bytes:
    """The structure with its names and without serial number, UUID and asset tags: zeros stand there."""
    data = bytearray(system.data[:4]) + bytes(len(system.data) - 4)
    strings = b""
    for offset in NAMES:
        text = system.text(offset)
        if text:
            strings += text.encode("latin-1") + b"\0"
            data[offset] = strings.count(b"\0")
    return bytes(data) + (strings or b"\0") + b"\0"


def _ports(ports: Structure) -> bytes:
    """HP's list of ports without their hardware addresses: of each 8 bytes the first two name the PCI function."""
    data = bytearray(ports.data)
    for place in range(4, len(data), 8):
        data[place + 2 : place + 8] = bytes(len(data[place + 2 : place + 8]))
    return bytes(data) + b"\0\0"


def vpd_ports(data: bytes) -> bytes:
    """Vital product data with nothing but the read-only fields that tell a card's ports; zeros stand for the others.

    What follows the read-only resource, which is written by whoever owns the card, is left out. Source: PCI Local Bus
    Specification 2.2, appendix I: tagged resources, in them fields of keyword, length and data.
    """
    kept = b""
    place = 0
    for tag in (IDENTIFIER, READ_ONLY):
        head = data[place : place + 3]
        if len(head) < 3 or head[0] != tag:
            return kept
        size = int.from_bytes(head[1:], "little")
        body = data[place + 3 : place + 3 + size]
        kept += head + (bytes(len(body)) if tag == IDENTIFIER else _fields(body))
        place += 3 + size
    return kept


def _fields(body: bytes) -> bytes:
    """The fields as they stand, but zeros for the data of those that tell no port."""
    kept = b""
    while len(body) >= 3:
        end = 3 + body[2]
        data = body[3:end]
        kept += body[:3] + (data if data.startswith(PORTS) else bytes(len(data)))
        body = body[end:]
    return kept + bytes(len(body))
