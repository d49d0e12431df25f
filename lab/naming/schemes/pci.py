"""What ONBOARD, SLOT and PATH share: the PCI device behind an interface, its address and its kind.

From systemd's net_id (src/udev/udev-builtin-net_id.c). From release 256 on the distribution can hide attributes
from it (ID_NET_NAME_ALLOW and ID_NET_NAME_ALLOW_<ATTRIBUTE>, set by the hardware database under `net:naming:dr*`);
that lies outside sysfs and is not seen here.
"""

from __future__ import annotations

import dataclasses
import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.trace import Refused, Trace
from lab.naming.tree import hardware, parent_device, subsystem

__all__ = ["Address", "Card", "card", "function", "is_bridge", "is_multifunction", "parse_address", "pci_parent"]

HEADER_TYPE = 0x0E  # offset in configuration space (include/uapi/linux/pci_regs.h)
MULTIFUNCTION = 0x80
MANA = (0x1414, 0x00BA)  # vendor and device of Microsoft's Azure Network Adapter
# parse_boolean, src/basic/parse-util.c; the kernel writes 0 or 1, and systemd 252 and before take 1 only
YES = ("1", "yes", "y", "true", "t", "on")
_ADDRESS = re.compile(r"([0-9a-f]{1,8}):([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-9]{1,3})", re.ASCII | re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A PCI address in numbers: `0000:01:00.0` is domain 0, bus 1, device 0, function 0."""

    domain: int
    bus: int
    device: int
    function: int


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """The PCI device that names an interface, and what it appends for a virtual function ("v2")."""

    device: str
    suffix: str

    @property
    def sysname(self) -> str:
        """The device's own name: its PCI address."""
        return self.device.rpartition("/")[2]


def parse_address(text: str) -> Address | None:
    """The address that `text` writes (domain, bus, device hexadecimal, function decimal), else None."""
    match = _ADDRESS.fullmatch(text)
    return match and Address(int(match[1], 16), int(match[2], 16), int(match[3], 16), int(match[4]))


def card(devpath: str, trace: Trace, scheme: Scheme) -> Card:
    """The PCI device of the interface at `devpath`; virtio levels are skipped.

    A virtual function is named after its physical function (v239 on). Raises `Refused` where there is none,
    or where the bus has no rule here yet (then with a gap, so that the answer is uncertain).
    """
    parent = hardware(trace.tree, devpath)
    if parent is None:
        trace.refused(devpath, "virtual: no device above it", "no device")
        raise Refused("virtual, on no bus")
    bus = subsystem(trace.tree, parent)
    if bus != "pci":
        shown = bus or "unknown"
        trace.lacks(f"{parent}/subsystem", f"no rule here yet for bus {shown}")
        raise Refused(f"no rule here yet for bus {shown}")
    trace.used(f"{parent}/subsystem", "a plain PCI device", bus)
    physical = _physical(parent, trace) if scheme.has("SR_IOV_V") else None
    if physical is not None:
        for entry in trace.tree.entries(physical):
            number = entry.removeprefix("virtfn")
            if entry != number and number.isdecimal() and trace.tree.resolve(f"{physical}/{entry}") == parent:
                trace.used(f"{physical}/{entry}", f"virtual function {number} of this device", parent)
                return Card(physical, f"v{number}")
    return Card(parent, "")


def _physical(device: str, trace: Trace) -> str | None:
    """The physical function of a virtual one; None for any other device."""
    link = f"{device}/physfn"
    found = trace.tree.resolve(link)
    if found is None and link in trace.tree.links:
        trace.lacks(link, "the physical function is not in this source; the name would be made from its address")
    return found


def pci_parent(trace: Trace, device: str) -> str | None:
    """The nearest PCI device above `device`; None at the host bridge."""
    place = parent_device(trace.tree, device)
    while place is not None and subsystem(trace.tree, place) != "pci":
        place = parent_device(trace.tree, place)
    return place


def function(device: str, trace: Trace, scheme: Scheme) -> tuple[Address, str, str]:
    """The address of `device`, and the domain and function parts of a name: ("P1" or "", "f3" or "")."""
    sysname = device.rpartition("/")[2]
    address = parse_address(sysname)
    if address is None:
        trace.refused(device, "is no PCI address", sysname)
        raise Refused(f"`{sysname}` is no PCI address")
    number = address.function
    ari = f"{device}/ari_enabled"
    if scheme.has("NPAR_ARI"):
        if (trace.read(ari) or "").lower() in YES:
            number += address.device * 8
            trace.used(ari, f"ARI: the function number has eight bits, {number}")
        else:
            trace.used(ari, "no ARI: device and function as they stand")
    domain = f"P{address.domain}" if address.domain else ""
    if domain:
        _mark_domain(device, trace)
    several = is_multifunction(device, trace) if number == 0 else True
    return address, domain, f"f{number}" if several else ""


def _mark_domain(device: str, trace: Trace) -> None:
    """Azure's MANA: from release 258 on, whatever the scheme, the hardware database takes the domain out."""
    ids = []
    for attribute in ("vendor", "device"):
        path = f"{device}/{attribute}"
        ids.append(unsigned(trace.read(path)))
        if ids[-1] is None:
            trace.lacks(path, "for some cards systemd 258 and later leave the domain out")
        else:
            trace.used(path, "some cards' names have no domain: 0x1414 with 0x00ba")
    if tuple(ids) == MANA:
        trace.lacks("ID_NET_NAME_INCLUDE_DOMAIN", "an Azure MANA card: systemd 258 and later leave the domain out")


def is_multifunction(device: str, trace: Trace) -> bool:
    """True if bit 7 of the header type says that the device has several functions."""
    path = f"{device}/config"
    data = trace.tree.read(path)
    if data is None or len(data) <= HEADER_TYPE:
        trace.lacks(path, "the header type says whether the name needs the function number")
        return False
    several = bool(data[HEADER_TYPE] & MULTIFUNCTION)
    rule = f"header type: {'several functions, so the name has f<N>' if several else 'one function'}"
    trace.used(path, rule, f"0x{data[HEADER_TYPE]:02x} at 0x0e")
    return several


def is_bridge(device: str, trace: Trace) -> bool:
    """True if the modalias names subclass 04: a PCI-to-PCI bridge."""
    path = f"{device}/modalias"
    text = trace.read(path)
    if text is None:
        trace.lacks(path, "a bridge's slot names no card")
        return False
    subclass = modalias_subclass(text)
    trace.used(path, f"subclass {subclass}: {'a bridge' if subclass == '04' else 'no bridge'}")
    return subclass == "04"


def modalias_subclass(text: str) -> str | None:
    """The subclass in a PCI modalias: "04" of "pci:v...bc06sc04i00"; None if it has none."""
    tail = text.rpartition("s")[2]
    return tail[1:3] if text.startswith("pci:") and tail.startswith("c") and len(tail) > 2 else None
