"""The vCPU waits for every page itself: sync, halt without a tick, and pv with a limit of 0."""

from __future__ import annotations

__all__ = ["stopped_share"]


def stopped_share(compute: float, page_in: float, overhead: float = 0.0) -> float:
    """C / (C + S + o): the vCPU waits for every page itself. Any distributions, any number of tasks.

    Renewal theory: computing time over the length of a cycle. All times in one unit.
    """
    return compute / (compute + page_in + overhead)
