"""What QEMU's firmware says of the devices: ACPI's nodes with their slot numbers, SMBIOS, the index of a card."""

from __future__ import annotations

import dataclasses
from collections import Counter

from lab.naming.smbios import ENTRY, ETHERNET, ONBOARD, TABLE
from lab.naming.topologies.layout import Placed, layout
from lab.naming.topologies.slots import acpi_slots
from lab.naming.topologies.topology import ACPI, Device, Topology

__all__ = ["TRIED", "Node", "acpi_nodes", "has_acpi_index", "onboard_attributes", "smbios_files", "untried"]

TRIED = (7, 2)  # the release of QEMU that every prediction was held against; what is said of QEMU here is said of it
TELLS_MORE = (8, 0)  # from this release on acpi-build.c describes an index of devices that are no hot-plug slot, too

DMI_ID = "/devices/virtual/dmi/id"
SYSTEM_BUS = "/devices/LNXSYSTM:00/LNXSYBUS:00"
HID = {"q35": "PNP0A08", "pc": "PNP0A03"}  # of the host bridge
VENDOR, BIOS, BIOS_VERSION = "QEMU", "SeaBIOS", "1.16.2"
PRODUCT = {"q35": "Standard PC (Q35 + ICH9, 2009)", "pc": "Standard PC (i440FX + PIIX, 1996)"}
# (device, function) of the chipset that ACPI describes: the ISA bridge and the SMBus of the q35 (QEMU 7.2)
DESCRIBED = {"q35": ((0x00, 0), (0x1F, 0), (0x1F, 3)), "pc": ((0x00, 0), (0x01, 0))}
ENABLED = 0x80
END_OF_TABLE = 127


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """An ACPI node: its folder, its address (_ADR: device and function), its path in the namespace, its _SUN."""

    folder: str
    adr: int
    path: str
    sun: int | None = None


def acpi_nodes(topology: Topology, placed: tuple[Placed, ...]) -> tuple[Node, ...]:
    """The nodes below the first host bridge, in the order in which Linux finds them.

    Described are devices by their function 0, the bridges if hot-plug is ACPI's, then what is behind them too, and
    every place that has a slot number (hw/i386/acpi-build.c of QEMU 7.2).
    """
    root = Node(f"{SYSTEM_BUS}/{HID[topology.chipset]}:00", 0, "\\_SB_.PCI0")
    numbers = acpi_slots(topology, placed)
    found = [root]
    _bus(topology, placed, root, 0, numbers, found)
    return tuple(found)


def _bus(
    topology: Topology, placed: tuple[Placed, ...], above: Node, bus: int, numbers: dict[int, tuple[int, ...]],
    found: list[Node],
) -> None:  # fmt: skip
    here = {(p.device.device, p.device.function): p for p in placed if p.on == bus}
    own = DESCRIBED[topology.chipset] if bus == 0 else ()
    bridges = [place for place, p in here.items() if p.bus and topology.hotplug == ACPI]
    places = {*own, *((d, 0) for d, _ in here), *bridges, *((d, 0) for d in numbers.get(bus, ()))}
    for device, function in sorted(places):
        if function == 0 and (device, 0) not in here and (device, 0) not in own and device not in numbers.get(bus, ()):
            continue
        folder = f"{above.folder}/device:{len(found) - 1:02x}"
        sun = device if function == 0 and device in numbers.get(bus, ()) else None
        name = f"S{device << 3 | function:02X}".ljust(4, "_")
        node = Node(folder, device << 16 | function, f"{above.path}.{name}", sun)
        found.append(node)
        placed_here = here.get((device, function))
        if placed_here is not None and placed_here.bus and topology.hotplug == ACPI:
            _bus(topology, placed, node, placed_here.bus, numbers, found)


def has_acpi_index(topology: Topology, card: Device) -> bool:
    """True where QEMU 7.2 tells the guest the index of a card (_DSM function 7): alone in a numbered place.

    It knows one index for all functions of a place, and which function's that is depends on the order of the words.
    """
    placed = layout(topology)
    return card.id in _told(placed, acpi_slots(topology, placed))


