"""200 scenarios over every closed form, for the engines to agree with: `CASES`.

A case's seed is a hundred times the number of its family, and its number there: none was picked for its result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import product
from typing import Any

from lab.pagefault import PageFaultScenario, theory

__all__ = ["CASES", "FAULTS", "Case", "verdict"]

FAULTS = 50_000  # a case
FAR, TOO_FAR = 3.0, 5.0  # standard errors
MOST_FAR = 2
ROUNDING = 1e-9

DET = {"compute_dist": "det", "page_in_dist": "det"}


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """`form` names the family."""

    form: str
    mode: str
    scenario: PageFaultScenario

    @property
    def expected(self) -> theory.Prediction:
        """What theory says."""
        return theory.which(self.scenario, self.mode)


def verdict(gaps: list[float], exact: list[float]) -> str:
    """What is wrong, or nothing: `gaps` in standard errors, `exact` as they are."""
    far, wrong = [g for g in gaps if abs(g) > FAR], [g for g in exact if abs(g) > ROUNDING]
    said = []
    if len(far) > MOST_FAR:
        said.append(
            f"{len(far)} of {len(gaps)} cases are more than {FAR:g} standard errors off, at most {MOST_FAR} may be"
        )
    if any(abs(g) > TOO_FAR for g in far):
        said.append(f"one is {max(far, key=abs):+.1f} standard errors off")
    if wrong:
        said.append(f"{len(wrong)} deterministic cases are off, by {max(map(abs, wrong)):.1e} at most")
    return "; ".join(said)


def _waits() -> Iterator[tuple[str, dict[str, Any]]]:
    """The vCPU waits: any laws, any number of tasks, all three modes."""
    laws = ("exp", "det", "lognormal:0.8")
    for i, (mode, law, vcpus) in enumerate(product(("sync", "halt"), laws, (1, 3))):
        yield mode, {"vcpus": vcpus, "tasks": 1 + i % 4, "page_in": (0.5, 4.0, 30.0)[i % 3], "page_in_dist": law}
    for scheduler in ("rr", "cfs", "eevdf"):
        yield "sync", {"scheduler": scheduler, "tick": 10.0, "slice": 50.0, "tasks": 3, "overhead": 0.5}
    yield "sync", {"compute_dist": "det", "vcpus": 2, "slots": 2, "exit_cost": 0.3, "shared": True}
    yield "halt", {"compute_dist": "det", "vcpus": 2, "slots": 3, "exit_cost": 0.3, "kernel": 0.5}
    yield "sync", {"access": "stack:1", "memory": 128, "tasks": 2, "page_in": 20.0}
    yield "pv", {"limit": 0, "overhead_pv": 0.7, "tasks": 5, "vcpus": 2}


def _repair() -> Iterator[tuple[str, dict[str, Any]]]:
    """vCPUs wait for one another's pages: fewer slots than vCPUs."""
    for i, (vcpus, slots) in enumerate(((2, 1), (3, 1), (3, 2), (4, 2), (8, 3), (8, 6))):
        yield ("sync", "halt")[i % 2], {"vcpus": vcpus, "slots": slots, "page_in": (1.0, 4.0)[i % 2]}
        yield "sync", {"vcpus": vcpus, "slots": slots, "page_in": 2.0, "compute_dist": "det", "overhead": 0.5}
    for vcpus, load in ((2, 1.0), (4, 0.3), (6, 0.1)):
        yield "sync", {"vcpus": vcpus, "slots": 1, "page_in": load, "page_in_dist": "det"}


