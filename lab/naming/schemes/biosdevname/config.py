"""The PCI configuration space of one function, as sysfs gives it: 64 bytes to everybody, 256 or 4096 to root.

Offsets from include/uapi/linux/pci_regs.h.
"""

from __future__ import annotations

import dataclasses

__all__ = ["Config", "Unreadable"]

STATUS, CLASS, HEADER_TYPE, CAPABILITIES, CARDBUS_CAPABILITIES, SECONDARY = 0x06, 0x0A, 0x0E, 0x34, 0x14, 0x19
STATUS_CAPABILITIES = 0x10
NORMAL, BRIDGE, CARDBUS = 0, 1, 2
EXPRESS = 0x10  # capability: PCI Express
EXPRESS_FLAGS, SLOT_CAPABILITIES = 0x02, 0x14
FLAGS_SLOT = 0x0100  # the port leads to a slot
ROOT_PORT = 4
CAPABILITIES_MAX = 48  # links followed, since the list may be a ring (the kernel's limit as well)


class Unreadable(Exception):
    """What is asked for lies beyond the bytes that the source has."""


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    """`data` as far as it could be read; every method raises `Unreadable` for what lies beyond it."""

    data: bytes

    @property
    def device_class(self) -> int:
        """Base class and subclass: 0x0200 is Ethernet."""
        return self._number(CLASS, 2)

    @property
    def secondary_bus(self) -> int | None:
        """The bus behind a bridge (PCI or CardBus); None for anything else."""
        return self._number(SECONDARY, 1) if self._header() in (BRIDGE, CARDBUS) else None

    @property
    def is_root_port(self) -> bool:
        """True for the root port of PCI Express."""
        place = self._capability(EXPRESS)
        return place is not None and self._number(place + EXPRESS_FLAGS, 2) >> 4 & 0xF == ROOT_PORT

    @property
    def slot(self) -> int | None:
        """The physical slot number of the PCI Express capability; None where no slot is implemented or it is 0."""
        place = self._capability(EXPRESS)
        if place is None or not self._number(place + EXPRESS_FLAGS, 2) & FLAGS_SLOT:
            return None
        return self._number(place + SLOT_CAPABILITIES, 4) >> 19 or None

    def _capability(self, wanted: int) -> int | None:
        """Where the capability `wanted` begins; None if there is none."""
        if not self._number(STATUS, 2) & STATUS_CAPABILITIES:
            return None
        start = {NORMAL: CAPABILITIES, BRIDGE: CAPABILITIES, CARDBUS: CARDBUS_CAPABILITIES}.get(self._header())
        if start is None:
            return None
        place = self._number(start, 1)
        for _ in range(CAPABILITIES_MAX):
            if place < 0x40:
                return None
            place &= ~3
            found = self._number(place, 1)
            if found == wanted:
                return place
            if found == 0xFF:
                return None
            place = self._number(place + 1, 1)
        return None

    def _header(self) -> int:
        return self._number(HEADER_TYPE, 1) & 0x7F

    def _number(self, place: int, size: int) -> int:
        if place + size > len(self.data):
            raise Unreadable(f"byte {place:#04x} of the configuration space")
        return int.from_bytes(self.data[place : place + size], "little")
