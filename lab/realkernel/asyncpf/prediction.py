"""What the settings alone say will happen: the lab's model of KVM, with the pager that the settings describe.

Nothing of the real run goes in. Who runs when, tokens, the limit, who is told and with that the order of events are
the rules of `lab.pagefault`; the page-ins are those of its `pager`. With the pace "settled" no time decides anything;
with "timed" the model's times do, in which an exit to the host costs nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lab.realkernel.asyncpf.settings import LIMIT, Settings

if TYPE_CHECKING:
    from lab.pagefault.events import Event
    from lab.pagefault.records import Machine

__all__ = ["COUNTS", "ORDERED", "Prediction", "Said", "machine_of", "predict", "predicted"]

LOOP = 1e-3  # us of a round of the guest's loop: one instruction is a nanosecond under icount
BRIEF = 1.0  # us that a task at least computes: it has to get to its next touch
NO_MORE = -1.0  # after a task's last burst

Said = tuple[str, int, int]  # not_present or ready, its token, the page's number from 0 on
ORDERED = ("not_present", "ready")
COUNTS = (
    "try", "not_present", "completed", "ready", "repeated", "wake_all", "told", "woken", "untold", "synchronous",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """`counts` by the names of `COUNTS`; `order` of not_present and ready; the model's `events` (us)."""

    settings: Settings
    counts: Mapping[str, int]
    order: tuple[Said, ...]
    most_under_way: int
    events: tuple[Event, ...]


def machine_of(settings: Settings) -> Machine:
    """The machine of these settings at time 0: one vCPU, a first-in-first-out guest, a pager; exits cost nothing."""
    from lab.pagefault.pager import set_pager
    from lab.pagefault.randomness import RECORDED
    from lab.pagefault.scenario import PageFaultScenario
    from lab.pagefault.setup import machine_for

    s = settings
    mode = "pv" if s.enabled else "halt"
    always = s.bits & 2 != 0
    m = machine_for(
        PageFaultScenario(mode=mode, tasks=s.tasks, limit=LIMIT, kernel=float(not s.user_mode), send_always=always,
                          faults=s.pages, window=1.0, seed=0),
        mode,
    )  # fmt: skip
    m.values = array("d")
    for t in range(s.tasks):  # task t touches the pages t, t + tasks, ...: so does the model's
        m.bursts[t] = len(m.values)
        m.values.extend([BRIEF + LOOP * s.compute] * len(range(t, s.pages, s.tasks)))
        m.values.append(NO_MORE)
    run = m.run
    run.compute_law = RECORDED
    run.window = math.inf
    run.warm_up, run.batches, run.goals, run.goal = 0, 1, 1, s.pages  # measured from the start on, in one batch
    set_pager(m, s.order, s.batch, s.delay, s.gap, s.pace == "settled", s.seed)
    return m


def predict(settings: Settings, engine: str = "simpy") -> Prediction:
    """Run the model on `settings`; `engine` is "simpy" or "fast" and makes no difference."""
    from lab.pagefault import events as ev
    from lab.pagefault.replaying import drive
    from lab.pagefault.result import events_of

    m = drive(machine_of(settings), engine)
    events = events_of(m)

    def number(kind: str) -> int:
        return sum(e.kind == kind for e in events)

    queued = [e for e in events if e.kind == ev.NOT_PRESENT]
    halted = {e.token for e in events if e.kind == ev.HALTED}
    told = sum(e.token not in halted for e in queued)
    readies = [e for e in events if e.kind == ev.READY]
    counts = {
        "try": number(ev.FAULT),
        "not_present": len(queued),
        "completed": sum(e.kind == ev.COMPLETED and e.token != 0 for e in events),
        "ready": len(readies),
        "repeated": number(ev.REPEATED),
        "wake_all": number(ev.WAKE_ALL),
        "told": told,
        "woken": sum(e.token not in halted for e in readies),
        "untold": len(queued) - told,
        "synchronous": number(ev.STOPPED),
    }
    order = tuple((e.kind, e.token, e.page - ev.FIRST_PAGE) for e in events if e.kind in ORDERED)
    return Prediction(settings, counts, order, int(m.run.most), events)


@functools.cache
def predicted(settings: Settings) -> Prediction:
    """What `predict` says, made once for each settings: for a run before it is booted."""
    return predict(settings)
