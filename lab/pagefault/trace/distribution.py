"""How durations are distributed, and by which of a scenario's laws they are nearest."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

__all__ = ["CRITERION", "Distribution", "distances", "distribution"]

PERCENTILES = (5, 25, 50, 75, 90, 95, 99)
FREE = 0.8  # a law with a number of its own (lognormal) must be nearer by a fifth
WIDEST = 4.0  # sigma that a scenario takes

CRITERION = (
    "the law whose quantiles at (i - 1/2)/n are nearest to the n sorted values, by the mean of the differences "
    "over the mean value; lognormal, which has a number more, must be nearer by a fifth"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Distribution:
    """Durations in `unit`: how many, their mean, coefficient of variation (None below two), percentiles, all values.

    `law`: exp, det or lognormal:SIGMA, as a scenario writes it, by `CRITERION`; `distance` of each law that can be.
    """

    unit: str
    n: int
    mean: float
    variation: float | None
    percentiles: dict[str, float]
    law: str
    distance: dict[str, float]
    values: tuple[float, ...]


def distribution(unit: str, found: Iterable[float]) -> Distribution | None:
    """What is to be said of durations in `unit`; None if there are none."""
    values = sorted(found)
    if not values:
        return None
    n = len(values)
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1)) if n > 1 else None
    distance = distances(values)
    law = min(distance, key=lambda name: distance[name] / (FREE if name.startswith("lognormal") else 1.0))
    percentiles = {f"p{p}": values[min(n - 1, math.ceil(p / 100 * n) - 1)] for p in PERCENTILES}
    variation = None if spread is None or mean <= 0 else spread / mean
    return Distribution(unit, n, mean, variation, percentiles, law, distance, tuple(values))


def distances(values: Sequence[float]) -> dict[str, float]:
    """How far sorted `values` are from each law of the same mean, by `CRITERION`; lognormal only above nought."""
    n, mean = len(values), math.fsum(values) / len(values)
    if mean <= 0:
        return {"det": 0.0}
    laws: dict[str, Callable[[float], float]] = {
        "exp": lambda p: -mean * math.log1p(-p),
        "det": lambda p: mean,
    }
    sigma = _sigma(values)
    if sigma is not None:
        from statistics import NormalDist

        normal = NormalDist()
        laws[f"lognormal:{sigma:.4g}"] = lambda p: mean * math.exp(sigma * normal.inv_cdf(p) - sigma * sigma / 2)
    return {
        name: math.fsum(abs(v - quantile((i + 0.5) / n)) for i, v in enumerate(values)) / (n * mean)
        for name, quantile in laws.items()
    }


def _sigma(values: Sequence[float]) -> float | None:
    """The standard deviation of the logarithms, or None where a lognormal cannot be."""
    if len(values) < 3 or values[0] <= 0:
        return None
    logs = [math.log(v) for v in values]
    middle = math.fsum(logs) / len(logs)
    sigma = math.sqrt(math.fsum((x - middle) ** 2 for x in logs) / (len(logs) - 1))
    return sigma if 1e-4 < sigma <= WIDEST else None
