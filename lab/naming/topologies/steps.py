"""What-if steps on a declared machine: what is changed is the declaration, so that the outcome can be booted too.

The grammar is that of `lab.naming.whatif`, which also says whether a step fits the machine. Some steps there change
what Linux or the firmware says, and no declaration of hardware does that: they are refused here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.topologies.check import checked
from lab.naming.topologies.firmware import has_acpi_index
from lab.naming.topologies.kinds import CARD_OF_STEP
from lab.naming.topologies.layout import is_native, layout, roots
from lab.naming.topologies.sysfs import machine
from lab.naming.topologies.topology import NO_HOTPLUG, Device, Onboard, Topology
from lab.naming.whatif import applied, parse_step
from lab.naming.whatif.argument import assignment, interface, pci_function, split
from lab.naming.whatif.place import Spot, place_of_text

__all__ = ["STEPS", "after"]

REFUSED = "cannot be done to a declared machine, only to what was read of one; see `kernel-lab naming whatif`"


def after(topology: Topology, text: str) -> Topology:
    """`topology` after the step that `text` writes, with names as at the next boot.

    Every scheme names the cards of the outcome as the step on `machine(topology)` would have them named, with one
    exception, where this one is right: two slots of one name are told apart anew (9 and 9-1), and there 9-1 stays 9-1.
    What the firmware said of a place (an index, a label) does not go with a card that moves. Raises `LabError` for
    text that is no step, a step that does not fit the machine, and one that no declaration can express.
    """
    step = parse_step(text)
    if step.kind not in STEPS:
        raise LabError(f"--step {step.kind}: {REFUSED}; here there are {', '.join(STEPS)}")
    before = machine(topology)
    outcome = applied(before, [step]).machine
    return checked(STEPS[step.kind](topology, before, outcome, step.argument))


def _add(topology: Topology, before: Machine, outcome: Machine, argument: str) -> Topology:
    """A new card; its functions and addresses are those that the what-if step gave it."""
    what, where = split("add", argument, " at ", "nic at 0000:00:07")
    word = what.split()[0].partition(":")[0]
    if word not in CARD_OF_STEP or "driver=" in what:
        raise LabError(f"--step add: {what[:60]!r} is no card of QEMU's; cards are {', '.join(CARD_OF_STEP)}")
    spot = place_of_text(before, where)
    topology, holder, device, function = _place(topology, spot)
    old = {i.mac for i in before.interfaces}
    macs = [i.mac for i in sorted(outcome.interfaces, key=lambda i: i.bus_path or "") if i.mac and i.mac not in old]
    for number, mac in enumerate(macs):
        several = len(macs) > 1 and number == 0
        new = Device(_fresh(topology, "nic"), CARD_OF_STEP[word], holder, device, function + number, several, mac)
        topology = dataclasses.replace(topology, devices=(*topology.devices, new))
    return topology


def _remove(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """Every device that the argument names is gone, with all that sits on it."""
    macs = {i.mac for i in before.cards if argument in (i.ifname, i.mac, i.bus_path)}
    gone = {d.id for d in topology.cards if d.mac in macs}
    gone |= set() if gone else {p.device.id for p in layout(topology) if p.address == argument}
    if not gone:
        raise LabError(f"--step remove: {argument[:60]!r} is the chipset's own in {topology.name}; name a card")
    gone = {d.id for d in _with_all_on(topology, gone)}
    return dataclasses.replace(
        topology,
        devices=tuple(d for d in topology.devices if d.id not in gone),
        onboard=tuple(o for o in topology.onboard if o.device not in gone),
    )


def _move(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """All functions of the card, with what sits on them, are at another place."""
    who, where = split("move", argument, " to ", "52:54:00:00:00:01 to slot 3")
    first = _on_pci(topology, before, who, "move")
    functions = [d for d in topology.on(first.on) if d.device == first.device]
    topology, holder, device, function = _place(topology, place_of_text(before, where))
    moving = {d.id: d for d in functions}
    changed = []
    for d in _with_all_on(topology, moving):
        new = dataclasses.replace(d, acpi_index=None)
        if d.id in moving:
            number = function if len(moving) == 1 else d.function
            new = dataclasses.replace(new, on=holder, device=device, function=number)
        changed.append(new)
    ids = {d.id for d in changed}
    return dataclasses.replace(
        topology,
        devices=(*(d for d in topology.devices if d.id not in ids), *changed),
        onboard=tuple(o for o in topology.onboard if o.device not in ids),
    )


def _swap(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """Two cards change places: each has the other's MAC."""
    one, two = (_card(topology, before, word, "swap") for word in argument.split())
    changed = {one.id: dataclasses.replace(one, mac=two.mac), two.id: dataclasses.replace(two, mac=one.mac)}
    return _with(topology, changed.values())


