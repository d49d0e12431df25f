"""A trace as the input of a simulation: what was touched in which order, and how long each page took."""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError
from lab.pagefault.trace.guest import task_of_page, tasks_of, touched_by
from lab.pagefault.trace.intervals import Interval, Pairing, most, pair
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log

__all__ = ["Replay", "replay_input"]


@dataclasses.dataclass(frozen=True, slots=True)
class Replay:
    """The faults that were queued, in the order of not_present; the first tuples have one value for each of them.

    `page_ins`: from queued until the page was in, in `unit`; None where the trace lacks it. `deliveries`: from there
    until ready. `queued`: when, from the first one on. `tasks`: who faulted, counted from 0 in the order of the guest's
    numbers, -1 without its log. `bursts`: from when the task could run on its vCPU (it was ready, and the task before
    it had faulted) until its fault was queued; None without the log. So a model in which nothing else takes time, with
    page-in and delivery together as its page-in, comes to the recorded times.

    Then by themselves: `arrivals` and `readies`, the faults' numbers in the order in which pages were in and were
    delivered; by task `of_task`, its faults, and `sequences`, all pages that it touches, in its order.
    """

    unit: str
    pages: tuple[int, ...]
    tokens: tuple[int, ...]
    vcpus: tuple[int, ...]
    tasks: tuple[int, ...]
    queued: tuple[float, ...]
    bursts: tuple[float | None, ...]
    page_ins: tuple[float | None, ...]
    deliveries: tuple[float | None, ...]
    arrivals: tuple[int, ...]
    readies: tuple[int, ...]
    of_task: tuple[tuple[int, ...], ...]
    sequences: tuple[tuple[int, ...], ...]
    most_under_way: int


def replay_input(trace: Trace, log: Log | None = None, pairing: Pairing | None = None) -> Replay:
    """What the model is fed with to replay `trace`. Raises `LabError` if no fault in it was queued."""
    pairing = pairing or pair(trace)
    faults = [one for one in pairing.intervals if one.queued is not None]
    if not faults:
        raise LabError(f"{trace.name}: no not_present event in it; nothing to replay")
    first = min(one.queued for one in faults if one.queued is not None)

    def long(value: int | None) -> float | None:
        return None if value is None else float(trace.value(value))

    def order(stamps: list[int | None]) -> tuple[int, ...]:
        known = [(stamp, number) for number, stamp in enumerate(stamps) if stamp is not None]
        return tuple(number for _, number in sorted(known))

    names = {} if log is None else {task: number for number, task in enumerate(tasks_of(log))}
    of_page = {} if log is None else task_of_page(log)
    tasks = tuple(names.get(of_page.get(one.page, -1), -1) if one.page is not None else -1 for one in faults)
    pages = tuple(-1 if one.page is None else one.page for one in faults)
    return Replay(
        trace.unit,
        pages,
        tuple(one.token or 0 for one in faults),
        tuple(one.vcpu for one in faults),
        tasks,
        tuple(float(trace.value((one.queued or first) - first)) for one in faults),
        tuple(long(burst) for burst in _bursts(trace, faults, tasks)),
        tuple(long(one.page_in) for one in faults),
        tuple(long(one.delivery) for one in faults),
        order([one.completed for one in faults]),
        order([one.ready for one in faults]),
        tuple(tuple(i for i, task in enumerate(tasks) if task == wanted) for wanted in names.values()),
        () if log is None else tuple(touched_by(log).values()),
        most(pairing.intervals),
    )


def _bursts(trace: Trace, faults: list[Interval], tasks: tuple[int, ...]) -> list[int | None]:
    """How long each fault's task had its vCPU: since both it was ready and the fault before was over for the vCPU."""
    free: dict[int, int] = {}  # thread -> since when the vCPU can run another task
    ready: dict[int, int | None] = {}  # task -> since when it can run
    halts = not any(one.told for one in faults) and most(faults) <= 1
    out: list[int | None] = []
    for one, task in zip(faults, tasks, strict=True):
        queued = one.queued or 0
        known = [stamp for stamp in (free.get(one.tid), ready.get(task)) if stamp is not None]
        if task < 0:
            out.append(None)
        else:
            out.append(max(0, queued - max(known)) if known else queued - _before(trace, one))
        free[one.tid] = queued if not halts or one.ready is None else one.ready
        ready[task] = one.ready
    return out


def _before(trace: Trace, first: Interval) -> int:
    """The stamp of what the thread of the first fault did before it; that of the fault itself if there is nothing."""
    asked = first.queued if first.asked is None else first.asked
    stamps = [e.stamp for e in trace.events if e.tid == first.tid and e.line < first.line and e.stamp <= (asked or 0)]
    return max(stamps, default=first.queued or 0)
