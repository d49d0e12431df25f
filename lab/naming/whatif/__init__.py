"""What-if steps: a machine is changed as a value, then named again.

The grammar of one step: `[both] KIND ARGUMENT`. A step changes the machine after; with `both` also the one
before (then it is part of the question, not of the change). To add a kind: write its file, add a line to `KINDS`.

    set 0000:00:03.0/firmware_node/sun=3    an attribute of a device, by its bus path
    set enp0s3/phys_port_name=p0            of an interface, by its name
    set /bus/pci/slots/3/address=0000:00:03 or of any path below sysfs
    unset 0000:00:03.0/acpi_index           the attribute is not there
    remove 52:54:00:00:00:01                the card is not there (MAC, bus path or name)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.tree import Tree
from lab.naming.whatif.attribute import set_attribute, unset_attribute
from lab.naming.whatif.card import remove_card

__all__ = ["KINDS", "Step", "apply", "parse_step"]

KINDS: dict[str, Callable[[Machine, str], Tree]] = {
    "set": set_attribute,
    "unset": unset_attribute,
    "remove": remove_card,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step: its `kind`, its `argument`, and whether the machine before is changed `both`."""

    kind: str
    argument: str
    both: bool = False

    def __str__(self) -> str:
        """The step as it is written."""
        return f"{'both ' if self.both else ''}{self.kind} {self.argument}"


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
    if len(words) != 2 or words[0] not in KINDS:
        raise LabError(f"--step: {text!r} is no step; write [both] {'|'.join(KINDS)} and what it changes")
    return Step(words[0], words[1].strip(), both)


def apply(machine: Machine, steps: Sequence[Step]) -> Machine:
    """`machine` after `steps`, in order; raises `LabError` if one does not fit it."""
    if steps and machine.recorded:
        raise LabError(f"{machine.name}: recorded names cannot be edited; steps need a copy of sysfs")
    for step in steps:
        tree = KINDS[step.kind](machine, step.argument)
        machine = machine_of(machine.name, machine.source, tree, (*machine.edits, str(step)))
    return machine