def _loss() -> Iterator[tuple[str, dict[str, Any]]]:
    """A slot for every task: any page-in law, any scheduler, own run queues."""
    for tasks, load, law in product((1, 3, 8), (2.5, 6.0), ("exp", "det", "lognormal:0.8")):
        yield "pv", {"tasks": tasks, "page_in": load, "page_in_dist": law}
    for tasks, load in ((24, 20.0), (64, 60.0)):
        yield "pv", {"tasks": tasks, "page_in": load, "page_in_dist": "det"}
        yield "pv", {"tasks": tasks, "page_in": load, "slots": tasks}
    for scheduler in ("rr", "cfs", "eevdf"):
        yield "pv", {"scheduler": scheduler, "tick": 2.0, "slice": 6.0, "tasks": 6, "page_in": 5.0}
    yield "pv", {"vcpus": 3, "tasks": 5, "page_in": 6.0, "slots": 15}
    yield (
        "pv",
        {"vcpus": 2, "tasks": 4, "page_in": 4.0, "page_in_dist": "det", "scheduler": "rr", "tick": 3.0, "slice": 9.0},
    )
    yield "pv", {"tasks": 4, "page_in": 20.0, "access": "stack:1", "memory": 256}
    yield "pv", {"tasks": 5, "page_in": 3.0, "kernel": 0.5, "send_always": True}


def _one_slot() -> Iterator[tuple[str, dict[str, Any]]]:
    for tasks, load in product((2, 4, 9), (0.6, 0.9, 1.0, 2.5)):
        yield "pv", {"tasks": tasks, "page_in": load, "slots": 1}


def _slots() -> Iterator[tuple[str, dict[str, Any]]]:
    for tasks, slots, wanted in product((5, 8, 20), (2, 4), (0.9, 1.3)):
        yield "pv", {"tasks": tasks, "page_in": wanted * slots, "slots": slots}
    yield "pv", {"tasks": 40, "page_in": 30.0, "slots": 24}
    yield "pv", {"tasks": 64, "page_in": 6.0, "slots": 4, "era": "2010", "tick": 7.0}


def _one_fixed_slot() -> Iterator[tuple[str, dict[str, Any]]]:
    for tasks, load in product((1, 2, 3, 8), (0.7, 0.9, 2.5)):
        yield "pv", {"tasks": tasks, "page_in": load, "slots": 1, "page_in_dist": "det"}


def _overhead() -> Iterator[tuple[str, dict[str, Any]]]:
    """Overhead or bursts that do not vary, a slot for every task."""
    for tasks, load, overhead in product((1, 2, 8), (0.5, 4.0), (0.25, 2.0)):
        yield "pv", {"tasks": tasks, "page_in": load, "overhead_pv": overhead}
    for tasks, load in ((1, 3.0), (2, 3.0), (4, 4.0), (6, 9.0), (16, 20.0)):
        yield "pv", {"tasks": tasks, "page_in": load, "compute_dist": "det"}
        yield "pv", {"tasks": tasks, "page_in": load, "compute_dist": "det", "overhead": 0.3}
    yield "pv", {"tasks": 5, "page_in": 6.0, "overhead": 0.3, "scheduler": "cfs", "tick": 2.0, "slice": 6.0}
    yield (
        "pv",
        {"tasks": 5, "page_in": 6.0, "overhead": 0.6, "scheduler": "eevdf", "tick": 2.0, "slice": 6.0, "vcpus": 2},
    )


def _limit() -> Iterator[tuple[str, dict[str, Any]]]:
    """More tasks than may be queued: one more is enough."""
    for limit, wanted in product((1, 3, 8), (0.8, 1.5, 4.0)):
        yield "pv", {"tasks": limit + 1, "page_in": wanted * limit, "limit": limit}
    for limit, load, tasks in ((2, 3.0, 9), (16, 14.0, 40), (32, 30.0, 33), (64, 66.0, 65)):
        yield "pv", {"tasks": tasks, "page_in": load, "limit": limit}
    yield "pv", {"tasks": 5, "page_in": 4.0, "limit": 3, "vcpus": 3}
    yield "pv", {"tasks": 9, "page_in": 4.0, "limit": 3, "scheduler": "cfs", "tick": 2.0, "slice": 6.0}
    yield "pv", {"tasks": 9, "page_in": 4.0, "limit": 3, "scheduler": "rr", "tick": 2.0, "slice": 6.0}


