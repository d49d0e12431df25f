"""What is simulated: vCPUs, tasks, bursts, page-ins, the paging device and what each fault costs.

The options carry the same names everywhere: here, on the command line, at the controls, in JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, TypeVar

from lab.core.errors import LabError
from lab.core.scenario import Parameter, check
from lab.pagefault.failures import FAILURES
from lab.pagefault.guest import SCHEDULERS
from lab.pagefault.laws import parse_law
from lab.pagefault.workload import parse_access

__all__ = ["ENGINES", "ERAS", "MODES", "PageFaultScenario"]

T = TypeVar("T")
MODES = ("sync", "halt", "pv")  # what the host does with a fault, oldest first
ENGINES = ("simpy", "fast")
ERAS = ("5.8+", "2010")  # page ready comes by an interrupt; by an exception, as until Linux 5.7
SHORTEST, LONGEST = 1e-3, 1e8  # microseconds
COSTS = (0, 0.5, 1, 2, 3, 5, 10)
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
    cores: Annotated[
        int | None,
        Parameter(
            "Physical cores that the vCPUs share; fewer than vCPUs and some must wait",
            low=1,
            high=256,
            absent="all",
            steps=(1, 2, 3, 4, 6, 8),
        ),
    ] = None
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
        str, Parameter("How bursts vary: exponentially or not at all", choices=("exp", "det"), label="burst varies")
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
        str,
        Parameter(
            "How page-ins vary; with a sigma, as lognormal:0.8; as measured, one number a line: empirical:FILE",
            choices=("exp", "det", "lognormal:", "empirical:"),
            label="page-in varies",
        ),
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
    exit_cost: Annotated[
        float,
        Parameter("vCPU time of each exit to the host and the entry after it", unit="us", low=0, high=1e6, steps=COSTS),
    ] = 0.0
    injection_cost: Annotated[
        float,
        Parameter(
            "vCPU time of each exception or interrupt put into the guest", unit="us", low=0, high=1e6, steps=COSTS
        ),
    ] = 0.0
    switch_cost: Annotated[
        float, Parameter("vCPU time of changing to another task", unit="us", low=0, high=1e6, steps=COSTS)
    ] = 0.0
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
        Parameter(
            "The guest's timer interrupt: ends a halt, lets the scheduler look; the same on every vCPU",
            unit="us",
            low=1,
            high=LONGEST,
            absent="none",
            steps=(100, 250, 1e3, 4e3, 1e4),
        ),
    ] = None
    scheduler: Annotated[str, Parameter("How the guest picks the next task", choices=tuple(SCHEDULERS))] = "fifo"
    slice: Annotated[
        float | None,
        Parameter(
            "The scheduler's own time: rr's quantum, cfs's latency, eevdf's base slice",
            unit="us",
            low=1,
            high=LONGEST,
            absent="own",
            steps=(100, 750, 3e3, 6e3, 2e4, 1e5),
        ),
    ] = None
    kernel: Annotated[
        float, Parameter("Share of faults in kernel mode, of which the guest is not told", low=0, high=1)
    ] = 0.0
    send_always: Annotated[bool, Parameter("Tell the guest in kernel mode too (KVM_ASYNC_PF_SEND_ALWAYS)")] = False
    era: Annotated[str, Parameter("Page ready by interrupt (Linux 5.8 on) or by exception (2010)", choices=ERAS)] = (
        "5.8+"
    )
    access: Annotated[
        str,
        Parameter(
            "rate: each burst ends with a fault; stack:THETA and zipf:S: with a touch, which faults if memory lacks it",
            choices=("rate", "stack:", "zipf:"),
        ),
    ] = "rate"
    working_set: Annotated[
        int, Parameter("Pages that a task uses (stack, zipf)", low=1, high=65536, steps=(64, 128, 256, 512, 1024, 4096))
    ] = 256
    memory: Annotated[
        int,
        Parameter(
            "Pages that the host leaves to the guest (stack, zipf)",
            low=1,
            high=1 << 20,
            steps=(64, 128, 256, 512, 1024, 2048, 4096, 16384),
        ),
    ] = 128
    shared_pages: Annotated[bool, Parameter("All tasks have the same working set (zipf)")] = False
    calculators: Annotated[
        int, Parameter("Tasks on each vCPU that compute and never fault", low=0, high=64, steps=(0, 1, 2, 4))
    ] = 0
    host_slice: Annotated[
        float,
        Parameter("How long a vCPU keeps a physical core that others wait for", unit="us", low=1, high=LONGEST),
    ] = 3000.0
    migrate: Annotated[
        float | None,
        Parameter(
            "When the guest moves to another host and every sleeper is woken",
            unit="us",
            low=0.001,
            high=1e12,
            absent="never",
        ),
    ] = None
    failure: Annotated[str, Parameter("What goes wrong; see `pagefault failures`", choices=tuple(FAILURES))] = "none"
    failure_at: Annotated[
        int, Parameter("At which fault it goes wrong, or every how many", low=1, high=1 << 40, steps=(10, 100, 1000))
    ] = 1000
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
    engine: Annotated[str, Parameter("What runs the model", choices=ENGINES)] = "simpy"

    def __post_init__(self) -> None:
        """Refuse what is out of range, and what the model does not do."""
        check(self)
        if self.tasks * self.vcpus > MOST_TASKS:
            raise LabError(
                f"--tasks: {self.tasks} on each of {self.vcpus} vCPUs make {self.tasks * self.vcpus:,} tasks; "
                f"at most {MOST_TASKS:,} are simulated, so ask for fewer"
            )
        _named("--page-in-dist", parse_law, self.page_in_dist)
        access = _named("--access", parse_access, self.access)
        if access.kind == "zipf" and not self.shared_pages and self.memory >= self.working_set and self._keeps:
            raise LabError(
                f"--memory: {self.memory:,} pages hold all that a task uses; it then never faults again and keeps its "
                f"vCPU for ever under fifo or without a tick; give less than {self.working_set:,}, or add "
                "--scheduler cfs --tick 4ms"
            )
        if self.calculators and self._keeps:
            raise LabError(
                "--calculators: a task that never sleeps keeps its vCPU for ever under fifo or without a tick; "
                "add --scheduler cfs --tick 4ms"
            )
        if self.shared_pages and not self.access.startswith("zipf:"):
            raise LabError("--shared-pages: only tasks that touch pages of a set can share one; add --access zipf:1")

    @property
    def _keeps(self) -> bool:
        """A task that does not sleep keeps its vCPU: nothing takes it away."""
        return self.scheduler == "fifo" or self.tick is None

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes asked for, in the order sync, halt, pv."""
        return MODES if self.mode == "all" else (self.mode,)

    @property
    def all_tasks(self) -> int:
        """Tasks on all vCPUs together that fault."""
        return self.tasks * self.vcpus

    @property
    def warm_up(self) -> int:
        """Faults that are simulated but not measured: a tenth of those measured, at least two a task."""
        return max(self.faults // 10, 2 * self.all_tasks)

    def overhead_of(self, mode: str) -> float:
        """The vCPU time one fault costs in `mode` (us): its own value, or `overhead`."""
        own = {"sync": self.overhead_sync, "halt": self.overhead_halt, "pv": self.overhead_pv}[mode]
        return self.overhead if own is None else own

    def fault_cost(self, mode: str) -> float:
        """The vCPU time from a touch to the host's answer in `mode` (us): the overhead, and the exits.

        Two where the vCPU is halted, for it leaves the halt by another; what telling the guest costs comes later.
        """
        return self.overhead_of(mode) + self.exit_cost * (2 if mode == "halt" else 1)


def _named(option: str, parse: Callable[[str], T], text: str) -> T:
    """What `parse` makes of `text`; an error names the option."""
    try:
        return parse(text)
    except LabError as error:
        raise LabError(f"{option}: {error}") from None
