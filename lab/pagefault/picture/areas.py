"""Many lanes as one: how many of them are in each state, stacked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.pagefault.picture.states import STATES, Segment

__all__ = ["stacked"]


def stacked(segments: Iterable[Segment], end: float) -> Iterator[tuple[float, float, list[int]]]:
    """From 0 to `end` (us): (from, until, how many segments are in each state), a new piece whenever that changes."""
    steps: list[tuple[float, int, int]] = []
    for one in segments:
        if one.end > one.start:
            steps += [(one.start, one.state, 1), (one.end, one.state, -1)]
    steps.sort(key=lambda step: step[0])
    counts, since = [0] * len(STATES), 0.0
    for time, state, by in steps:
        if time > since:
            yield since, time, counts[:]
            since = time
        counts[state] += by
    if end > since:
        yield since, end, counts[:]
