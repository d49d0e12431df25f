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
    """Something that `calendar.later` wrote down, on SimPy's calendar. When it happens it becomes a step.

    `drive` fills it in, and uses it again once it has happened: making a new one costs as much as a rule.
    """

    _ok = True  # nothing fails
    code: int

    def __init__(self) -> None:
        """Empty: it is not for SimPy's processes, so it needs neither a value nor its environment."""


def simulate(scenario: PageFaultScenario, mode: str, progress: Progress = silent) -> Machine:
    """The machine after its run: `marks`, `samples`, `notes` hold what is measured. Same scenario, same run."""
    return drive(machine_for(scenario, mode), progress)


def drive(m: Machine, progress: Progress = silent) -> Machine:
    """The same with a machine that is ready to begin."""
    run, env = m.run, simpy.Environment()
    schedule, happen_next = env.schedule, env.step
    out_delay, out_code = m.out_delay, m.out_code
    last = run.warm_up + run.faults
    told = 0
    happened: list[Due] = []

    def happen(event: Any) -> None:
        happened.append(event)
        step(m, event.code, env.now)
        if run.outs:
            calendar()
        if run.goals != told:
            tell()

    def calendar() -> None:
        for i in range(run.outs):
            event = happened.pop() if happened else Due()
            event.callbacks = happens  # one list for all: SimPy takes it off the event before it calls
            event.code = out_code[i]
            schedule(event, NORMAL, out_delay[i])
        run.outs = 0

    def tell() -> None:
        nonlocal told
        told = run.goals
        progress(run.completed, last, "simulating")

    happens: list[Any] = [happen]
    progress(0, last, "simulating")
    begin(m)
    calendar()
    try:
        while not run.ended:
            happen_next()
    except simpy.core.EmptySchedule:
        run.ended = STUCK
    run.over = env.now
    if run.logging:
        run.covered = min(env.now, run.window)
    return m
