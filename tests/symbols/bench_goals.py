"""A goal of speed, the figure beside it, and whether it was met."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from lab.core.timing import interval

__all__ = ["Goal", "paired"]


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """`figure` should be at most `limit` (at least, if `least`); `low` to `high`: 95 % of it, if it was sampled.

    A limit of `inf`: there is no goal, the figure is told for comparison.
    """

    name: str
    figure: float
    limit: float
    unit: str
    least: bool = False
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self.figure >= self.limit if self.least else self.figure <= self.limit

    def __str__(self) -> str:
        """The goal on one line."""
        between = f" ({self.low:.3g} to {self.high:.3g})" if self.low is not None and self.high is not None else ""
        if math.isinf(self.limit):
            return f"told   {self.name:<52} {self.figure:>8.3g} {self.unit}{between}{self._note}"
        wanted = f"{'at least' if self.least else 'at most'} {self.limit:g}"
        return (
            f"{'met   ' if self.met else 'MISSED'} {self.name:<52} {self.figure:>8.3g} {self.unit}{between}, "
            f"goal {wanted}{self._note}"
        )

    @property
    def _note(self) -> str:
        return f"  [{self.note}]" if self.note else ""


def paired(name: str, ratios: Sequence[float], limit: float, unit: str, least: bool = False, note: str = "") -> Goal:
    """The goal for the ratio of two sides, of which `ratios` holds one of each round: median with its interval."""
    ordered = sorted(ratios)
    middle = (ordered[len(ordered) // 2] + ordered[~(len(ordered) // 2)]) / 2
    return Goal(name, middle, limit, unit, least, *interval(ratios), note)