def _told(placed: tuple[Placed, ...], numbers: dict[int, tuple[int, ...]]) -> set[str]:
    """The ids of the cards whose index the guest would be told."""
    count = Counter((p.on, p.device.device) for p in placed)
    alone = (p for p in placed if count[p.on, p.device.device] == 1 and p.device.means.is_card)
    return {p.device.id for p in alone if p.device.device in numbers.get(p.on, ())}


def untried(topology: Topology, qemu: tuple[int, int]) -> dict[str, str]:
    """The ids of the cards whose names cannot be told for the release `qemu`, and why.

    QEMU 7.2 keeps some indexes to itself; a newer one may tell the guest (hw/i386/acpi-build.c, since 8.0). That was
    read and not tried, so such a card is called neither eno1 nor otherwise.
    """
    if qemu < TELLS_MORE:
        return {}
    placed = layout(topology)
    told = _told(placed, acpi_slots(topology, placed))
    number = ".".join(map(str, qemu))
    why = f"QEMU 7.2 keeps its acpi-index to itself, QEMU {number} may tell the guest; not tried"
    return {card.id: why for card in topology.cards if card.acpi_index is not None and card.id not in told}


def onboard_attributes(topology: Topology, placed: tuple[Placed, ...]) -> dict[str, dict[str, object]]:
    """The attributes of a card that hold what the firmware says of it, by its folder (drivers/pci/pci-label.c).

    ACPI's index comes with a label that QEMU leaves empty; where it has none, SMBIOS gives index and label.
    """
    entries = {o.device: o for o in topology.onboard}
    told = _told(placed, acpi_slots(topology, placed))
    found: dict[str, dict[str, object]] = {}
    for p in placed:
        if p.device.acpi_index is not None and p.device.id in told:
            found[p.folder] = {"acpi_index": p.device.acpi_index, "label": ""}
        elif p.device.id in entries:
            entry = entries[p.device.id]
            found[p.folder] = {"index": entry.instance, "label": entry.label}
    return found


def smbios_files(topology: Topology, placed: tuple[Placed, ...]) -> dict[str, bytes]:
    """The firmware's SMBIOS table as Linux shows it, with what naming rules read: who made it, what is onboard."""
    product = PRODUCT[topology.chipset]
    structures = [
        _structure(0, 0x0000, bytes([1, 2]).ljust(20, b"\0"), (BIOS, BIOS_VERSION)),
        _structure(1, 0x0100, bytes([1, 2, 3]).ljust(23, b"\0"), (VENDOR, product, "7.2")),
    ]
    where = {p.device.id: p for p in placed}
    for number, entry in enumerate(topology.onboard):
        p = where[entry.device]
        place = bytes([0, 0, p.on, p.device.devfn])
        data = bytes([1, ENABLED | ETHERNET, entry.instance]) + place
        structures.append(_structure(ONBOARD, 0x2900 + number, data, (entry.label,)))
    structures.append(_structure(END_OF_TABLE, 0x7F00, b"", ()))
    table = b"".join(structures)
    files = {TABLE: table, ENTRY: _entry(len(table), max(map(len, structures)), len(structures))}
    board = {"bios_vendor": BIOS, "bios_version": BIOS_VERSION, "product_name": product, "sys_vendor": VENDOR}
    return files | {f"{DMI_ID}/{name}": f"{text}\n".encode() for name, text in board.items()}


def _structure(kind: int, handle: int, data: bytes, strings: tuple[str, ...]) -> bytes:
    """One structure: header, formatted area, its strings (DMTF DSP0134, 6.1.2 and 6.1.3)."""
    text = b"".join(s.encode("ascii") + b"\0" for s in strings) or b"\0"
    return bytes([kind, 4 + len(data)]) + handle.to_bytes(2, "little") + data + text + b"\0"


def _entry(length: int, longest: int, count: int) -> bytes:
    """The 32-bit entry point of SMBIOS 2.8, with both checksums (DMTF DSP0134, 5.2.1)."""
    inner = b"_DMI_\0" + length.to_bytes(2, "little") + bytes(4) + count.to_bytes(2, "little") + b"\x28"
    inner = inner[:5] + bytes([-sum(inner) % 256]) + inner[6:]
    outer = b"_SM_\0" + bytes([0x1F, 2, 8]) + longest.to_bytes(2, "little") + bytes(6)
    return outer[:4] + bytes([-sum(outer + inner) % 256]) + outer[5:] + inner
