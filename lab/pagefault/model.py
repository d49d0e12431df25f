"""The model on SimPy: its clock and calendar, and the rules of `machine` at each event.

SimPy decides when; what happens then is `machine.step`, which decides everything else.
"""

from __future__ import annotations

from typing import Any

import simpy

from lab.core.progress import Progress, silent
from lab.pagefault.machine import begin, step
from lab.pagefault.metrics import STUCK
from lab.pagefault.records import Machine
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.setup import machine_for

__all__ = ["drive", "simulate"]

NORMAL = simpy.events.NORMAL


class Due(simpy.Event):
    """Something that `calendar.later` wrote down, on SimPy's calendar. When it happens it becomes a step."""

    def __init__(self, env: simpy.Environment, happens: list[Any], code: int, delay: float) -> None:
        self.env = env
        self.callbacks = happens  # one list for all: SimPy takes it off the event before it calls
        self._ok = True
        self._value = code
        env.schedule(self, NORMAL, delay)


def simulate(scenario: PageFaultScenario, mode: str, progress: Progress = silent) -> Machine:
    """The machine after its run: `marks`, `samples`, `notes` hold what is measured. Same scenario, same run."""
    return drive(machine_for(scenario, mode), progress)


def drive(m: Machine, progress: Progress = silent) -> Machine:
    """The same with a machine that is ready to begin."""
    run, env = m.run, simpy.Environment()
    out_delay, out_code = m.out_delay, m.out_code
    last = run.warm_up + run.faults
    told = 0

    def happen(event: Any) -> None:
        step(m, event._value, env.now)
        calendar()

    def calendar() -> None:
        nonlocal told
        for i in range(run.outs):
            Due(env, happens, out_code[i], out_delay[i])
        run.outs = 0
        if run.goals != told:
            told = run.goals
            progress(run.completed, last, "simulating")

    happens = [happen]
    progress(0, last, "simulating")
    begin(m)
    calendar()
    try:
        while not run.ended:
            env.step()
    except simpy.core.EmptySchedule:
        run.ended = STUCK
    run.over = env.now
    if run.logging:
        run.covered = min(env.now, run.window)
    return m