def _replace(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """Another card of the same kind, with another MAC."""
    who, mac = split("replace", argument, " with ", "enp1s0 with 52:54:00:00:00:09")
    return _with(topology, [dataclasses.replace(_card(topology, before, who, "replace"), mac=mac.lower())])


def _renumber(topology: Topology, _: Machine, __: Machine, ___: str) -> Topology:
    """A declared machine has no gaps between its bus numbers: nothing changes."""
    return topology


def _index(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """The firmware's index: by ACPI where QEMU passes that on, else by SMBIOS."""
    who, value = assignment("index", argument, "enp1s0 = 3")
    card = _on_pci(topology, before, who, "index")
    entry = next((o for o in topology.onboard if o.device == card.id), None)
    others = tuple(o for o in topology.onboard if o.device != card.id)
    if value is None:
        bare = dataclasses.replace(topology, onboard=others)
        return _with(bare, [dataclasses.replace(card, acpi_index=None)])
    if has_acpi_index(topology, card) and (entry is None or card.acpi_index is not None):
        return _with(topology, [dataclasses.replace(card, acpi_index=int(value))])
    new = Onboard(card.id, int(value), entry.label if entry else f"Onboard LAN {int(value)}")
    return dataclasses.replace(topology, onboard=(*others, new))


def _label(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """The label of a card that SMBIOS calls onboard."""
    who, value = assignment("label", argument, "enp1s0 = Onboard LAN 1")
    card = _on_pci(topology, before, who, "label")
    if value is None or card.id not in {o.device for o in topology.onboard}:
        raise LabError(f"--step label: {who[:60]} has a label with an index of SMBIOS only; write index {who[:60]} = N")
    entries = (dataclasses.replace(o, label=value) if o.device == card.id else o for o in topology.onboard)
    return dataclasses.replace(topology, onboard=tuple(entries))


def _slot(topology: Topology, before: Machine, _: Machine, argument: str) -> Topology:
    """The number of the slot of the root port that the card is behind; `none` is number 0, which names nothing."""
    who, value = assignment("slot", argument, "enp1s0 = 3")
    card = _on_pci(topology, before, who, "slot")
    port = topology.find(card.on)
    if port is None or port.kind != "root-port" or not _is_numbered(topology, port):
        raise LabError(f"--step slot: {who[:60]} is behind no root port with native hot-plug; only those have numbers")
    if value is not None and not (value.isascii() and value.isdecimal() and len(value) < 6):
        raise LabError(f"--step slot: {value[:60]!r} is no number; a root port's slot has one")
    return _with(topology, [dataclasses.replace(port, slot=None if value is None else int(value))])


# Kind of step -> what it does: topology, machine before and after, argument -> topology
STEPS: dict[str, Callable[[Topology, Machine, Machine, str], Topology]] = {
    "add": _add,
    "remove": _remove,
    "move": _move,
    "swap": _swap,
    "replace": _replace,
    "renumber": _renumber,
    "index": _index,
    "label": _label,
    "slot": _slot,
}


def _place(topology: Topology, spot: Spot) -> tuple[Topology, str, int, int]:
    """The device that holds `spot` (its id), device and function number; with a new root port if the spot wants one."""
    holders = {p.folder: p.device.id for p in layout(topology)}
    holders |= {root.folder: root.pxb.id if root.pxb else "" for root in roots(topology)}
    holder = holders[spot.folder]
    if not spot.port:
        return topology, holder, spot.device, spot.function
    port = Device(_fresh(topology, "rp"), "root-port", holder, spot.device, spot.function)
    return dataclasses.replace(topology, devices=(*topology.devices, port)), port.id, 0, 0


def _card(topology: Topology, before: Machine, who: str, kind: str) -> Device:
    """The card that is meant: by its name, MAC or bus path."""
    mac = interface(before, who, kind).mac
    return next(d for d in topology.cards if d.mac == mac)


def _on_pci(topology: Topology, before: Machine, who: str, kind: str) -> Device:
    """The device on PCI that is meant: by an interface on it, or by its address."""
    folder = pci_function(before, who, kind)
    found = next((p.device for p in layout(topology) if p.folder == folder), None)
    if found is None:
        raise LabError(f"--step {kind}: {who[:60]!r} is the chipset's own in {topology.name}; name a card")
    return found


def _is_numbered(topology: Topology, port: Device) -> bool:
    """True if Linux makes a slot of the root port's own number."""
    folder = next(p.folder for p in layout(topology) if p.device.id == port.id)
    return topology.hotplug != NO_HOTPLUG and is_native(topology, folder)


def _with(topology: Topology, changed: Iterable[Device]) -> Topology:
    """`topology` with these devices in the place of those with their ids."""
    new = {d.id: d for d in changed}
    return dataclasses.replace(topology, devices=tuple(new.get(d.id, d) for d in topology.devices))


def _with_all_on(topology: Topology, ids: Iterable[str]) -> Sequence[Device]:
    """The devices with these ids and all that sits on them, each after the one it sits on."""
    found = set(ids)
    answer = []
    for device in topology.devices:
        if device.id in found or device.on in found:
            found.add(device.id)
            answer.append(device)
    return answer


def _fresh(topology: Topology, start: str) -> str:
    """An id that no device has: `start` and the first number that is free."""
    ids = {d.id for d in topology.devices}
    return next(f"{start}{n}" for n in range(1, len(ids) + 2) if f"{start}{n}" not in ids)
