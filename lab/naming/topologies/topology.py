"""A machine that is declared: chipset, devices as a tree, what its firmware says; predicted and booted alike."""

from __future__ import annotations

import dataclasses

from lab.naming.link.environment import Environment
from lab.naming.topologies.kinds import KINDS, Kind

__all__ = ["ACPI", "NATIVE", "NO_HOTPLUG", "Device", "Onboard", "Topology"]

ACPI, NATIVE, NO_HOTPLUG = "acpi", "native", "none"


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """One device: `id` is its name in the file, `kind` a key of `KINDS`, `on` what it sits on ("" for the root bus).

    `device` and `function`: its PCI address on that bus; for a USB adapter `device` is the port. `multifunction`: bit 7
    of its header says that there are more functions. `slot`: the number of a root port's slot. `bus`: the bus number
    of a second host bridge. `shpc`: a conventional bridge with a
    standard hot-plug controller. `mac` and `acpi_index`: of a card.
    """

    id: str
    kind: str
    on: str = ""
    device: int = 0
    function: int = 0
    multifunction: bool = False
    mac: str = ""
    acpi_index: int | None = None
    slot: int | None = None
    bus: int | None = None
    shpc: bool = False

    @property
    def means(self) -> Kind:
        """What its kind is on the bus."""
        return KINDS[self.kind]

    @property
    def devfn(self) -> int:
        """Device and function as PCI orders them."""
        return self.device * 8 + self.function

    @property
    def has_shpc(self) -> bool:
        """True for a bridge with a standard hot-plug controller; QEMU's pcie-pci-bridge always has one."""
        return self.shpc or self.kind == "pcie-pci-bridge"


@dataclasses.dataclass(frozen=True, slots=True)
class Onboard:
    """An entry of SMBIOS type 41: the card `device` (an id) is `instance` on the mainboard, called `label`."""

    device: str
    instance: int
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class Topology:
    """A machine: `name` and `title` for people, `chipset` q35 or pc, and what is in it.

    `hotplug`: who offers hot-plug slots: "native" (pciehp and SHPC), "acpi" (QEMU's own, then slots have the numbers
    that ACPI gives), "none" (but for a pcie-pci-bridge, which always has SHPC). Below a second host bridge QEMU 7.2
    leaves it to Linux even with "acpi"; on the pc, whose firmware never does, "native" has no slots.
    `devices`: each after the one it sits on. `cpus`: how many; with two, drivers race.
    `append`: words for the kernel's command line. `probed`: modules that are loaded before udev starts, in this order.

    A topology is checked where it is made from text (`parse_topology`) or changed (`after`): see `check`.
    """

    name: str
    title: str
    chipset: str
    hotplug: str
    devices: tuple[Device, ...]
    onboard: tuple[Onboard, ...] = ()
    cpus: int = 1
    append: tuple[str, ...] = ()
    probed: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Device, ...]:
        """The network cards, in the order of the file."""
        return tuple(d for d in self.devices if d.means.is_card)

    @property
    def kernel_names(self) -> bool:
        """True if udev leaves the kernel's names alone: the last net.ifnames= of the command line is no."""
        return not Environment(command_line=self.append).name_policies

    def on(self, holder: str) -> tuple[Device, ...]:
        """What sits on the device with the id `holder` ("" for the root bus), by device and function."""
        return tuple(sorted((d for d in self.devices if d.on == holder), key=lambda d: d.devfn))

    def find(self, wanted: str) -> Device | None:
        """The device with this id; None if there is none."""
        return next((d for d in self.devices if d.id == wanted), None)
