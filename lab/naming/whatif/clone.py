"""What-if step `clone`: the disk goes into another machine, with every name that is written on it."""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.tree import tree_of
from lab.naming.whatif.argument import new_macs
from lab.naming.whatif.change import Change

__all__ = ["clone_disk"]

TWINS = "both recordings have cards with the same MAC; in the other machine they are other cards, so they get new ones"


def clone_disk(machine: Machine, argument: str) -> Change:
    """`MACHINE`: the hardware is now that of another machine (a bundled recording, a tarball, a folder).

    No card can be in both machines: where the two sources have the same MAC, the cards of the other get new ones.
    """
    from lab.naming.sources import open_source  # every kind of source is loaded here only

    if not argument:
        raise LabError("--step clone: no machine is named; write clone t05, or the path of a sysfs tarball")
    other = open_source(argument)
    here = {i.mac for i in machine.cards if i.mac}
    twins = [i for i in other.cards if i.mac in here]
    if not twins or other.recorded:
        return Change(other.tree, instead=other)
    fresh = new_macs(here | {i.mac for i in other.cards if i.mac})
    files = {f"{i.devpath}/address": f"{next(fresh)}\n".encode() for i in twins}
    tree = tree_of({**other.tree.files, **files}, other.tree.links, other.tree.folders)
    cards = machine_of(other.name, other.source, tree).interfaces
    return Change(tree, (TWINS,), instead=dataclasses.replace(other, tree=tree, interfaces=cards))
