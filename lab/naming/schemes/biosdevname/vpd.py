"""Dell's vital product data: which port and partition (NPAR) each function of a card is.

Read-only area of the VPD (PCI Local Bus Specification 3.0, appendix I), then Dell's own keywords: one field says
`DSV1028VPDR.VER`, another `DCM` or `DC2` with a list of port, device and function, partition.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

__all__ = ["Partition", "partitions"]

IDENTIFIER, READ_ONLY = 0x82, 0x90  # large resource tags
AREA_MAX = 1024  # biosdevname reads no larger area
VERSION = b"DSV1028VPDR.VER"
# keyword -> bytes of one record, and hexadecimal digits of port, devfn, partition at its beginning
FORMATS = {b"DCM": (10, (1, 1, 2)), b"DC2": (11, (1, 2, 2))}


@dataclasses.dataclass(frozen=True, slots=True)
class Partition:
    """The function `device`.`function` on the card's bus is partition `number` of `port`."""

    device: int
    function: int
    port: int
    number: int


def partitions(vpd: bytes) -> tuple[Partition, ...]:
    """What Dell's keywords in `vpd` say; () if they are not there or the data is damaged."""
    area = _area(vpd)
    if area is None or next(_fields(area, VERSION), None) is None:
        return ()
    for keyword, (size, digits) in FORMATS.items():
        field = next(_fields(area, keyword), None)
        if field is not None:
            return tuple(_records(field[len(keyword) :], size, digits))
    return ()


def _area(vpd: bytes) -> bytes | None:
    """The read-only area, which follows the identifier string; None if the data is anything else."""
    place = 0
    for tag in (IDENTIFIER, READ_ONLY):
        if place + 3 > len(vpd) or vpd[place] != tag:
            return None
        size = int.from_bytes(vpd[place + 1 : place + 3], "little")
        if size >= AREA_MAX:
            return None
        place += 3
        if tag == READ_ONLY:
            return vpd[place : place + size] if place + size <= len(vpd) else None
        place += size
    return None


def _fields(area: bytes, start: bytes) -> Iterator[bytes]:
    """The fields whose data begins with `start`. A field: two letters, its length, its data."""
    place = 0
    while place + 3 <= len(area):
        size = area[place + 2]
        data = area[place + 3 : place + 3 + size]
        if data.startswith(start):
            yield data
        place += 3 + size


def _records(data: bytes, size: int, digits: tuple[int, int, int]) -> Iterator[Partition]:
    """Whole records; the first that is none ends the list."""
    for place in range(0, len(data) - size + 1, size):
        numbers = []
        for count in digits:
            text = data[place : place + count]
            if not all(letter in b"0123456789abcdefABCDEF" for letter in text):
                return
            numbers.append(int(text, 16))
            place += count
        port, devfn, number = numbers
        yield Partition(devfn >> 3, devfn & 7, port, number)
