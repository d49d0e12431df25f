"""SMBIOS tables and PCI configuration spaces that nobody built, put together byte by byte for tests."""

import struct

__all__ = ["bios", "config", "entry", "hp_ports", "onboard", "slot", "structure", "system", "table"]

EXPRESS_AT = 0x70


def structure(kind: int, handle: int, body: bytes, *strings: str) -> bytes:
    """One structure: header, `body`, the strings, and the zeros that end it."""
    text = b"".join(s.encode("latin-1") + b"\0" for s in strings) if strings else b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), handle) + body + text + b"\0"


def table(*structures: bytes) -> bytes:
    """A whole table, with the structure that ends it."""
    return b"".join(structures) + structure(127, 0x7F00, b"")


def bios(vendor: str) -> bytes:
    """Type 0: who made the firmware."""
    return structure(0, 0x0000, bytes([1]) + bytes(19), vendor)


def system(vendor: str, product: str = "Board") -> bytes:
    """Type 1: who made the machine, and what it is called."""
    return structure(1, 0x0100, bytes([1, 2]) + bytes(21), vendor, product)


def onboard(address: str, instance: int, kind: int = 5, enabled: bool = True, label: str = "LAN") -> bytes:
    """Type 41: a device on the mainboard."""
    body = bytes([1, kind | 0x80 * enabled, instance]) + _place(address)
    return structure(41, 0x2900 + instance, body, label)


def slot(address: str, number: int, label: str = "PCIe") -> bytes:
    """Type 9 as of SMBIOS 2.6: a system slot and the address of what sits in it."""
    body = bytes([1, 0xA5, 0x0D, 0x04, 0x04]) + struct.pack("<H", number) + bytes(2) + _place(address)
    return structure(9, 0x0900 + number, body, label)


def hp_ports(*addresses: str) -> bytes:
    """HP's type 209: the ports on the mainboard, each with device and function, bus, and its MAC."""
    body = b""
    for address in addresses:
        _, bus, devfn = struct.unpack("<HBB", _place(address))
        body += bytes([devfn, bus]) + bytes(6)
    return structure(209, 0xD100, body)


def entry(major: int, minor: int) -> bytes:
    """A 32-bit entry point of this version, with the sum of its bytes 0."""
    body = bytearray(b"_SM_\0" + bytes([0x1F, major, minor]) + bytes(23))
    body[4] = -sum(body) % 256
    return bytes(body)


def config(
    bridge_to: int | None = None, port: int | None = None, slot_number: int | None = None, device_class: int = 0x0200
) -> bytes:
    """256 bytes of configuration space.

    `bridge_to`: the secondary bus of a bridge. `port`: the port type of a PCI Express capability (4 is a root port),
    `slot_number`: with a slot of this number.
    """
    data = bytearray(256)
    struct.pack_into("<H", data, 0x0A, device_class if bridge_to is None else 0x0604)
    if bridge_to is not None:
        data[0x0E], data[0x19] = 1, bridge_to
    if port is not None:
        data[0x06], data[0x34], data[0x50], data[0x51], data[EXPRESS_AT] = 0x10, 0x50, 0x01, EXPRESS_AT, 0x10
        flags = 2 | port << 4 | 0x0100 * (slot_number is not None)
        struct.pack_into("<H", data, EXPRESS_AT + 2, flags)
        struct.pack_into("<I", data, EXPRESS_AT + 0x14, (slot_number or 0) << 19 | 0x7B)
    return bytes(data)


def _place(address: str) -> bytes:
    domain, bus, rest = address.split(":")
    device, function = rest.split(".")
    return struct.pack("<HBB", int(domain, 16), int(bus, 16), int(device, 16) << 3 | int(function))
