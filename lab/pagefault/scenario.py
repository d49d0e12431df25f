"""What is simulated: vCPUs, tasks, bursts, page-ins, the paging device and what each fault costs.

The options carry the same names everywhere: here, on the command line, at the controls, in JSON.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, check
from lab.pagefault.guest import SCHEDULERS
from lab.pagefault.randomness import LAWS

__all__ = ["MODES", "PageFaultScenario"]

MODES = ("sync", "halt", "pv")  # what the host does with a fault, oldest first
SHORTEST, LONGEST = 1e-3, 1e8  # microseconds
MOST_TASKS = 65536  # on all vCPUs together


@dataclasses.dataclass(frozen=True, slots=True)
class PageFaultScenario:
    """One experiment; see the `help` of each parameter. Raises `LabError` for a value out of range.

    Durations are microseconds. A task computes for a burst, then touches a page that the host has
    swapped out; the page-in takes its time on one of the device's slots.
    """

    mode: Annotated[str, Parameter("What the host does with a fault", choices=(*MODES, "all"))] = "all"
    tasks: Annotated[
        int,
        Parameter(
            "Tasks on each vCPU that are ready to compute",
            low=1,
            high=4096,
            steps=(*range(1, 17), 20, 24, 28, 32, 40, 48, 56, 63, 64, 65, 66, 80, 96, 128),
        ),
    ] = 4
    vcpus: Annotated[int, Parameter("Virtual CPUs of the guest", low=1, high=256, steps=(1, 2, 3, 4, 6, 8))] = 1
    shared: Annotated[bool, Parameter("One run queue for all vCPUs instead of one for each")] = False
    slots: Annotated[
        int | None,
        Parameter(
            "Pages the device brings in at the same time, for all vCPUs together",
            low=1,
            high=65536,
            absent="inf",
            steps=(1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 64),
        ),
    ] = None
    compute: Annotated[
        float,
        Parameter(
            "Mean time a task computes before it touches a missing page",
            unit="us",
            low=SHORTEST,
            high=LONGEST,
            label="burst",
            steps=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 8e3, 1e4),
        ),
    ] = 1.0
    compute_dist: Annotated[
        str, Parameter("How bursts vary: exponentially or not at all", choices=tuple(LAWS), label="burst varies")
    ] = "exp"
    page_in: Annotated[
        float,
        Parameter(
            "Mean time a slot needs to bring one page in",
            unit="us",
            low=SHORTEST,
            high=LONGEST,
            label="page-in",
            steps=(1, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 8e3, 1e4, 2e4, 4e4, 8e4),
        ),
    ] = 4.0
    page_in_dist: Annotated[
        str, Parameter("How page-ins vary: exponentially or not at all", choices=tuple(LAWS), label="page-in varies")
    ] = "exp"
    overhead: Annotated[
        float,
        Parameter(
            "vCPU time spent once per fault, in every mode",
            unit="us",
            low=0,
            high=LONGEST,
            steps=(0, 1, 2, 3, 4, 5, 7, 10, 20, 50, 100, 200, 500, 1000),
        ),
    ] = 0.0
    overhead_sync: Annotated[
        float | None,
        Parameter(
            "The same for sync alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)
        ),
    ] = None
    overhead_halt: Annotated[
        float | None,
        Parameter(
            "The same for halt alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)
        ),
    ] = None
    overhead_pv: Annotated[
        float | None,
        Parameter(
            "The same for pv alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)
        ),
    ] = None
    limit: Annotated[
        int | None,
        Parameter(
            "Faults a vCPU may have queued; one more is synchronous (the kernel's ASYNC_PF_PER_VCPU is 64)",
            low=0,
            high=MOST_TASKS,
            absent="none",
            steps=(0, 1, 2, 4, 8, 16, 32, 64, 128),
        ),
    ] = 64
    tick: Annotated[
        float | None,
        Parameter("The guest's timer interrupt, which ends a halt", unit="us", low=1, high=LONGEST, absent="none"),
    ] = None
    scheduler: Annotated[str, Parameter("How the guest picks the next task", choices=tuple(SCHEDULERS))] = "fifo"
    faults: Annotated[
        int,
        Parameter(
            "Completed faults that are measured, after the warm-up",
            low=1,
            high=100_000_000,
            steps=(500, 1000, 2000, 5000, 10_000, 20_000),  # more would block a slider; an option waits
        ),
    ] = 200_000
    window: Annotated[
        float,
        Parameter(
            "From the start until then the events are kept: the picture, and `events` in JSON; 0 keeps none",
            unit="us",
            low=0,
            high=1e9,
            steps=(0, 60, 120, 300, 600, 1200, 6e3, 12e3, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5),
        ),
    ] = 0.0
    seed: Annotated[int, Parameter("Where the random numbers start", low=0, high=(1 << 63) - 1)] = 1
    engine: Annotated[str, Parameter("What runs the model", choices=("simpy",))] = "simpy"

    def __post_init__(self) -> None:
        """Refuse what is out of range, and what the model does not do."""
        check(self)
        if self.tasks * self.vcpus > MOST_TASKS:
            raise LabError(
                f"--tasks: {self.tasks} on each of {self.vcpus} vCPUs make {self.tasks * self.vcpus:,} tasks; "
                f"at most {MOST_TASKS:,} are simulated, so ask for fewer"
            )
        if self.tick is not None:
            raise LabError(
                f"--tick: {self.tick:g} us is refused: a halt that the tick ends is not simulated, use --tick none"
            )

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes asked for, in the order sync, halt, pv."""
        return MODES if self.mode == "all" else (self.mode,)

    @property
    def all_tasks(self) -> int:
        """Tasks on all vCPUs together."""
        return self.tasks * self.vcpus

    @property
    def warm_up(self) -> int:
        """Faults that are simulated but not measured: a tenth of those measured, at least two a task."""
        return max(self.faults // 10, 2 * self.all_tasks)

    def overhead_of(self, mode: str) -> float:
        """The vCPU time one fault costs in `mode` (us): its own value, or `overhead`."""
        own = {"sync": self.overhead_sync, "halt": self.overhead_halt, "pv": self.overhead_pv}[mode]
        return self.overhead if own is None else own
