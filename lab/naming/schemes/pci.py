"""What ONBOARD, SLOT and PATH share: the PCI device behind an interface, its address and its kind.

From systemd's net_id (src/udev/udev-builtin-net_id.c).
"""

from __future__ import annotations

import dataclasses
import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import boolean, unsigned
from lab.naming.trace import Elsewhere, Refused, Trace
from lab.naming.tree import parent_device, subsystem

__all__ = ["Address", "Card", "card", "function", "is_bridge", "is_multifunction", "pci_parent", "whole"]

HEADER_TYPE = 0x0E  # offset in configuration space (include/uapi/linux/pci_regs.h)
MULTIFUNCTION = 0x80
MANA = (0x1414, 0x00BA)  # vendor and device of Microsoft's Azure Network Adapter
INCLUDE_DOMAIN = "ID_NET_NAME_INCLUDE_DOMAIN"
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
    """The PCI device that names an interface, and what is appended for the interface's place behind it ("v2", "u1")."""

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
    """The PCI device that the interface at `devpath` sits on; from 226 on levels of virtio in between do not count.

    Raises `Elsewhere` where there is another bus in between, or none.
    """
    for device, bus in trace.above(devpath):
        if bus == "pci":
            trace.used(f"{device}/subsystem", "a plain PCI device", bus)
            return whole(device, trace, scheme)
        if bus != "virtio" or not scheme.since(226):
            break
    raise Elsewhere("not directly on PCI")


def whole(device: str, trace: Trace, scheme: Scheme) -> Card:
    """The card that `device` is a part of: a virtual function belongs to its physical function (v239 on)."""
    physical = _physical(device, trace) if scheme.has("SR_IOV_V") else None
    if physical is not None:
        for entry in trace.tree.entries(physical):
            number = entry.removeprefix("virtfn")
            if entry != number and number.isdecimal() and trace.tree.resolve(f"{physical}/{entry}") == device:
                trace.used(f"{physical}/{entry}", f"virtual function {number} of this device", device)
                return Card(physical, f"v{number}")
        trace.lacks(f"{physical}/virtfn*", "which virtual function this is decides v<N>")
    return Card(device, "")


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
    trace.passed_over(device, place)
    return place


def function(device: str, trace: Trace, scheme: Scheme) -> tuple[Address, str, str]:
    """The address of `device`, and the domain and function parts of a name: ("P1" or "", "f3" or "")."""
    sysname = device.rpartition("/")[2]
    address = parse_address(sysname)
    if address is None:
        trace.refused(device, "is no PCI address", sysname)
        raise Refused(f"`{sysname}` is no PCI address")
    number = address.function
    if scheme.has("NPAR_ARI"):
        ari = f"{device}/ari_enabled"
        text = trace.attribute(device, "ari_enabled")
        if boolean(text) if scheme.since(255) else text == "1":
            number += address.device * 8
            trace.used(ari, f"ARI: the function number has eight bits, {number}")
        else:
            trace.used(ari, "no ARI: device and function as they stand")
    domain = _domain(device, address.domain, trace, scheme)
    several = is_multifunction(device, trace) if number == 0 else True
    return address, domain, f"f{number}" if several else ""


def _domain(device: str, number: int, trace: Trace, scheme: Scheme) -> str:
    """The domain part of a name; from 258 on, whatever the scheme, a udev property of the device may decide."""
    if number and not scheme.since(205):
        trace.refused(device, "before systemd 205 only devices of domain 0 had names", device.rpartition("/")[2])
        raise Refused(f"domain {number}, and systemd {scheme.release} names domain 0 only")
    wanted = _include_domain(device, number, trace) if scheme.since(258) else None
    return f"P{number}" if (number if wanted is None else wanted) else ""


def _include_domain(device: str, number: int, trace: Trace) -> bool | None:
    """What ID_NET_NAME_INCLUDE_DOMAIN says; the hardware database of systemd says no for Azure's MANA (258 on)."""
    value = trace.property(device, INCLUDE_DOMAIN)
    wanted = boolean(value)
    if value is not None:
        rule = "is neither yes nor no" if wanted is None else f"{'the' if wanted else 'no'} domain in names"
        (trace.refused if wanted is None else trace.used)(f"{device} {INCLUDE_DOMAIN}", rule, value)
    elif number:
        ids = []
        for attribute in ("vendor", "device"):
            path = f"{device}/{attribute}"
            text = trace.read(path)
            ids.append(unsigned(text))
            if text is None:
                trace.lacks(path, "for some cards systemd 258 and later leave the domain out")
            else:
                trace.used(path, "some cards' names have no domain: 0x1414 with 0x00ba")
        if tuple(ids) == MANA:
            rule = "systemd's hardware database says 0 for Azure MANA: no domain in names"
            trace.used(f"{device} {INCLUDE_DOMAIN}", rule, "0")
            return False
    return wanted


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
    text = trace.attribute(device, "modalias")
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
