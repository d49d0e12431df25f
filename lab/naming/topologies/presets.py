"""The classic accidents of naming as declared machines, under the names that stand in prose and on the command line."""

from __future__ import annotations

import dataclasses
import difflib

from lab.core.errors import LabError
from lab.naming.topologies.check import checked
from lab.naming.topologies.topology import ACPI, NATIVE, Device, Onboard, Topology

__all__ = ["ALIASES", "PRESETS", "preset"]


def _nic(number: int, kind: str, device: int, on: str = "", **more: int) -> Device:
    return Device(f"nic{number}", kind, on, device, mac=f"52:54:00:00:00:{number:02x}", **more)  # type: ignore[arg-type]


def _port(number: int, device: int, slot: int | None = None, on: str = "") -> Device:
    return Device(f"rp{number}", "root-port", on, device, slot=slot)


def _two(**more: object) -> Topology:
    """An e1000e and a virtio card on the root bus, with the kernel's names."""
    devices = (_nic(1, "e1000e", 3), _nic(2, "virtio", 4))
    bare = Topology("", "", "q35", ACPI, devices, append=("net.ifnames=0",))
    return dataclasses.replace(bare, **more)  # type: ignore[arg-type]


_SLOTS = (_port(1, 4, 11), _port(2, 5, 42), _nic(1, "e1000e", 0, "rp1"), _nic(2, "virtio", 0, "rp2"))
_OLD_CARD = (_port(2, 5), _nic(1, "e1000e", 0, "rp2"))
_VIRTIO = ("virtio_net", "virtio_pci")
_BRIDGED = (
    _port(1, 4, 9),
    Device("br1", "pcie-pci-bridge", "rp1", 0),
)

_ALL = (
    Topology(
        "flat", "three cards on the root bus", "q35", ACPI,
        (_nic(1, "e1000e", 3), _nic(2, "e1000e", 5), _nic(3, "virtio", 7)),
    ),
    Topology(
        "acpi-index", "ACPI gives two cards an index; the one on the root bus is ignored by QEMU 7.2", "q35", ACPI,
        (
            _port(1, 4),
            _nic(1, "e1000e", 3, acpi_index=1),
            _nic(2, "virtio", 0, "rp1", acpi_index=7),
            _nic(3, "e1000e", 6),
        ),
    ),
    Topology(
        "smbios-onboard", "SMBIOS type 41 calls two cards onboard", "q35", ACPI,
        (_nic(1, "e1000e", 3), _nic(2, "e1000e", 5)),
        (Onboard("nic1", 1, "Onboard LAN One"), Onboard("nic2", 2, "Onboard LAN Two")),
    ),
    Topology("native-slots", "two cards in numbered slots, native hot-plug", "q35", NATIVE, _SLOTS),
    Topology("acpi-slots", "the same cards, hot-plug by ACPI: the slots have no number", "q35", ACPI, _SLOTS),
    Topology(
        "multifunction", "two cards with two functions each, one of them in a slot", "q35", NATIVE,
        (
            _port(1, 4, 3),
            _nic(1, "e1000e", 0, "rp1", multifunction=True),
            _nic(2, "e1000e", 0, "rp1", function=1),
            _nic(3, "virtio", 6, multifunction=True),
            _nic(4, "virtio", 6, function=1),
        ),
    ),
    Topology(
        "second-host-bridge", "a card behind a second host bridge (pxb-pcie), whose buses begin at 128", "q35", ACPI,
        (
            Device("pxb1", "pxb-pcie", "", 8, bus=128),
            _port(1, 4),
            _port(2, 0, on="pxb1"),
            _nic(1, "e1000e", 0, "rp1"),
            _nic(2, "e1000e", 0, "rp2"),
        ),
    ),
    Topology(
        "conventional", "conventional PCI: ACPI numbers every slot", "pc", ACPI,
        (_nic(1, "e1000", 3), _nic(2, "virtio", 9), _nic(3, "rtl8139", 16), _nic(4, "pcnet", 17)),
    ),
    Topology("card-before", "one card behind the second root port", "q35", NATIVE, _OLD_CARD),
    Topology(
        "card-added", "a card is added before it: the buses behind it are numbered again", "q35", NATIVE,
        (_port(1, 4), *_OLD_CARD, _nic(2, "virtio", 0, "rp1")),
    ),
    _two(name="driver-order-1", title="two cards, e1000e is loaded first", probed=("e1000e", *_VIRTIO)),
    _two(name="driver-order-2", title="the same two cards, virtio is loaded first", probed=(*_VIRTIO, "e1000e")),
    _two(name="driver-race", title="the same two cards, udev loads both drivers at once"),
    Topology(
        "pci-bridge", "two conventional cards behind a bridge with hot-plug slots (SHPC)", "q35", NATIVE,
        (*_BRIDGED, _nic(1, "e1000", 3, "br1"), _nic(2, "rtl8139", 4, "br1")),
    ),
    Topology(
        "eight-cards", "eight cards in numbered slots", "q35", NATIVE,
        tuple(
            device
            for n in range(1, 9)
            for device in (_port(n, 3 + n, 20 + n), _nic(n, "e1000e" if n % 2 else "virtio", 0, f"rp{n}"))
        ),
    ),
    Topology(
        "bridge-in-slot", "a slot holds a bridge with two cards behind it", "q35", NATIVE,
        (*_BRIDGED, Device("br2", "pci-bridge", "br1", 2), _nic(1, "e1000", 3, "br2"), _nic(2, "rtl8139", 4, "br2")),
    ),
    Topology(
        "usb", "a USB adapter and a card", "q35", ACPI,
        (
            Device("xhci", "xhci", "", 6),
            Device("nic9", "usb-net", "xhci", 2, mac="52:54:00:00:00:09"),
            _nic(1, "e1000e", 3),
        ),
    ),
    _two(
        name="race-two-cpus", title="three drivers race on two CPUs for eth0, eth1 and eth2", cpus=2,
        devices=(_nic(1, "e1000e", 3), _nic(2, "virtio", 4), _nic(3, "e1000", 5)),
    ),
    Topology(
        "sun", "conventional PCI: the slot's name and ACPI's own slot number (_SUN) say the same", "pc", ACPI,
        (_nic(1, "e1000", 3), _nic(2, "virtio", 9)), append=("acpiphp.disable=1",),
    ),
    Topology(
        "sun-multifunction", "a card of two functions: the slot's name is for both, ACPI's number for the first",
        "pc", ACPI,
        (_nic(1, "virtio", 3), _nic(2, "e1000", 5, multifunction=True), _nic(3, "e1000", 5, function=1)),
        append=("acpiphp.disable=1",),
    ),
)  # fmt: skip

