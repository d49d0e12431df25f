"""ONBOARD: the index that the firmware gives a card, `eno1` (names_pci_onboard)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.pci import card
from lab.naming.schemes.port import port
from lab.naming.schemes.prefix import prefix
from lab.naming.trace import Refused, Trace

__all__ = ["onboard"]

ACPI = "acpi_index"  # ACPI _DSM, PCI Firmware Specification 3.1, 4.6.7
SMBIOS = "index"  # SMBIOS type 41, instance


def onboard(devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by firmware index and why; raises `Refused` where the firmware gives none that counts.

    An ACPI index that is there but does not count keeps the SMBIOS index from being used.
    """
    start = prefix(devpath, trace, scheme)
    pci = card(devpath, trace, scheme)
    if not pci.suffix and scheme.has("DEVICETREE_ALIASES"):
        _mark_devicetree(devpath, pci.device, trace)
    for attribute in (ACPI, SMBIOS):
        path = f"{pci.device}/{attribute}"
        text = trace.read(path)
        if text is not None:
            index = _counts(path, text, trace, scheme)
            name = f"{start}o{index}{port(devpath, trace, scheme, by_place=False)}{pci.suffix}"
            return name, f"`{attribute}` = {index}"
        trace.refused(path, "the firmware gives no index here")
    raise Refused("no firmware index")


def _counts(path: str, text: str, trace: Trace, scheme: Scheme) -> int:
    attribute = path.rpartition("/")[2]
    index = unsigned(text)
    if index is None:
        rule = "is no number"
    elif index == 0 and not scheme.has("ZERO_ACPI_INDEX"):
        rule = "index 0 counts from v240 on"
    elif index > (limit := 65535 if scheme.has("16BIT_INDEX") else 16383):
        rule = f"is above {limit}: taken for rubbish of the firmware"
    else:
        trace.used(path, f"firmware index {index}")
        return index
    trace.refused(path, rule)
    raise Refused(f"{attribute} `{text}` {rule}")


def _mark_devicetree(devpath: str, device: str, trace: Trace) -> None:
    for place in (devpath, device):
        if f"{place}/of_node" in trace.tree.links:
            trace.lacks("/firmware/devicetree/base/aliases", "no rule here yet for devicetree aliases")
            return
