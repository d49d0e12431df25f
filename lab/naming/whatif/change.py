"""What a step answers: the tree after it, and what is not known for sure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.naming.model import Machine
from lab.naming.tree import Tree

__all__ = ["DEPTH_FIRST", "PARTIAL", "Change", "Doubt", "same"]

# The note of every step that gives buses other numbers
DEPTH_FIRST = "bus numbers are those that firmware gives depth-first; it may keep more of them free for hot-plug"
# The note of every step that rests on which PCI devices there are
PARTIAL = "this source holds only the devices above interfaces: the place may be taken, and bridges may be missing"


def same(path: str) -> str:
    """The path of a tree that no step has renamed."""
    return path


@dataclasses.dataclass(frozen=True, slots=True)
class Doubt:
    """Every interface below `folder` may get another name by one of these `policies`, for this `reason`."""

    folder: str
    policies: tuple[str, ...]
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """The `tree` after a step; `notes`: what the step takes for granted, in a line each.

    `doubts`: which names that leaves uncertain, as paths of the tree after. `moved`: where a path of the tree before
    now lies. `instead`: the step puts another machine in its place. `settled`: the device whose slot is now known.
    """

    tree: Tree
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    moved: Callable[[str], str] = same
    instead: Machine | None = None
    settled: str | None = None
