"""What is stepped through: a recording, and simulated runs that each come to one point of the protocol."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from lab.core.scenario import Parameter, Preset, check, command_line
from lab.pagefault.result import run
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.sequence.recorded import recorded
from lab.pagefault.sequence.simulated import simulated
from lab.pagefault.sequence.steps import Step
from lab.pagefault.trace.reader import find, load
from lab.pagefault.trace.vmm_log import load_log

__all__ = ["CASES", "PRESETS", "Case", "Sequence", "SequenceScenario", "sequence"]

RECORDING = "uffd-on-fulltrace"
MOST_STEPS = 2000
SLOW: dict[str, Any] = {
    "compute": 1e3, "page_in": 4e3, "exit_cost": 10.0, "injection_cost": 10.0, "mode": "pv", "faults": 100,
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One thing to step through. `scenario`: what is simulated, None for the recording.

    `at`: the kind of step that it is about, whose first one is where the picture opens ("" for the first step).
    `point`: what it shows in a sentence; `failure`: of which failure it is an instance, "" for none.
    """

    id: str
    title: str
    point: str
    scenario: PageFaultScenario | None
    at: str = ""


CASES = (
    Case(
        "recorded", "Nine faults, recorded", "three tasks, nine faults: KVM is asked, answers and never waits", None,
        "touch",
    ),
    Case(
        "simulated", "The same, simulated", "the model's own steps, in KVM's own grammar",
        PageFaultScenario(**SLOW, tasks=3, window=60e3),
    ),
    Case(
        "second-touch", "A page touched again",
        "task {task} touches a page that is under way: not the task sleeps, the whole vCPU halts",
        PageFaultScenario(**SLOW, tasks=3, window=300e3, access="zipf:1", shared_pages=True, working_set=16, memory=8),
        "again",
    ),
    Case(
        "limit", "The limit of 64", "64 faults are queued, so the next one stops the vCPU with every task on it",
        PageFaultScenario(**(SLOW | {"page_in": 8e4, "faults": 500}), tasks=65, window=150e3), "stop",
    ),
    Case(
        "early-page", "Failure: the page is too early",
        "the ready overtakes its not-present: the dummy keeps the task from sleeping for ever",
        PageFaultScenario(**SLOW, tasks=2, window=60e3, failure="early-page", failure_at=3), "dummy",
    ),
    Case(
        "token-zero", "Failure: a token of 0",
        "a slot that holds 0 looks free: the token is overwritten, and task {task} is lost",
        PageFaultScenario(
            **(SLOW | {"exit_cost": 300.0, "injection_cost": 300.0}), tasks=4, window=60e3, failure="token-zero",
            failure_at=9,
        ),
        "lost",
    ),
    Case(
        "lost-done", "Failure: a forgotten queue",
        "an SMI wipes the vCPU's faults: their tasks sleep for ever",
        PageFaultScenario(**SLOW, tasks=4, window=100e3, failure="lost-done", failure_at=8), "lost",
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class SequenceScenario:
    """Which case, and after which of its steps the picture stands."""

    case: Annotated[
        str, Parameter("What is stepped through", choices=tuple(one.id for one in CASES), label="what happens")
    ] = "recorded"
    step: Annotated[
        int,
        Parameter("After which step everything is shown; 0: where the case comes to its point", low=0, high=MOST_STEPS),
    ] = 0

    def __post_init__(self) -> None:
        """Refuse an unknown case and a step that no case has."""
        check(self)


@dataclasses.dataclass(frozen=True, slots=True)
class Sequence:
    """The steps of a case; `begin` is where what it shows happens; `command` prints the same data."""

    case: Case
    steps: tuple[Step, ...]
    begin: int
    command: str

    def number(self, asked: int) -> int:
        """The step asked for: 0 is where the case comes to its point, and none is after the last."""
        return min(asked or self.begin, len(self.steps))

    def at(self, asked: int) -> Step:
        """That step."""
        return self.steps[self.number(asked) - 1]

    @property
    def headline(self) -> str:
        """What the case shows."""
        words = self.at(self.begin).text.split()
        task = next((after for word, after in pairwise(words) if word == "task"), "")
        point = self.case.point.format(task=task)
        return f"{point[0].upper()}{point[1:]}."

    @property
    def basis(self) -> str:
        """What the steps are taken from."""
        if self.case.scenario is None:
            return f"recording {RECORDING}: KVM's trace and the guest's own log"
        return f"simulated, seed {self.case.scenario.seed}: the lines are what KVM would trace"


@functools.lru_cache(maxsize=len(CASES))
def sequence(case: str) -> Sequence:
    """The steps of the case of that id."""
    wanted = next(one for one in CASES if one.id == case)
    if wanted.scenario is None:
        path = find(RECORDING)
        log = Path(str(path).removesuffix(".trace.txt") + ".vmm.txt")
        steps = recorded(load(RECORDING), load_log(log))
        command = shlex.join(["kernel-lab", "pagefault", "trace", RECORDING])
    else:
        scenario = wanted.scenario
        found = run(scenario, "pv")
        steps = simulated(found.events, scenario.limit, wipes=scenario.failure == "lost-done")[:MOST_STEPS]
        command = command_line(wanted.scenario, "pagefault", "run")
    begin = next((one.number for one in steps if one.kind == wanted.at), 1)
    return Sequence(wanted, steps, begin, command)


PRESETS = tuple(Preset(f"M{i}", one.title, SequenceScenario(one.id), one.point) for i, one in enumerate(CASES, 1))
