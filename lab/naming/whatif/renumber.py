"""What-if steps on bus numbers: `renumber` closes all gaps, `shift` opens one."""

from __future__ import annotations

import dataclasses
import re

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.whatif.argument import number, split
from lab.naming.whatif.buses import bridges, is_complete, numbered, rooms
from lab.naming.whatif.change import DEPTH_FIRST, PARTIAL, Change, Doubt

__all__ = ["renumber", "shift_bus"]

EXAMPLE = "0000:02 by 3"
_BUS = re.compile(r"(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}", re.ASCII)


def renumber(machine: Machine, argument: str) -> Change:
    """Every bus gets the number that a depth-first walk gives it, without gaps; the argument is none, or `all`."""
    if argument not in ("", "all"):
        raise LabError(f"--step renumber: {argument[:60]!r} is too much; write renumber, or shift {EXAMPLE}")
    tree, renaming = numbered(machine.tree, {})
    if is_complete(tree):
        return Change(tree, (DEPTH_FIRST,), moved=renaming.path)
    doubts = (Doubt("/devices", ("PATH",), "bridges that this source lacks take bus numbers too"),)
    return Change(tree, (DEPTH_FIRST, PARTIAL), doubts, renaming.path)


def shift_bus(machine: Machine, argument: str) -> Change:
    """`BUS by N`: the firmware leaves out N bus numbers before BUS; all that follow it rise as well."""
    text, count = split("shift", argument, " by ", EXAMPLE)
    kept = rooms(machine.tree)
    behind = [b for root in bridges(machine.tree) for b in root.walk() if b.folder in kept]
    found = [b for b in behind if text in (b.name, b.name.partition(":")[2])]
    if not _BUS.fullmatch(text) or len(found) != 1:
        there = ", ".join(b.name for b in behind) or "none"
        raise LabError(f"--step shift: {text[:60]!r} is no bus behind a bridge of {machine.name}; those are {there}")
    room = kept[found[0].folder]
    kept[found[0].folder] = dataclasses.replace(room, gap=room.gap + number("shift", count, 1, 254))
    tree, renaming = numbered(machine.tree, kept)
    return Change(tree, moved=renaming.path)
