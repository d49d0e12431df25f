"""Can such a machine be built? What is declared is checked before anything is predicted from it or booted."""

from __future__ import annotations

import re
from collections import Counter

from lab.core.errors import LabError
from lab.naming.topologies.kinds import KINDS
from lab.naming.topologies.topology import ACPI, NATIVE, NO_HOTPLUG, Device, Topology

__all__ = ["CHIPSETS", "HOTPLUGS", "checked"]

CHIPSETS = {"q35": (0, 31), "pc": (0, 1)}  # which devices of the root bus are the chipset's own
HOTPLUGS = (NATIVE, ACPI, NO_HOTPLUG)
DEVICES, CARDS, CPUS = 200, 64, 8  # a bridge's chassis number has eight bits
SLOT_MAX = 0x1FFF  # PCI Express: the slot number has 13 bits
INDEX_MAX = 16 * 1024 - 1  # QEMU's limit for acpi-index, and systemd's for names
BUS_MAX = 255
WORDS, WORD_MAX, TEXT_MAX = 64, 200, 200
LABEL_MAX = 63
# Words of the kernel's command line that change what is found on PCI or who starts; what they lead to is not predicted
NOT_PREDICTED = ("pci", "pcie_ports", "pcie_hp", "acpi", "acpi_osi", "init", "rdinit", "dtb", "noapic", "nolapic")
PARTS = ("pciehp", "shpchp", "acpi", "pci_hotplug", "pcieport")  # of the kernel, with parameters of their own
ROOT = "root"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", re.ASCII)
_MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}", re.ASCII)
_WORD = re.compile(r"[!-~]+", re.ASCII)
_MODULE = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)


def checked(topology: Topology) -> Topology:
    """`topology` if such a machine can be built; raises `LabError` that says what is wrong with which device."""
    _check_words(topology)
    for device in topology.devices:
        if device.kind not in KINDS:
            raise _error(topology, f"{device.id[:40]}: {device.kind[:40]!r} is no kind; kinds are {', '.join(KINDS)}")
    if len(topology.devices) > DEVICES or len(topology.cards) > CARDS:
        raise _error(topology, f"has more than {DEVICES} devices or {CARDS} cards; take some out")
    seen: dict[str, Device] = {}
    for device in topology.devices:
        _check_device(topology, device, seen)
        seen[device.id] = device
    for what, found in (
        ("MAC", Counter(d.mac for d in topology.cards)),
        ("place", Counter((d.on, d.devfn) for d in topology.devices)),
        ("bus number", Counter(d.bus for d in topology.devices if d.bus is not None)),
        ("onboard instance", Counter(o.instance for o in topology.onboard)),
        ("onboard device", Counter(o.device for o in topology.onboard)),
        ("ACPI index", Counter(d.acpi_index for d in topology.devices if d.acpi_index is not None)),
    ):
        for value, count in found.items():
            if count > 1:
                shown = (
                    f"{value[0] or 'the root bus'}, {value[1] >> 3}.{value[1] & 7}"
                    if isinstance(value, tuple)
                    else value
                )
                raise _error(topology, f"two devices have the {what} {shown}; give each its own")
    for device in topology.devices:
        _check_functions(topology, device)
    for entry in topology.onboard:
        card = seen.get(entry.device)
        if card is None or not card.means.is_card or card.kind == "usb-net":
            raise _error(topology, f"onboard: {entry.device[:40]!r} is no card on PCI; name the id of one")
        _within(topology, "onboard instance", entry.instance, 1, 255)
        if not entry.label or len(entry.label) > LABEL_MAX or not (entry.label.isascii() and entry.label.isprintable()):
            raise _error(topology, f"onboard: {entry.label[:60]!r} is no label of 1 to {LABEL_MAX} printable letters")
    _check_buses(topology)
    return topology


def _check_words(topology: Topology) -> None:
    """The texts and numbers of the machine as a whole."""
    if not _NAME.fullmatch(topology.name):
        raise LabError(f"topology: {topology.name[:60]!r} is no name; write letters, digits, dots and dashes")
    if len(topology.title) > TEXT_MAX or not topology.title.isprintable():
        raise _error(topology, f"the title is longer than {TEXT_MAX} letters, or holds what cannot be printed")
    if topology.chipset not in CHIPSETS:
        raise _error(topology, f"{topology.chipset[:40]!r} is no chipset; those are {', '.join(CHIPSETS)}")
    if topology.hotplug not in HOTPLUGS:
        raise _error(topology, f"{topology.hotplug[:40]!r} is no kind of hot-plug; those are {', '.join(HOTPLUGS)}")
    _within(topology, "cpus", topology.cpus, 1, CPUS)
    for key, words, pattern in (("append", topology.append, _WORD), ("probed", topology.probed, _MODULE)):
        if len(words) > WORDS:
            raise _error(topology, f"{key} has more than {WORDS} words")
        for word in words:
            if len(word) > WORD_MAX or not pattern.fullmatch(word):
                raise _error(topology, f"{key}: {word[:60]!r} is no word of at most {WORD_MAX} printable letters")
    for word in topology.append:
        key = word.partition("=")[0].replace("-", "_")
        if word == "--" or key in NOT_PREDICTED or key.partition(".")[0] in PARTS:
            raise _error(topology, f"append: what {word[:60]!r} does to the machine is not predicted; take it out")