def _together() -> Iterator[tuple[str, dict[str, Any]]]:
    """One run queue for all vCPUs."""
    for i, (tasks, vcpus, slots) in enumerate(product((1, 3), (2, 4), (None, 2, 4))):
        yield "pv", {"tasks": tasks, "vcpus": vcpus, "shared": True, "slots": slots, "page_in": (1.0, 4.0)[i % 2]}
    yield "pv", {"tasks": 3, "vcpus": 2, "shared": True, "page_in": 3.0, "page_in_dist": "lognormal:0.8"}
    yield "pv", {"tasks": 3, "vcpus": 2, "shared": True, "page_in": 4.0, "slots": 3, "scheduler": "cfs", "tick": 2.0}


def _own() -> Iterator[tuple[str, dict[str, Any]]]:
    """A run queue for each vCPU around the same few slots."""
    for i, (tasks, vcpus, slots) in enumerate(product((2, 6), (2, 3, 5), (1, 3))):
        yield "pv", {"tasks": tasks, "vcpus": vcpus, "slots": slots, "page_in": (0.6, 1.5, 4.0)[i % 3]}


def _chain() -> Iterator[tuple[str, dict[str, Any]]]:
    """Overhead, fixed bursts, few slots and a limit, two or more of them together."""
    for slots, limit, law in product((None, 2), (None, 3), ("exp", "det")):
        yield "pv", {"tasks": 7, "page_in": 4.0, "slots": slots, "limit": limit, "compute_dist": law, "overhead": 0.4}
    for tasks, slots, limit in ((4, 2, 3), (6, 2, 5), (20, 4, 8), (40, 8, 16)):
        yield "pv", {"tasks": tasks, "page_in": 5.0, "slots": slots, "limit": limit}
        yield "pv", {"tasks": tasks, "page_in": 5.0, "slots": slots, "limit": limit, "overhead": 1.5}
    for slots in (1, 3):
        yield "pv", {"tasks": 9, "page_in": 2.0, "slots": slots, "compute_dist": "det"}
    yield "pv", {"tasks": 5, "page_in": 4.0, "limit": 3, "vcpus": 2, "slots": 8, "overhead": 0.5}
    yield "pv", {"tasks": 5, "page_in": 4.0, "limit": 3, "slots": 2, "scheduler": "rr", "tick": 2.0, "slice": 6.0}
    yield "pv", {"tasks": 30, "page_in": 8.0, "slots": 5, "overhead": 0.2}


def _exact() -> Iterator[tuple[str, dict[str, Any]]]:
    """Nothing varies. Faults and batches are whole periods of the run: multiples of tasks, vCPUs and slots."""
    for mode, vcpus in product(("sync", "halt"), (1, 2)):
        yield mode, DET | {"vcpus": vcpus, "overhead": 0.25, "tasks": 2}
    yield "sync", DET | {"vcpus": 4, "slots": 2}
    yield "sync", DET | {"vcpus": 5, "slots": 4, "page_in": 0.7}
    for tasks, slots, overhead in ((1, None, 0.0), (2, None, 0.25), (4, 2, 0.0), (5, 1, 0.5), (8, None, 0.25)):
        yield "pv", DET | {"tasks": tasks, "slots": slots, "overhead": overhead}
    yield "pv", DET | {"tasks": 2, "vcpus": 2, "shared": True, "slots": 2}


FAMILIES = {
    "waits": _waits, "repair": _repair, "loss": _loss, "one slot": _one_slot, "slots": _slots,
    "one fixed slot": _one_fixed_slot, "overhead": _overhead, "limit": _limit, "one queue": _together,
    "own queues": _own, "chain": _chain, "exact": _exact,
}  # fmt: skip


def _all() -> Iterator[Case]:
    for family, (form, made) in enumerate(FAMILIES.items(), 1):
        for i, (mode, changes) in enumerate(made(), 1):
            yield Case(form, mode, PageFaultScenario(mode=mode, faults=FAULTS, seed=100 * family + i, **changes))


CASES = tuple(_all())
