"""From a trace to the scenario that simulates it: how long page-ins, deliveries and wake-ups take, and by which law."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from lab.core.errors import LabError
from lab.pagefault.trace.distribution import CRITERION, Distribution, distribution
from lab.pagefault.trace.guest import tasks_of, wake_ups
from lab.pagefault.trace.intervals import Interval, Pairing, by_vcpu, most, pair
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log

__all__ = ["Calibration", "calibrate"]

SCALED = 1000.0  # microseconds that the mean page-in becomes where the rate of the clock is not known
ASKED, QUEUED, DELIVERED = range(3)
SHORTEST, LONGEST = 1e-3, 1e8  # microseconds that a scenario takes


@dataclasses.dataclass(frozen=True, slots=True)
class Calibration:
    """What a trace says about its durations, and the scenario made of that; None for what it does not say.

    `wake_up`: from the guest hearing "ready" until it switches to that task. `options` of `kernel-lab pagefault run`
    and `command`, the whole line; `notes` say where each number is from. `scale`: microseconds that one `unit` is.
    """

    unit: str
    page_in: Distribution
    delivery: Distribution | None
    wake_up: Distribution | None
    burst: Distribution | None
    options: dict[str, str]
    command: str
    scale: float
    notes: tuple[str, ...]
    criterion: str = CRITERION


def calibrate(trace: Trace, log: Log | None = None, pairing: Pairing | None = None) -> Calibration:
    """The distributions in a trace, with the guest's log those of wake-ups and bursts, and a scenario like it.

    Raises `LabError` if the trace has no complete page-in, or none that takes time.
    """
    pairing = pairing or pair(trace)
    intervals = pairing.intervals
    page_in = _distribution(trace, (one.page_in for one in intervals))
    if page_in is None or page_in.mean <= 0:
        raise LabError(
            f"{trace.name}: no fault with both not_present and completed that takes time; nothing to calibrate"
        )
    comparable = log if log is not None and trace.per_second != 1e9 else None
    notes = []
    if trace.unit == "s":
        scale = 1e6
        notes.append("1 s of the trace is 1 s of the scenario")
    else:
        scale = SCALED / page_in.mean
        notes.append(
            f"the rate of the trace's clock is not known: the mean page-in of {page_in.mean:,.0f} ticks is "
            f"made {SCALED:g} us, all else in proportion; with --clock-hz N the times are real"
        )
    if log is not None and comparable is None:
        notes.append("the log's ticks cannot be held against stamps in seconds: no wake-ups and no bursts")
    burst = _distribution(trace, _bursts(comparable)) if comparable else None
    options = _options(trace, pairing, page_in, burst, comparable, scale, notes)
    notes.append(f"the measured page-ins themselves instead of a law: --page-in-dist empirical:{trace.name}")
    words = ["kernel-lab pagefault run", *(f"--{name} {value}" for name, value in options.items())]
    return Calibration(
        trace.unit,
        page_in,
        _distribution(trace, (one.delivery for one in intervals)),
        _distribution(trace, wake_ups(comparable)) if comparable else None,
        burst,
        options,
        " ".join(words),
        scale,
        tuple(notes),
    )


def _options(
    trace: Trace,
    pairing: Pairing,
    page_in: Distribution,
    burst: Distribution | None,
    log: Log | None,
    scale: float,
    notes: list[str],
) -> dict[str, str]:
    intervals = pairing.intervals
    vcpus = max(1, len({one.vcpu for one in intervals if one.vcpu >= 0}))
    told = _told(trace, intervals, notes)
    tasks = max([1, *(most(faults) for faults in by_vcpu(intervals).values())])
    notes.append(f"tasks: at most {tasks} pages of a vCPU are under way at once")
    if not told and log is not None:
        tasks = max(tasks, len(tasks_of(log)))
        notes[-1] = f"tasks: the guest's log has {tasks}"
    if burst is not None and burst.mean > 0:
        compute = burst.mean * scale
        notes.append(f"burst: from TOUCHED to the same task's next TOUCH, {burst.n} in the guest's log")
    else:
        compute = _gap(trace, intervals) * scale
        notes.append(
            "burst: the mean time from when a vCPU could run a task until its next try; what else it did is in it"
        )
    notes.append("slots: any number, for the waiting at the device is within the page-ins")
    fitted = page_in.distance
    notes.append(f"page-in law: {CRITERION} ({', '.join(f'{law} {d:.3f}' for law, d in fitted.items())})")
    return {
        "mode": "pv" if told else "halt",
        "tasks": str(tasks),
        "vcpus": str(vcpus),
        "slots": "inf",
        "compute": _duration(compute),
        "page-in": _duration(page_in.mean * scale),
        "page-in-dist": page_in.law,
        "seed": "1",
    }


def _told(trace: Trace, intervals: Sequence[Interval], notes: list[str]) -> bool:
    """Whether the guest is told of its faults: injections say so, else several of one vCPU's under way at once."""
    told = sum(1 for one in intervals if one.told)
    if told:
        notes.append(f"mode pv: a #PF is injected for {told} of {len(intervals)} faults")
        return True
    several = any(most(faults) > 1 for faults in by_vcpu(intervals).values())
    if several:
        notes.append("mode pv: a vCPU faults again while a page of it is under way, so its guest has been told")
    else:
        notes.append("mode halt: no #PF is injected, and no vCPU faults again while a page of it is under way")
    return several


def _gap(trace: Trace, intervals: Sequence[Interval]) -> float:
    """The mean time from when a vCPU could run a task until its next try, overhead and all.

    It can from a not_present on, or from the next ready if by then as many faults are not delivered as it ever has:
    every task sleeps.
    """
    moments: dict[int, list[tuple[int, int]]] = {}  # thread -> stamp, and whether asked (0), queued (1) or ready (2)
    for one in intervals:
        steps = moments.setdefault(one.tid, [])
        steps += [(s, kind) for kind, s in enumerate((one.asked, one.queued, one.ready)) if s is not None]
    total = count = 0
    for steps in moments.values():
        steps.sort()
        asleep, levels = 0, [0]
        for _, kind in steps:
            asleep += (0, 1, -1)[kind]
            levels.append(asleep)
        asleep, highest = 0, max(levels)
        since: int | None = None
        for stamp, kind in steps:
            asleep += (0, 1, -1)[kind]
            if kind == ASKED:
                total += 0 if since is None else stamp - since
                count += since is not None
                since = None
            elif kind == QUEUED:
                since = stamp if asleep < highest else None
            elif kind == DELIVERED and since is None and asleep == highest - 1:
                since = stamp
    return float(trace.value(total)) / count if count else 0.0


def _bursts(log: Log) -> Iterable[int]:
    """Host ticks from a task's TOUCHED to its next TOUCH."""
    since: dict[int, int] = {}
    for one in log.guest:
        if one.word == "TOUCHED":
            since[one.task] = one.host
        elif one.word == "TOUCH" and one.task in since:
            yield max(0, one.host - since.pop(one.task))


def _duration(us: float) -> str:
    return f"{min(max(us, SHORTEST), LONGEST):.6g}"


def _distribution(trace: Trace, found: Iterable[int | None]) -> Distribution | None:
    return distribution(trace.unit, (float(trace.value(one)) for one in found if one is not None))