def _check_device(topology: Topology, device: Device, seen: dict[str, Device]) -> None:
    """One device: its id, kind and place, and that it has what its kind has and nothing else."""
    if not _ID.fullmatch(device.id):
        raise _error(topology, f"{device.id[:40]!r} is no id; write a letter, then letters, digits, - and _")
    if device.id in seen:
        raise _error(topology, f"two devices are called {device.id}; give each its own id")
    if device.on and device.on not in seen:
        raise _error(topology, f"{device.id}: sits on {device.on[:40]!r}, which is none of the devices before it")
    _check_place(topology, device, seen[device.on].kind if device.on else ROOT)
    card = device.means.is_card
    if card != bool(device.mac) or (card and not _MAC.fullmatch(device.mac)):
        need = f"{device.mac[:40]!r} is no MAC such as 52:54:00:00:00:01" if card else "is no card and has no MAC"
        raise _error(topology, f"{device.id}: {need}")
    for key, value, kinds in (
        ("acpi_index", device.acpi_index, [k for k, v in KINDS.items() if v.is_card and k != "usb-net"]),
        ("slot", device.slot, ["root-port"]),
        ("bus", device.bus, ["pxb-pcie"]),
        ("shpc", device.shpc or None, ["pci-bridge"]),
    ):
        if value is not None and device.kind not in kinds:
            raise _error(topology, f"{device.id}: a {device.kind} has no {key}")
    if device.acpi_index is not None:
        _within(topology, f"{device.id}: acpi_index", device.acpi_index, 1, INDEX_MAX)
    if device.slot is not None:
        _within(topology, f"{device.id}: slot", device.slot, 0, SLOT_MAX)
    if device.kind == "pxb-pcie":
        _within(topology, f"{device.id}: bus", device.bus or 0, 1, BUS_MAX)


def _check_place(topology: Topology, device: Device, holder: str) -> None:
    """Whether the device can sit there: the kind of bus, and a device number that the bus has."""
    where = device.on or "the root bus"
    fits = holder in device.means.on and not (holder == ROOT and topology.chipset == "pc" and device.means.express)
    if not fits:
        raise _error(topology, f"{device.id}: a {device.kind} cannot sit on {where}; see the kinds and where they fit")
    if holder == ROOT:
        numbers = [n for n in range(32) if n not in CHIPSETS[topology.chipset]]
        reason = "the root bus has 0 to 31 without those of the chipset"
    else:
        numbers = list(KINDS[holder].holds)
        above = topology.find(device.on)
        if above is not None and above.has_shpc:
            numbers = numbers[1:]  # SHPC numbers its slots from device 1 on
        reason = f"{where} has {numbers[0]} to {numbers[-1]}"
    if device.device not in numbers:
        raise _error(topology, f"{device.id}: there is no device {device.device} there; {reason}")
    _within(topology, f"{device.id}: function", device.function, 0, 0 if holder == "xhci" else 7)


def _check_functions(topology: Topology, device: Device) -> None:
    """A function above 0 is found only if function 0 says that there are several (PCI 3.0, 6.2.1)."""
    others = [d for d in topology.on(device.on) if d.device == device.device]
    first = others[0]
    if len(others) > 1 and (first.function or not first.multifunction):
        raise _error(topology, f"{first.id}: has other functions beside it; set multifunction and let it be function 0")
    if len(others) > 1 and device.acpi_index is not None:
        raise _error(topology, f"{device.id}: an acpi_index is for a card alone in its place; use [[onboard]] here")
    if first.function:
        raise _error(topology, f"{first.id}: function {first.function} is not found without a function 0")


def _check_buses(topology: Topology) -> None:
    """That the bus numbers suffice, and those of a second host bridge are not used up before it."""
    hosts = sorted((d.bus or 0, d.id) for d in topology.devices if d.kind == "pxb-pcie")
    starts = [(0, ""), *hosts]
    for (first, holder), limit in zip(starts, [*(bus for bus, _ in hosts), BUS_MAX + 1], strict=True):
        last = first + _behind(topology, holder)
        if last >= limit:
            raise _error(topology, f"the buses from {first} on need numbers up to {last}; {limit} is not free any more")


def _behind(topology: Topology, holder: str) -> int:
    """How many buses are behind the bridges on the bus of `holder`."""
    return sum(1 + _behind(topology, d.id) for d in topology.on(holder) if d.means.part.is_bridge)


def _within(topology: Topology, key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _error(topology, f"{key}: {value} is not from {low} to {high}")


def _error(topology: Topology, text: str) -> LabError:
    return LabError(f"topology {topology.name}: {text}")
