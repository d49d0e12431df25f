"""What-if steps: a machine is changed as a value, then named again.

The grammar of one step: `[both] KIND ARGUMENT`. A step changes the machine after; with `both` also the one
before (then it is part of the question, not of the change). CARD is an interface's name, MAC or bus path. To add a
kind: write its file (a function of machine and argument that returns a `Change`), add a line to `KINDS`.

    set 0000:00:03.0/firmware_node/sun=3    an attribute of a device, by its bus path
    set enp0s3/phys_port_name=p0            of an interface, by its name
    set /bus/pci/slots/3/address=0000:00:03 or of any path below sysfs
    unset 0000:00:03.0/acpi_index           the attribute is not there
    remove 52:54:00:00:00:01                the card is not there; a bridge's bus path: nor what is behind it
    add nic at 0000:00:07                   a new card: kinds in parts.py, places in place.py
    add nic:2 mac=52:54:00:00:00:09 at slot 3
    add virtio at port 0000:00:04           behind a root port of its own
    move enp1s0 to slot 3                   the card with all its functions
    swap enp1s0 enp2s0                      two cards change places
    replace enp1s0 with 52:54:00:00:00:09   another card of the same kind
    renumber                                bus numbers depth-first, without gaps
    shift 0000:02 by 3                      the firmware leaves out three bus numbers before this one
    index|slot|sun|label CARD = N|TEXT|none what the firmware says of the card
    port|devport CARD = NAME|N|none         what the kernel says of its port
    vfs CARD = N                            N virtual functions
    clone t05                               the disk goes into another machine
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine, machine_of
from lab.naming.whatif.add import add_card
from lab.naming.whatif.attribute import set_attribute, unset_attribute
from lab.naming.whatif.card import remove_card
from lab.naming.whatif.change import Change, Doubt
from lab.naming.whatif.clone import clone_disk
from lab.naming.whatif.given import set_devport, set_index, set_label, set_port, set_slot, set_sun
from lab.naming.whatif.move import move_card
from lab.naming.whatif.place import CardThere, Place, cards, places
from lab.naming.whatif.renumber import renumber, shift_bus
from lab.naming.whatif.swap import replace_card, swap_cards
from lab.naming.whatif.vfs import set_vfs

__all__ = [
    "KINDS",
    "Applied",
    "CardThere",
    "Change",
    "Doubt",
    "Place",
    "Step",
    "applied",
    "apply",
    "cards",
    "parse_step",
    "places",
]

KINDS: dict[str, Callable[[Machine, str], Change]] = {
    "set": set_attribute,
    "unset": unset_attribute,
    "remove": remove_card,
    "add": add_card,
    "move": move_card,
    "swap": swap_cards,
    "replace": replace_card,
    "renumber": renumber,
    "shift": shift_bus,
    "index": set_index,
    "slot": set_slot,
    "sun": set_sun,
    "label": set_label,
    "port": set_port,
    "devport": set_devport,
    "vfs": set_vfs,
    "clone": clone_disk,
}
ALONE = ("renumber",)  # kinds that need no argument


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step: its `kind`, its `argument`, and whether the machine before is changed `both`."""

    kind: str
    argument: str
    both: bool = False

    def __str__(self) -> str:
        """The step as it is written."""
        return f"{'both ' if self.both else ''}{self.kind} {self.argument}".rstrip()


@dataclasses.dataclass(frozen=True, slots=True)
class Applied:
    """The `machine` after some steps; the `notes` of all of them: what they take for granted, once each; the `doubts`.

    `cloned`: the disk has gone into another machine, so no card is expected to be the same.
    """

    machine: Machine
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    cloned: bool = False


def parse_step(text: str) -> Step:
    """The step that `text` writes; raises `LabError` with the kinds there are for any other text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise LabError(f"--step: {text[:60]!r} holds bytes that are no UTF-8 text; write it in UTF-8") from None
    words = text.strip().split(None, 1)
    both = bool(words) and words[0] == "both"
    if both:
        words = words[1].split(None, 1) if len(words) == 2 else []
    if len(words) == 1 and words[0] in ALONE:
        words.append("")
    if len(words) != 2 or words[0] not in KINDS:
        raise LabError(f"--step: {text!r} is no step; write [both] {'|'.join(KINDS)} and what it changes")
    return Step(words[0], words[1].strip(), both)


def apply(machine: Machine, steps: Sequence[Step]) -> Machine:
    """`machine` after `steps`, in order; raises `LabError` if one does not fit it."""
    return applied(machine, steps).machine


def applied(machine: Machine, steps: Sequence[Step]) -> Applied:
    """`machine` after `steps`, in order, with their notes; raises `LabError` if one does not fit it."""
    notes: dict[str, None] = {}
    doubts: tuple[Doubt, ...] = ()
    cloned = False
    for step in steps:
        if machine.recorded:
            raise LabError(f"{machine.name}: recorded names cannot be edited; steps need a copy of sysfs")
        change = KINDS[step.kind](machine, step.argument)
        notes |= dict.fromkeys(change.notes)
        cloned = cloned or change.instead is not None
        kept = () if change.instead else doubts
        kept = tuple(d for d in kept if "SLOT" not in d.policies or not f"{change.settled}/".startswith(f"{d.folder}/"))
        doubts = (*(dataclasses.replace(d, folder=change.moved(d.folder)) for d in kept), *change.doubts)
        machine = _after(machine, change, (*machine.edits, str(step)))
    return Applied(machine, tuple(notes), doubts, cloned)


def _after(machine: Machine, change: Change, edits: tuple[str, ...]) -> Machine:
    if change.instead is not None:
        return dataclasses.replace(change.instead, edits=edits)
    after = machine_of(machine.name, machine.source, change.tree, edits)
    old = {change.moved(i.devpath): i for i in machine.interfaces}
    properties = {change.moved(path): values for path, values in machine.properties.items()}
    return dataclasses.replace(
        after,
        interfaces=tuple(_known(i, old.get(i.devpath)) for i in after.interfaces),
        properties={path: values for path, values in properties.items() if path in change.tree.folders},
    )


def _known(interface: Interface, before: Interface | None) -> Interface:
    """`interface` with what only netlink said of it before."""
    if before is None:
        return interface
    kind = interface.kind if interface.is_card else before.kind
    return dataclasses.replace(interface, altnames=before.altnames, kind=kind)
