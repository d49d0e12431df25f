"""From events to fault intervals: who belongs to whom, and what belongs to nobody.

Rules: a fault is asked for (try) and then queued (not_present) by the same thread, which runs one vCPU. Ready has the
token of its not_present. Completed has no token and comes from a worker's thread: it belongs to the oldest fault under
way at its address. Two orders are races of the kernel and no mistake: completed is traced after the page is handed
over, so ready may stand before it; before 5.8 the work was scheduled first, so completed may stand before not_present.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from lab.pagefault.trace.joining import Fault, Pairs, Unpaired
from lab.pagefault.trace.reader import Trace

__all__ = ["Interval", "Pairing", "Unpaired", "by_vcpu", "most", "pair", "under_way"]


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """One fault. `number` counts them in the order of not_present (or of try, where none came).

    `page`: guest frame number; `vcpu`: -1 if not known. `asked`, `queued`, `completed`, `ready`: stamps of try,
    not_present, completed and ready, None where the trace has none. `repeated`: how often the same vCPU touched the
    page again meanwhile. `told`: whether a #PF was injected for it, None where the trace has no injections.
    """

    number: int
    page: int | None
    gva: int | None
    token: int | None
    vcpu: int
    tid: int
    asked: int | None
    queued: int | None
    completed: int | None
    ready: int | None
    repeated: int = 0
    told: bool | None = None
    worker: str = ""
    line: int = 0

    @property
    def page_in(self) -> int | None:
        """From queued until the page is in; a page that was handed over before that was traced is in by then."""
        if self.queued is None or self.completed is None:
            return None
        in_at = self.completed if self.ready is None else min(self.completed, self.ready)
        return max(0, in_at - self.queued)

    @property
    def delivery(self) -> int | None:
        """From the page being in until the vCPU's thread delivers that."""
        return None if self.completed is None or self.ready is None else max(0, self.ready - self.completed)

    @property
    def total(self) -> int | None:
        """From queued until delivered."""
        return None if self.queued is None or self.ready is None else self.ready - self.queued


@dataclasses.dataclass(frozen=True, slots=True)
class Pairing:
    """The faults of a trace, the stamps of wake-alls, and what could not be paired."""

    intervals: tuple[Interval, ...]
    wake_alls: tuple[int, ...]
    unpaired: tuple[Unpaired, ...]


def pair(trace: Trace) -> Pairing:
    """The fault intervals of a trace, in the order in which they were queued, and what could not be paired."""
    pairs = Pairs()
    for event in trace.events:
        pairs.take(event)
    pairs.ends()
    injections = any(event.name == "kvm_inj_exception" for event in trace.events)
    intervals = tuple(_interval(i, fault, injections) for i, fault in enumerate(pairs.faults))
    return Pairing(intervals, tuple(pairs.wake_alls), tuple(sorted(pairs.unpaired)))


def _interval(number: int, fault: Fault, injections: bool) -> Interval:
    first, queued, completed, ready = fault.event, fault.queued, fault.completed, fault.ready
    token = queued.token if queued else None
    vcpu = first.vcpu
    if queued is not None and queued.gva is not None and token is not None:
        vcpu = token & 0xFFF  # s390 has a token of the guest's choice and says the vCPU
    page = first.gfn if first.gfn is not None else None if first.gva is None else first.gva >> 12
    return Interval(
        number,
        page,
        first.gva,
        token,
        vcpu,
        first.tid,
        fault.asked,
        queued.stamp if queued else None,
        completed.stamp if completed else None,
        ready.stamp if ready else None,
        fault.repeated,
        fault.told if injections and queued else None,
        completed.comm if completed else "",
        first.line,
    )


def by_vcpu(intervals: Iterable[Interval]) -> dict[int, list[Interval]]:
    """The faults of each vCPU, in ascending order of vCPUs (-1: not known)."""
    found: dict[int, list[Interval]] = {}
    for one in intervals:
        found.setdefault(one.vcpu, []).append(one)
    return dict(sorted(found.items()))


def under_way(intervals: Iterable[Interval]) -> list[tuple[int, int]]:
    """(stamp, pages under way from then on): queued and not yet in, all vCPUs together.

    A page whose completed is missing is in when it is delivered; one that has neither stays under way.
    """
    steps = []
    for one in intervals:
        if one.queued is None:
            continue
        steps.append((one.queued, 1))
        ends = [stamp for stamp in (one.completed, one.ready) if stamp is not None]
        if ends:
            steps.append((max(min(ends), one.queued), -1))
    count, out = 0, []
    for stamp, step in sorted(steps, key=lambda s: (s[0], -s[1])):
        count += step
        out.append((stamp, count))
    return out


def most(intervals: Iterable[Interval]) -> int:
    """The most pages under way at once."""
    return max((count for _, count in under_way(intervals)), default=0)
