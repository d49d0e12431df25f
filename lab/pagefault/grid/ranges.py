"""Which values of a quantity a search looks at, and where between two of them a function changes its sign."""

from __future__ import annotations

import math
from collections.abc import Callable

from lab.core.errors import LabError
from lab.core.scenario import Field
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["between", "ends", "root", "special", "spread"]

NARROW = 1.02  # a bracket of a duration whose ends differ by less is narrow enough


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where `function` changes its sign between `low` and `high`, by halving, to the last bits of the number."""
    at_low = function(low) > 0
    for _ in range(200):
        at = middle(low, high)
        if not low < at < high:
            break
        low, high = (at, high) if (function(at) > 0) == at_low else (low, at)
    return high


def ends(field: Field, low: float | None, high: float | None) -> tuple[float, float]:
    """The range asked for, by default that of the slider. Raises `LabError` if it is empty or not of the quantity."""
    steps, p = field.parameter.steps, field.parameter
    first = low if low is not None else steps[0] if steps else p.low
    last = high if high is not None else steps[-1] if steps else p.high
    if first is None or last is None or not first < last:
        raise LabError(f"--from: {first} to --to {last} is no range of {field.option}; the first must be the smaller")
    if field.kind == "int":
        if first != int(first) or last != int(last):
            raise LabError(f"--from: {field.option} takes whole numbers, so {first} to {last} is no range of it")
        return int(first), int(last)
    return float(first), float(last)


def middle(low: float, high: float) -> float:
    """Between two numbers, by factors where that is possible."""
    return math.sqrt(low) * math.sqrt(high) if low > 0 else (low + high) / 2


def spread(field: Field, low: float, high: float, count: int, special: tuple[float, ...] = ()) -> list[float]:
    """About `count` values from `low` to `high`, by factors where that is possible, and those of `special` between."""
    n = count - 1
    if field.kind == "int" and high - low <= n:
        return list(range(int(low), int(high) + 1))
    values = [low * (high / low) ** (i / n) if low > 0 else high * i / n for i in range(1, n)]
    if field.kind == "int":
        values = [round(v) for v in values]
    inside = {v for v in (*values, *special) if low < v < high}
    return [low, *sorted(inside), high]


def special(scenario: PageFaultScenario, field: Field) -> tuple[float, ...]:
    """Whole numbers at which another rule begins to apply."""
    if field.name != "tasks":
        return ()
    return tuple(n + more for n in (scenario.limit, scenario.slots) if n is not None for more in (0, 1, 2))


def between(field: Field, low: float, high: float) -> float | None:
    """The middle of two values, or None if there is nothing between them that is worth a test."""
    if field.kind == "int":
        return int(low + high) // 2 if high - low > 1 else None
    if low > 0 and high / low <= NARROW:
        return None
    return middle(low, high)
