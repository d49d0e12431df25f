"""USB cards: the chain of ports, behind the PCI address or the slot of the USB host (names_usb)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import Card, pci_parent, whole
from lab.naming.trace import Elsewhere, Refused, Trace
from lab.naming.tree import uevent_value

__all__ = ["usb_card", "usb_host", "usb_ports"]


def usb_card(devpath: str, trace: Trace, scheme: Scheme) -> Card:
    """The PCI device that is the USB host of the interface at `devpath`, with the ports down to it ("u1u2").

    Raises `Elsewhere` where no PCI device is above the USB interface.
    """
    device = _interface(devpath, trace)
    host = pci_parent(trace, device)
    if host is None:
        raise Elsewhere("the USB host is no PCI device")
    ports = _ports(device, trace)
    # up to 254 a host that is a virtual function was named as a card would be
    pci = Card(host, "") if scheme.since(255) else whole(host, trace, scheme)
    return Card(pci.device, f"{pci.suffix}{ports}")


def usb_host(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by ports alone, for a USB host that is no PCI device (v253 on)."""
    device = _interface(devpath, trace)
    if pci_parent(trace, device) is not None:
        raise Elsewhere("the USB host is a PCI device")
    ports = _ports(device, trace)
    if not scheme.has("USB_HOST"):
        raise Refused("the USB host is no PCI device; such cards get names from v253 on")
    return f"{start}{ports}", f"`{device.rpartition('/')[2]}` = USB ports {ports}"


def _interface(devpath: str, trace: Trace) -> str:
    for device, bus in trace.above(devpath):
        if bus == "usb" and uevent_value(trace.tree, device, "DEVTYPE") == "usb_interface":
            return device
    raise Elsewhere("on no interface of a USB device")


def _ports(device: str, trace: Trace) -> str:
    sysname = device.rpartition("/")[2]
    ports = usb_ports(sysname)
    if ports is None:
        trace.refused(device, "is no USB interface's name, such as 1-2:1.0", sysname)
        raise Refused(f"`{sysname}` names no USB interface")
    trace.used(device, f"USB ports, configuration and interface: {ports}", sysname)
    return ports


def usb_ports(sysname: str) -> str | None:
    """What "1-2.3:1.0" adds to a name, "u2u3": ports, then configuration if not 1, interface if not 0; else None."""
    _, dash, rest = sysname.partition("-")
    ports, colon, rest = rest.partition(":")
    configuration, dot, interface = rest.partition(".")
    if not (dash and colon and dot):
        return None
    end = "" if configuration == "1" else f"c{configuration}"
    return f"u{ports.replace('.', 'u')}{end}{'' if interface == '0' else f'i{interface}'}"
