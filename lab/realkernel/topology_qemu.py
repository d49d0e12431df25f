"""A declared topology as the words of a QEMU command: the machine that is predicted is the machine that is booted.

The words stand beside `-nodefaults`. Every card hangs on a hub of its own kind (`hubport`): it has a link and no
network. What QEMU 7.2 does with `acpi-index` on the root bus of the q35 (pcie.0), or without ACPI's hot-plug: it takes
the word and tells the guest nothing; and for a card of several functions it knows one index only, so a topology has
none there. Device models: docs/pcie.txt, docs/pcie_pci_bridge.txt and docs/pci_expander_bridge.txt of QEMU's source.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from lab.core.errors import LabError
from lab.naming.topologies.firmware import TRIED
from lab.naming.topologies.topology import ACPI, NO_HOTPLUG, Device, Topology

__all__ = ["QemuMachine", "qemu_release", "qemu_words"]

ROOT_BUS = {"q35": "pcie.0", "pc": "pci.0"}
# Which switch of the chipset's power management turns QEMU's ACPI hot-plug off (hw/acpi/ich9.c, piix4.c)
NO_ACPI_HOTPLUG = {
    "q35": ("ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",),
    "pc": ("PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off", "PIIX4_PM.acpi-root-pci-hotplug=off"),
}
MODELS = {
    "root-port": "pcie-root-port",
    "virtio": "virtio-net-pci",
    "xhci": "qemu-xhci",
}  # where QEMU's word is not the kind's
SINCE = {"igb": (8, 0)}  # the release of QEMU that brought a card
HUB = 0
_RELEASE = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:[.-]|$)", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class QemuMachine:
    """What `lab.realkernel.guest.Guest` needs: `machine` type, `devices` (all other words), `cpus`.

    `append`: words of the kernel's command line. `premod`: modules to load before udev starts, in this order.
    `modules`: the kernel modules that the cards need, for the initramfs.
    """

    machine: str
    devices: tuple[str, ...]
    cpus: int
    append: tuple[str, ...]
    premod: tuple[str, ...]
    modules: tuple[str, ...]


def qemu_release(version: str) -> tuple[int, int] | None:
    """The release that a `version` of QEMU ("7.2.18") is of: (7, 2); None for a text that says none."""
    found = _RELEASE.match(version)
    return (int(found[1]), int(found[2])) if found else None


def qemu_words(topology: Topology, qemu: tuple[int, int] = TRIED) -> QemuMachine:
    """The words that make QEMU (release `qemu`) build `topology`; raises `LabError` for a card that it has not."""
    words: list[str] = []
    if topology.hotplug != ACPI:
        words += [word for switch in NO_ACPI_HOTPLUG[topology.chipset] for word in ("-global", switch)]
    for number, device in enumerate(topology.devices, 1):
        first = SINCE.get(device.kind, (0, 0))
        if qemu < first:
            has, needs = (".".join(map(str, release)) for release in (qemu, first))
            raise LabError(f"topology {topology.name}: {device.id}: QEMU {has} has no {device.kind}; {needs} has")
        words += _device(topology, device, number)
    for entry in topology.onboard:
        label = entry.label.replace(",", ",,")  # so QEMU reads a comma in a value (util/qemu-option.c)
        place = f"instance={entry.instance},kind=ethernet,pcidev={entry.device}"
        words += ["-smbios", f"type=41,designation={label},{place}"]
    needed = dict.fromkeys([m for d in topology.devices for m in d.means.modules] + list(topology.probed))
    return QemuMachine(topology.chipset, tuple(words), topology.cpus, topology.append, topology.probed, tuple(needed))


def _device(topology: Topology, device: Device, number: int) -> list[str]:
    """The words of one device; `number` counts the devices, and is the chassis of a bridge."""
    words = [MODELS.get(device.kind, device.kind), f"id={device.id}"]
    netdev: list[str] = []
    if device.means.is_card:
        netdev = ["-netdev", f"hubport,id=net-{device.id},hubid={HUB}"]
        words += [f"netdev=net-{device.id}", f"mac={device.mac}"]
    words += _usb_place(topology, device) if device.kind == "usb-net" else _pci_place(topology, device)
    special: Callable[[Topology, Device, int], list[str]] | None = SPECIAL.get(device.kind)
    if special is not None:
        words += special(topology, device, number)
    if device.acpi_index is not None:
        words.append(f"acpi-index={device.acpi_index}")
    return [*netdev, "-device", ",".join(words)]


def _pci_place(topology: Topology, device: Device) -> list[str]:
    """The bus and the address on it, which QEMU reads as hexadecimal."""
    place = [f"bus={device.on or ROOT_BUS[topology.chipset]}", f"addr={device.device:x}.{device.function:x}"]
    return [*place, "multifunction=on"] if device.multifunction else place


def _usb_place(_: Topology, device: Device) -> list[str]:
    return [f"bus={device.on}.0", f"port={device.device}"]


def _port(topology: Topology, device: Device, number: int) -> list[str]:
    """A root port is told from others by chassis and slot together (hw/pci/pcie_port.c)."""
    words = [f"chassis={number}"]
    words += [] if device.slot is None else [f"slot={device.slot}"]
    return [*words, "hotplug=off"] if topology.hotplug == NO_HOTPLUG else words


def _bridge(_: Topology, device: Device, number: int) -> list[str]:
    return [f"chassis_nr={number}", f"shpc={'on' if device.shpc else 'off'}"]


def _host(_: Topology, device: Device, __: int) -> list[str]:
    return [f"bus_nr={device.bus}"]


# kind -> the words that only such a device has
SPECIAL: dict[str, Callable[[Topology, Device, int], list[str]]] = {
    "root-port": _port,
    "pci-bridge": _bridge,
    "pxb-pcie": _host,
}
