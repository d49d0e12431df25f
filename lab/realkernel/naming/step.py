"""A what-if step held against a real machine: boot before, predict after from what came back, boot after."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from lab.core.progress import Progress, silent
from lab.naming.topologies.steps import after
from lab.naming.topologies.topology import Topology
from lab.naming.whatif import applied, parse_step
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import TCG
from lab.realkernel.naming.pair import changes, changes_json, changes_lines
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.run import LIMIT, name_really
from lab.realkernel.naming.show import fold, headline, text, to_json
from lab.realkernel.naming.turns import turn
from lab.realkernel.root.udev_root import UdevRoot

__all__ = ["Stepped", "step_json", "step_really", "step_text"]


@dataclasses.dataclass(frozen=True, slots=True)
class Stepped:
    """`before`: predicted by its declaration. `after`: predicted by the what-if `step` on the real machine before.

    `notes`: what the step takes for granted.
    """

    step: str
    before: NamingResult
    after: NamingResult
    notes: tuple[str, ...]

    @property
    def differ(self) -> int:
        """How many checks differ in both boots together."""
        return self.before.differ + self.after.differ


def step_really(
    topology: Topology,
    step: str,
    kernel: Kernel,
    udev: UdevRoot,
    *,
    accel: str = TCG,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
) -> Stepped:
    """Boot `topology`, apply `step` to the real machine, boot the topology after the step, compare.

    `step` is written as `lab.naming.whatif` has it. Raises `LabError` for a step that does not fit the topology, before
    anything is booted.
    """
    wanted = parse_step(step)
    changed = after(topology, step)
    old = name_really(
        topology, kernel, udev, accel=accel, limit=limit, progress=turn(progress, 0, 2),
        keep=None if keep is None else keep / "before",
    )  # fmt: skip
    thought = applied(old.said.machine, (wanted,))
    new = name_really(
        changed, kernel, udev, accel=accel, limit=limit, progress=turn(progress, 1, 2),
        keep=None if keep is None else keep / "after",
        predicted=thought.machine, basis="the what-if step on the real machine before",
    )  # fmt: skip
    return Stepped(step, old, new, thought.notes)


def step_text(found: Stepped) -> str:
    """A what-if step for a terminal: whether its prediction held, what changed, and the machine after."""
    held = "did not hold" if found.after.differ else "held"
    start = f"what if {found.step}: the prediction {held} on the real machine. "
    lines = changes_lines(changes(found.before, found.after), start)
    lines += [fold(f"before: {headline(found.before)}"), "", "after:", text(found.after)]
    return "\n".join([*lines, *(fold(f"taken for granted: {note}", "  ") for note in found.notes)])


def step_json(found: Stepped, snapshot: str | None = None) -> dict[str, Any]:
    """A what-if step for scripts; `snapshot` is the file that the machine after was written to."""
    change = changes(found.before, found.after)
    return {
        "kind": "step",
        "step": found.step,
        "held": not found.after.differ,
        "headline": change.headline.replace("`", ""),
        "changes": changes_json(change),
        "before": to_json(found.before),
        "after": to_json(found.after, snapshot),
        "differ": found.differ,
        "notes": list(found.notes),
    }
