"""Where every device of a topology is: bus numbers as the firmware gives them, PCI addresses, folders of sysfs.

SeaBIOS numbers buses depth-first in the order of device and function, every bridge just what it needs, and looks for
further host bridges at the numbers that follow (src/fw/pciinit.c); Linux keeps those numbers and scans in the same
order (drivers/pci/probe.c).
"""

from __future__ import annotations

import dataclasses

from lab.naming.topologies.kinds import TRANSITIONAL
from lab.naming.topologies.topology import ACPI, Device, Topology
from lab.naming.whatif.parts import Part

__all__ = ["CHIPSET", "DOMAIN", "SEVERAL", "Placed", "Root", "is_native", "layout", "roots"]

DOMAIN = "0000"
HOST, ISA, IDE, AHCI, SMBUS, OTHER = 0x060000, 0x060100, 0x010180, 0x010601, 0x0C0500, 0x068000
INTEL = 0x8086
# What QEMU puts on the root bus by itself: (device, function) -> part (hw/i386/pc_q35.c, pc_piix.c; -nodefaults)
CHIPSET: dict[str, dict[tuple[int, int], Part]] = {
    "q35": {
        (0x00, 0): Part(INTEL, 0x29C0, HOST),
        (0x1F, 0): Part(INTEL, 0x2918, ISA),
        (0x1F, 2): Part(INTEL, 0x2922, AHCI),
        (0x1F, 3): Part(INTEL, 0x2930, SMBUS),
    },
    "pc": {
        (0x00, 0): Part(INTEL, 0x1237, HOST),
        (0x01, 0): Part(INTEL, 0x7000, ISA),
        (0x01, 1): Part(INTEL, 0x7010, IDE),
        (0x01, 3): Part(INTEL, 0x7113, OTHER),
    },
}
# The functions of the chipset whose header says that there are several
SEVERAL = {"q35": ((0x1F, 0), (0x1F, 2), (0x1F, 3)), "pc": ((0x01, 0),)}


@dataclasses.dataclass(frozen=True, slots=True)
class Root:
    """A host bridge: its bus number, and the device that brings it (None for the chipset's own)."""

    bus: int
    pxb: Device | None = None

    @property
    def folder(self) -> str:
        """Its folder below sysfs."""
        return f"/devices/pci{DOMAIN}:{self.bus:02x}"


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """A PCI device of the topology in its place: `part`, `folder`, and for a bridge the buses behind it.

    `on` is the number of the bus that it is on, `bus` that of the bus behind it (0 for no bridge), `last` the highest
    bus below it.
    """

    device: Device
    part: Part
    folder: str
    on: int
    bus: int = 0
    last: int = 0

    @property
    def address(self) -> str:
        """Its PCI address: "0000:01:00.0"."""
        return self.folder.rpartition("/")[2]


def roots(topology: Topology) -> tuple[Root, ...]:
    """The host bridges, by bus number."""
    found = (Root(d.bus or 0, d) for d in topology.devices if d.kind == "pxb-pcie")
    return (Root(0), *sorted(found, key=lambda r: r.bus))


def layout(topology: Topology) -> tuple[Placed, ...]:
    """Every PCI device that is declared, as Linux finds them: all of a bus, then what is behind each of its bridges."""
    found: list[Placed] = []
    for root in roots(topology):
        devices = topology.on("" if root.pxb is None else root.pxb.id)
        found += _bus(topology, devices, root.folder, root.bus)
    return tuple(found)


def _bus(topology: Topology, devices: tuple[Device, ...], folder: str, number: int) -> list[Placed]:
    """The devices of bus `number`, then those behind each of its bridges; bus numbers count up from there."""
    here: list[Placed] = []
    below: list[list[Placed]] = []
    last = number
    for device in devices:
        place = f"{folder}/{DOMAIN}:{number:02x}:{device.device:02x}.{device.function}"
        if not device.means.part.is_bridge:
            here.append(Placed(device, _part(topology, device), place, number))
            continue
        behind = _bus(topology, topology.on(device.id), place, last + 1)
        first, last = last + 1, max([last + 1, *(p.last for p in behind)])
        here.append(Placed(device, _bound(topology, device, place), place, number, first, last))
        below.append(behind)
    return [*here, *(p for behind in below for p in behind)]


def _part(topology: Topology, device: Device) -> Part:
    """The part; a virtio card on a bus that is no port's can also be driven by old drivers (its "transitional" id)."""
    holder = topology.find(device.on)
    port = holder is not None and holder.kind == "root-port"
    return TRANSITIONAL if device.kind == "virtio" and not port else device.means.part


def _bound(topology: Topology, device: Device, place: str) -> Part:
    """A bridge with the driver that binds to it: shpchp where Linux may do hot-plug itself."""
    part = device.means.part
    return dataclasses.replace(part, driver="shpchp") if device.has_shpc and is_native(topology, place) else part


def is_native(topology: Topology, folder: str) -> bool:
    """True if the firmware lets Linux do hot-plug itself (_OSC) at the PCI device in `folder`.

    The pc has no _OSC at all. QEMU 7.2 keeps hot-plug to its ACPI below the first host bridge only.
    """
    return topology.chipset == "q35" and (topology.hotplug != ACPI or not folder.startswith(f"{Root(0).folder}/"))
