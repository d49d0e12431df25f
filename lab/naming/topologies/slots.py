"""Hot-plug slots: which there are, and what Linux calls them (/sys/bus/pci/slots).

Three parts of Linux make slots, in this order. ACPI, bus by bus: pci_slot.c makes one for every _SUN, then acpiphp
takes it over and names it again, which gives two of one number odd names (0, 0-2). pciehp: one per root port, with the
number of the port's slot capability. shpchp: one per device of the bridge. Two slots of one name become N and N-1
(make_slot_name, drivers/pci/slot.c). That of these names only plain numbers above 0 name a card is systemd's affair.
"""

from __future__ import annotations

import dataclasses

from lab.naming.topologies.layout import DOMAIN, Placed, is_native, layout
from lab.naming.topologies.topology import ACPI, NO_HOTPLUG, Topology

__all__ = ["Slots", "acpi_slots", "slots"]

NO_ACPIPHP = "acpiphp.disable=1"
DEVICES = range(32)
CHIPSET_OWN = 2  # devices 0 and 1 of an i440FX are soldered in: no slots


@dataclasses.dataclass(slots=True)
class Slots:
    """The slots made so far: name by address ("0000:01:00"), in the order in which they were made."""

    names: dict[str, str] = dataclasses.field(default_factory=dict)

    def make(self, address: str, number: int) -> None:
        """A new slot, under the first of N, N-1, N-2 ... that is free; none if there is one at the address."""
        if address not in self.names:
            self.names[address] = self._free(str(number))

    def take_over(self, address: str, number: int) -> None:
        """The slot gets a driver that calls it `number`: one of another name is renamed, and its own name is taken."""
        if self.names[address] != str(number):
            self.names[address] = self._free(str(number))

    def _free(self, wanted: str) -> str:
        taken = set(self.names.values())
        name, number = wanted, 1
        while name in taken:
            name, number = f"{wanted}-{number}", number + 1
        return name


def slots(topology: Topology) -> dict[str, str]:
    """The name of every slot, by its address (domain, bus, device)."""
    found = Slots()
    placed = layout(topology)
    takes_over = NO_ACPIPHP not in topology.append
    for bus, devices in acpi_slots(topology, placed).items():
        for device in devices:
            found.make(f"{DOMAIN}:{bus:02x}:{device:02x}", device)
        for device in devices if takes_over else ():
            found.take_over(f"{DOMAIN}:{bus:02x}:{device:02x}", device)
    native = [p for p in placed if is_native(topology, p.folder)]
    for port in native if topology.hotplug != NO_HOTPLUG else ():
        if port.device.kind == "root-port":
            found.make(f"{DOMAIN}:{port.bus:02x}:00", port.device.slot or 0)
    for bridge in native:
        for device in DEVICES[1:] if bridge.device.has_shpc else ():
            found.make(f"{DOMAIN}:{bridge.bus:02x}:{device:02x}", device)
    return found.names


def acpi_slots(topology: Topology, placed: tuple[Placed, ...]) -> dict[int, tuple[int, ...]]:
    """By bus the devices for which QEMU's ACPI tables have a slot number, which is the device number (_SUN).

    That is the root bus of the pc (but for what is soldered in), and every bus behind a bridge; behind a port of PCI
    Express there is device 0 only. A bridge that is there from the beginning is no slot (hw/i386/acpi-build.c,
    build_append_pci_bus_devices, of QEMU 7.2). A second host bridge is not covered.
    """
    if topology.hotplug != ACPI:
        return {}
    found = {0: DEVICES[CHIPSET_OWN:]} if topology.chipset == "pc" else {}
    hosts = {d.bus or 0 for d in topology.devices if d.kind == "pxb-pcie"}
    first_host = min(hosts, default=1 << 8)
    for bridge in placed:
        if bridge.bus and bridge.bus < first_host:
            found[bridge.bus] = DEVICES[:1] if bridge.device.kind == "root-port" else DEVICES
    bridges = {(p.on, p.device.device) for p in placed if p.bus}
    return {bus: tuple(d for d in devices if (bus, d) not in bridges) for bus, devices in found.items()}
