"""A run and its prediction in the page-fault room's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from lab.core.lanes import Lanes, State, Writer
from lab.realkernel.asyncpf.prediction import Said

if TYPE_CHECKING:
    from lab.realkernel.asyncpf.result import AsyncPfResult

__all__ = ["MOST_ROWS", "PREDICTED", "REAL", "lanes", "order_lanes"]

REAL, PREDICTED = "real KVM", "predicted"
MOST_ROWS = 8  # pages under way at once that are drawn, of each of the two
STATES = (
    State("wait", "page on its way, as predicted", "fault {who}: page {what} is asked for at event {at}, for {for}"),
    State("bad", "not as predicted", "fault {who}: page {what} from event {at} on, for {for}: not as predicted"),
)
AS_SAID, APART = range(len(STATES))


def lanes(result: AsyncPfResult) -> tuple[tuple[str, Lanes], ...]:
    """The real trace and the simulated run as the page-fault room draws a trace: (`REAL`, ...), (`PREDICTED`, ...).

    Each in ticks of its own clock, those of the prediction being nanoseconds of the model: the two have order and
    number in common, not length.
    """
    from lab.pagefault.trace import pair, parse, trace_lanes, write

    e = result.evidence
    said = parse(write(result.prediction.events, "tracefs"), PREDICTED)
    return (
        (REAL, trace_lanes(e.trace, e.pairing, e.log)),
        (PREDICTED, trace_lanes(said, pair(said))),
    )


def order_lanes(result: AsyncPfResult) -> Lanes:
    """Both over the place in the order of not_present and ready, which is no time: every page under way is a segment.

    First the rows of the real run, then those predicted, at most `MOST_ROWS` each. A page that begins or ends at
    another place than in the other run, or has another token there, is of another state.
    """
    real, said = result.comparison.real, result.comparison.predicted
    writer = Writer()
    names: list[str] = []
    notes: list[str] = []
    for name, mine, other in ((REAL, real, said), (PREDICTED, said, real)):
        first, alike = len(names), set(_spans(mine)) & set(_spans(other))
        rows = _rows(_spans(mine))
        count = min(MOST_ROWS, 1 + max((row for row, _ in rows), default=0))
        names += [f"{name} {row + 1}" for row in range(count)]
        more = 1 + max((row for row, _ in rows), default=0) - count
        notes += [""] * (count - 1) + [f"{more} more" if more else ""]
        for row, span in sorted(rows, key=lambda one: (one[0], one[1][0])):
            start, end, token, page = span
            if row < count:
                state = AS_SAID if span in alike else APART
                writer.add(first + row, state, start, end, token >> 12, max(page, 0), token >> 12)
    return writer.lanes(tuple(names), STATES, "events", (0.0, float(max(len(real), len(said), 1))), tuple(notes))


Span = tuple[int, int, int, int]  # place of not_present and of ready, token, page


def _spans(said: Sequence[Said]) -> list[Span]:
    """Every page under way, in the order of not_present; one never delivered lasts to the end."""
    begun: dict[int, tuple[int, int]] = {}
    found = []
    for place, (kind, token, page) in enumerate(said):
        if kind == "not_present":
            begun[token] = place, page
        elif token in begun:
            start, asked = begun.pop(token)
            found.append((start, place, token, asked))
    found += [(start, len(said), token, page) for token, (start, page) in begun.items()]
    return sorted(found)


def _rows(spans: Sequence[Span]) -> list[tuple[int, Span]]:
    """Each span in the first row that is free."""
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    found = []
    rows = 0
    for span in spans:
        while busy and busy[0][0] <= span[0]:
            heappush(free, heappop(busy)[1])
        if not free:
            heappush(free, rows)
            rows += 1
        row = heappop(free)
        heappush(busy, (span[1], row))
        found.append((row, span))
    return found