PRESETS: dict[str, Topology] = {topology.name: checked(topology) for topology in _ALL}

# The names of the recordings and experiments -> the preset
ALIASES = {
    "t01-flat": "flat",
    "t02-acpi-index": "acpi-index",
    "t03-smbios41": "smbios-onboard",
    "t04-slots-pciehp": "native-slots",
    "t05-slots-acpihp": "acpi-slots",
    "t06-multifunction": "multifunction",
    "t07-pxb": "second-host-bridge",
    "t08-i440fx": "conventional",
    "t09a-before": "card-before",
    "t09b-card-added": "card-added",
    "t10a-probe-e1000e-first": "driver-order-1",
    "t10b-probe-virtio-first": "driver-order-2",
    "t10c-probe-udev-race": "driver-race",
    "t11-pci-bridge": "pci-bridge",
    "t12-eight-cards": "eight-cards",
    "t13-bridge-in-slot": "bridge-in-slot",
    "t14-usb-nic": "usb",
    "t16-race-smp2": "race-two-cpus",
    "t17-i440fx-sun": "sun",
    "t18-sun-multifunction": "sun-multifunction",
}


def preset(word: str) -> Topology:
    """The preset called `word`, or the one whose alias begins so ("t09b"); raises `LabError` with those there are."""
    found = [word] if word in PRESETS else [name for alias, name in ALIASES.items() if word and alias.startswith(word)]
    if len(found) > 1:
        raise LabError(f"{word[:30]!r} is several topologies; choose {', '.join(found)}")
    if not found:
        near = difflib.get_close_matches(word, PRESETS, 3, 0.5) or list(PRESETS)[:2]
        raise LabError(f"{word[:30]!r} is no topology; choose {', '.join(near)}; kernel-lab kernel naming lists all")
    return PRESETS[found[0]]
