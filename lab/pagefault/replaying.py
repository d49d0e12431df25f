"""The model fed with a recording: whether it comes to the recorded order of events, with the recorded tokens.

Fed are what the guest did and what the device took: whose page was touched after how long a burst, and how long each
page took. Tokens, who runs when, and with that the order of events are the model's own.
"""

from __future__ import annotations

import dataclasses
import math
from array import array

from lab.core.errors import LabError
from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.randomness import RECORDED
from lab.pagefault.records import Machine
from lab.pagefault.result import events_of
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.setup import machine_for
from lab.pagefault.trace import Pairing, Replay, most

__all__ = ["Agreement", "Said", "compared", "drive", "machine_of", "mode_of", "recorded_order", "replay", "told"]

NO_MORE = -1.0  # after a task's last burst

Said = tuple[str, int]  # not_present or ready, with its token


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """How the model's not_present and ready events compare with those of the recording.

    `recorded`, `simulated`: their numbers, by kind. `same_order`: kinds and tokens are the same, one after the other;
    if not, `first_difference` is the place (from 0) where they part, and what stands there. `furthest`: by how much an
    event is early or late at most, in `unit`, where the order is the same.
    """

    mode: str
    engine: str
    unit: str
    recorded: dict[str, int]
    simulated: dict[str, int]
    same_order: bool
    first_difference: tuple[int, Said | None, Said | None] | None
    furthest: float | None


def mode_of(pairing: Pairing) -> str:
    """`halt` where the recorded guest was not told of its faults, else `pv`."""
    told = any(one.told for one in pairing.intervals)
    return "pv" if told or most(pairing.intervals) > 1 else "halt"


def machine_of(replay: Replay, mode: str, delivery: bool = True) -> Machine:
    """A machine that repeats the recording: one vCPU, FIFO, nothing costs time but bursts and page-ins.

    `delivery`: a page-in lasts until the recorded `ready`, not only until the page was in; how long the host took to
    deliver is no matter of the model. Times are in the recording's unit. Raises `LabError` for a recording that
    says too little, or of several vCPUs.
    """
    count = len(replay.tokens)
    if set(replay.vcpus) != {replay.vcpus[0]}:
        raise LabError(f"--replay: a trace of {len(set(replay.vcpus))} vCPUs; only those of one vCPU are replayed")
    if not replay.of_task or -1 in replay.tasks:
        raise LabError("--replay: the trace does not say which task faults; give the guest's log with --log FILE")
    page_ins = [_long(replay, f, delivery) for f in range(count)]
    m = machine_for(
        PageFaultScenario(mode=mode, tasks=len(replay.of_task), limit=64, faults=count, window=1.0, seed=0), mode
    )
    m.values = array("d")
    for t, faults in enumerate(replay.of_task):
        m.bursts[t] = len(m.values)
        m.values.extend(replay.bursts[f] or 0.0 for f in faults)
        m.values.append(NO_MORE)
        m.page_ins[t] = len(m.values)
        m.values.extend(page_ins[f] for f in faults)
    run = m.run
    run.compute_law = run.page_in_law = RECORDED
    run.window = math.inf
    run.warm_up, run.batches, run.goals, run.goal = 0, 1, 1, count  # measured from the start on, in one batch
    return m


def _long(replay: Replay, f: int, delivery: bool) -> float:
    page_in, late = replay.page_ins[f], replay.deliveries[f]
    if page_in is None or late is None:
        raise LabError(f"--replay: the trace does not show when the page of token {replay.tokens[f]:#x} was delivered")
    return page_in + late if delivery else page_in


def replay(recording: Replay, mode: str, engine: str = "simpy", delivery: bool = True) -> tuple[Event, ...]:
    """What happens in a machine that repeats the recording; see `machine_of`."""
    return events_of(drive(machine_of(recording, mode, delivery), engine))


def drive(m: Machine, engine: str = "simpy") -> Machine:
    """Run a machine that is ready to begin to its end, in the engine called "simpy" or "fast"."""
    if engine == "fast":
        from lab.pagefault.compiled import drive as fast

        return fast(m)
    from lab.pagefault.model import drive as plain

    return plain(m)


def recorded_order(recording: Replay) -> list[tuple[float, str, int]]:
    """Stamp from the first not_present on, kind and token of each recorded not_present and ready, in order.

    What has the same stamp stands in the order in which a vCPU's thread does it: it delivers before it enters the
    guest, which then faults.
    """
    said = []
    for f, queued in enumerate(recording.queued):
        said.append((queued, 1, ev.NOT_PRESENT, recording.tokens[f]))
        page_in, late = recording.page_ins[f], recording.deliveries[f]
        if page_in is not None and late is not None:
            said.append((queued + page_in + late, 0, ev.READY, recording.tokens[f]))
    return [(stamp, kind, token) for stamp, _, kind, token in sorted(said)]


def compared(recording: Replay, mode: str, engine: str = "simpy", delivery: bool = True) -> Agreement:
    """Replay the recording and hold the two orders against each other."""
    was = recorded_order(recording)
    found = [
        (e.time, e.kind, e.token)
        for e in replay(recording, mode, engine, delivery)
        if e.kind in (ev.NOT_PRESENT, ev.READY)
    ]
    start = found[0][0] if found else 0.0
    first = [said[1:] for said in was]
    second = [said[1:] for said in found]
    parts = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    same = first == second
    return Agreement(
        mode,
        engine,
        recording.unit,
        {kind: sum(said[0] == kind for said in first) for kind in (ev.NOT_PRESENT, ev.READY)},
        {kind: sum(said[0] == kind for said in second) for kind in (ev.NOT_PRESENT, ev.READY)},
        same,
        None if same else (parts, _at(first, parts), _at(second, parts)),
        max(abs(a[0] - (b[0] - start)) for a, b in zip(was, found, strict=True)) if same else None,
    )


def _at(said: list[Said], place: int) -> Said | None:
    return said[place] if place < len(said) else None


def told(found: Agreement, name: str) -> str:
    """The same for people."""
    lines = [f"{name}, replayed by the model in mode {found.mode} with engine {found.engine}:"]
    lines += [
        f"  {kind:12} {n:>6,} recorded, {found.simulated[kind]:>6,} simulated" for kind, n in found.recorded.items()
    ]
    if found.first_difference is None:
        lines.append(f"  the same order with the same tokens; stamps at most {found.furthest:,.0f} {found.unit} apart")
    else:
        place, was, now = found.first_difference
        lines.append(f"  the orders part at event {place}: recorded {_one(was)}, simulated {_one(now)}")
    lines.append("fed with: bursts by task, page-ins with their delivery; tokens and order are the model's own")
    return "\n".join(lines)


def _one(said: Said | None) -> str:
    return "no more" if said is None else f"{said[0]} of token {said[1]:#x}"
