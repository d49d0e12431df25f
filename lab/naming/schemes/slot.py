"""SLOT: the number of the hot-plug slot that the card, or a device above it, sits in: `ens3` (names_pci_slot)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import decimal, unsigned
from lab.naming.schemes.pci import Card, function, is_bridge, is_multifunction, pci_parent
from lab.naming.schemes.port import port
from lab.naming.trace import Refused, Trace
from lab.naming.tree import Tree

__all__ = ["SLOTS", "by_slot"]

SLOTS = "/bus/pci/slots"


def by_slot(start: str, pci: Card, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by slot number and why; raises `Refused` where no slot counts."""
    _, domain, func = function(pci.device, trace, scheme)
    end = func + port(devpath, trace, scheme) + pci.suffix
    found = _from_firmware(pci.device, trace) if scheme.has("FIRMWARE_NODE_SUN") else None
    if found is None:
        number, because, has_domain = _from_folder(pci.device, trace, scheme)
        domain = domain if has_domain else ""
    else:
        number, because = found
    return f"{start}{domain}s{number}{end}", because


def _from_firmware(device: str, trace: Trace) -> tuple[int, str] | None:
    """ACPI's slot number (_SUN) of the card or of the device above it (v257 on); None if neither has one."""
    number = _sun(device, trace)
    if number is not None:
        return number, f"`firmware_node/sun` = {number}"
    above = pci_parent(trace, device)
    if above is None or (is_bridge(above, trace) and not is_multifunction(device, trace)):
        return None
    number = _sun(above, trace)
    return None if number is None else (number, f"`firmware_node/sun` of {above.rpartition('/')[2]} = {number}")


def _sun(device: str, trace: Trace) -> int | None:
    link, path = f"{device}/firmware_node", f"{device}/firmware_node/sun"
    if link in trace.tree.links and trace.tree.resolve(link) is None:
        trace.lacks(path, "firmware_node leads to nothing in this source: the slot number may be missing here only")
        return None
    number = unsigned(trace.attribute(device, "firmware_node/sun"))
    if number:
        trace.used(path, f"the firmware's slot number {number}")
        return number
    trace.refused(path, "no slot number from the firmware" if number is None else "is no number above 0")
    return None


def _from_folder(device: str, trace: Trace, scheme: Scheme) -> tuple[int, str, bool]:
    """The slot whose address is that of the card or, from 239 on, of a device above it, nearest first."""
    if trace.tree.resolve(SLOTS) not in trace.tree.folders:
        trace.lacks(SLOTS, "the slots folder may hold a slot for this card")
        raise Refused("this source has no slots folder")
    place: str | None = device
    unnumbered = ""
    while place is not None:
        number = _function_id(place, trace) if scheme.has("SLOT_FUNCTION_ID") else None
        if number is not None:
            return number, f"`function_id` = 0x{number:08x}", False
        sysname = place.rpartition("/")[2]
        for entry, path, address in _holding(sysname, trace, scheme):
            number = _slot_number(entry, scheme)
            if not number:
                trace.refused(path, f"slot {entry} is no number above 0", address)
                unnumbered = unnumbered or entry
                continue
            if scheme.has("BRIDGE_NO_SLOT") and is_bridge(place, trace):
                _refuse_bridge(path, address, entry, device, trace, scheme)
            trace.used(path, f"slot {number} holds {'the card' if place == device else sysname}", address)
            return number, f"`slots/{entry}` = {address}", True
        place = pci_parent(trace, place) if scheme.since(239) else None
    if unnumbered:
        raise Refused(f"`slots/{unnumbered}` is no number above 0")
    count = len(trace.tree.entries(SLOTS))
    whose = "of the card or of a device above it" if scheme.since(239) else "of the card"
    trace.refused(SLOTS, f"no address is that {whose}", f"{count} slots")
    raise Refused("no slot has the card's address")


def _slot_number(entry: str, scheme: Scheme) -> int | None:
    """The number that a slot's folder name writes: in any base from 247 on, before that in base 10."""
    if scheme.since(249):
        return unsigned(entry)
    return unsigned(entry, 2**31 - 1) if scheme.since(247) else decimal(entry, 2**31 - 1)


def _holding(sysname: str, trace: Trace, scheme: Scheme) -> list[tuple[str, str, str]]:
    """The slots (name, path, value of `address`) whose address is that of `sysname`, as the folder lists them.

    The address has no function, so `sysname` begins with it; only systemd 238 wanted the two to be equal.
    """
    known = trace.tree.once(_slots)
    beginnings = (sysname,) if scheme.release == 238 else (sysname[:end] for end in range(len(sysname) + 1))
    numbered = sorted(slot for address in beginnings for slot in known.get(address, ()))
    found = [(entry, path, address) for _, entry, path, address in numbered]
    if len(found) > 1 and sum(1 for entry, _, _ in found if _slot_number(entry, scheme)) > 1:
        trace.lacks(f"{SLOTS} (order)", f"several slots have the address of {sysname}; the first one listed counts")
    return found


def _slots(tree: Tree) -> dict[str, list[tuple[int, str, str, str]]]:
    """The slots by address, each with its place in the list of the folder, name, path and address."""
    slots: dict[str, list[tuple[int, str, str, str]]] = {}
    for number, entry in enumerate(tree.entries(SLOTS)):
        path = f"{SLOTS}/{entry}/address"
        address = tree.text(path)
        if address is not None:
            slots.setdefault(address, []).append((number, entry, path, address))
    return slots


def _refuse_bridge(path: str, address: str, entry: str, device: str, trace: Trace, scheme: Scheme) -> None:
    """A bridge's slot would name all cards behind it alike: v247 gave it up (v251 to v254 kept several functions)."""
    if scheme.has("BRIDGE_MULTIFUNCTION_SLOT") and is_multifunction(device, trace):
        return
    trace.refused(path, f"slot {entry} holds a bridge, which other cards may share", address)
    raise Refused(f"`slots/{entry}` holds a bridge")


def _function_id(device: str, trace: Trace) -> int | None:
    """The fixed slot of an s390 PCI function, if its folder is there; then the name has no domain."""
    path = f"{device}/function_id"
    text = trace.attribute(device, "function_id")
    if text is None:
        trace.refused(path, "no function of s390")
        return None
    number = unsigned(text)
    if not number:
        trace.refused(path, "is no number from 1 to 0xffffffff")
        raise Refused(f"function_id `{text}` is no slot")
    if trace.tree.resolve(f"{SLOTS}/{number:08x}") is None:
        trace.refused(path, f"there is no slots/{number:08x}")
        raise Refused(f"`slots/{number:08x}` is missing")
    trace.used(path, f"the slot of this function: {number}")
    return number
