"""ONBOARD: the index that the firmware gives a card, `eno1` (names_pci_onboard)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import ULONG, leading, unsigned
from lab.naming.schemes.pci import Card
from lab.naming.schemes.port import port
from lab.naming.trace import Refused, Trace

__all__ = ["by_index"]

ACPI = "acpi_index"  # ACPI _DSM, PCI Firmware Specification 3.1, 4.6.7
SMBIOS = "index"  # SMBIOS type 41, instance


def by_index(start: str, pci: Card, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by firmware index and why; raises `Refused` where the firmware gives none that counts.

    An ACPI index that is there but does not count keeps the SMBIOS index from being used; from 255 on one that is no
    number of 32 bits does not.
    """
    for attribute in (ACPI, SMBIOS):
        path = f"{pci.device}/{attribute}"
        text = trace.attribute(pci.device, attribute)
        if text is None:
            trace.refused(path, "the firmware gives no index here")
            continue
        number = _number(text, scheme)
        if number is None and attribute == ACPI and scheme.since(255):
            trace.refused(path, "is no number")
            continue
        index = _counts(path, text, number, trace, scheme)
        name = f"{start}o{index}{port(devpath, trace, scheme, by_place=False)}{pci.suffix}"
        return name, f"`{attribute}` = {index}"
    raise Refused("no firmware index")


def _number(text: str, scheme: Scheme) -> int | None:
    if scheme.since(255):
        return unsigned(text)
    return unsigned(text, ULONG) if scheme.since(240) else leading(text, 0)


def _counts(path: str, text: str, index: int | None, trace: Trace, scheme: Scheme) -> int:
    attribute = path.rpartition("/")[2]
    limit = 65535 if scheme.has("16BIT_INDEX") else 16383 if scheme.since(229) else 2**31 - 1
    if index is None:
        rule = "is no number"
    elif index == 0 and not scheme.has("ZERO_ACPI_INDEX"):
        rule = "index 0 counts from v240 on"
    elif index > limit:
        rule = f"is above {limit}: taken for rubbish of the firmware"
    else:
        trace.used(path, f"firmware index {index}")
        return index
    trace.refused(path, rule)
    raise Refused(f"{attribute} `{text}` {rule}")
