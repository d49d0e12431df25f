"""What is simulated: vCPUs, tasks, bursts, page-ins, the paging device and what each fault costs.

The options carry the same names everywhere: here, on the command line, at the controls, in JSON.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TypeVar

from lab.core.errors import LabError
from lab.core.scenario import check
from lab.pagefault import parameters as given
from lab.pagefault.laws import parse_law
from lab.pagefault.parameters import ENGINES, ERAS, MODES, MOST_TASKS
from lab.pagefault.workload import parse_access

__all__ = ["ENGINES", "ERAS", "MODES", "PageFaultScenario"]

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class PageFaultScenario:
    """One experiment; see the `help` of each parameter. Raises `LabError` for a value out of range.

    Durations are microseconds. A task computes for a burst, then touches a page that the host has
    swapped out; the page-in takes its time on one of the device's slots.
    """

    mode: given.Mode = "all"
    tasks: given.Tasks = 4
    vcpus: given.Vcpus = 1
    shared: given.Shared = False
    cores: given.Cores = None
    slots: given.Slots = None
    compute: given.Compute = 1.0
    compute_dist: given.ComputeDist = "exp"
    page_in: given.PageIn = 4.0
    page_in_dist: given.PageInDist = "exp"
    overhead: given.Overhead = 0.0
    overhead_sync: given.OverheadSync = None
    overhead_halt: given.OverheadHalt = None
    overhead_pv: given.OverheadPv = None
    exit_cost: given.ExitCost = 0.0
    injection_cost: given.InjectionCost = 0.0
    switch_cost: given.SwitchCost = 0.0
    limit: given.Limit = 64
    tick: given.Tick = None
    scheduler: given.Scheduler = "fifo"
    slice: given.Slice = None
    kernel: given.Kernel = 0.0
    send_always: given.SendAlways = False
    era: given.Era = "5.8+"
    access: given.Access = "rate"
    working_set: given.WorkingSet = 256
    memory: given.Memory = 128
    shared_pages: given.SharedPages = False
    calculators: given.Calculators = 0
    host_slice: given.HostSlice = 3000.0
    migrate: given.Migrate = None
    failure: given.Failure = "none"
    failure_at: given.FailureAt = 1000
    faults: given.Faults = 200_000
    window: given.Window = 0.0
    seed: given.Seed = 1
    engine: given.Engine = "simpy"

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
        """Faults that are simulated but not measured: a tenth of those measured, at least two a task.

        As long as the run remembers its start, two and a half times `relaxation`, but at most four times as many as
        are measured.
        """
        return max(self.faults // 10, 2 * self.all_tasks, int(min(2.5 * self.relaxation("pv"), 4 * self.faults)))

    def relaxation(self, mode: str) -> float:
        """The faults after which a run has forgotten where it stood (its relaxation time).

        With a slot for every fault under way: those of one page-in. With fewer, vCPUs and device hand tasks to one
        another like two servers in a ring, and where both are equally fast the line before them is a random walk that
        needs the square of its length. The slowest rate of M/M/1/N is l + m - 2 sqrt(l m) cos(pi / (N + 1))
        (P. M. Morse, "Stochastic Properties of Waiting Lines", Operations Research 3, 1955); here per fault.
        """
        tasks = self.all_tasks if mode == "pv" else self.vcpus  # that may wait for a page at once
        load = self.vcpus * self.page_in / self.compute
        memory = max(1.0, min(float(tasks), load))
        if self.slots is None or self.slots >= tasks:
            return memory
        ratio = load / self.slots
        ratio = max(ratio, 1.0 / ratio)
        walk = 1.0 / (1.0 + ratio - 2.0 * math.sqrt(ratio) * math.cos(math.pi / (tasks + 1)))
        return max(memory, walk)

    @property
    def by_chance(self) -> bool:
        """Whether anything is drawn at random."""
        laws = self.compute_dist == self.page_in_dist == "det"
        return not (laws and self.access == "rate" and self.kernel in (0, 1))

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
