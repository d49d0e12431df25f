"""Student's t for any whole number of degrees of freedom, from its finite series: intervals over few replications."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["interval", "quantile", "within"]


def within(t: float, freedom: int) -> float:
    """The probability that |T| <= t, exactly (Abramowitz and Stegun 26.7.3 for odd, 26.7.4 for even `freedom`)."""
    angle = math.atan(t / math.sqrt(freedom))
    cos, sin = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term, total = (cos, cos if freedom > 1 else 0.0) if odd else (1.0, 1.0)
    for k in range(2 + odd, freedom - 1, 2):
        term *= cos * cos * (k - 1) / k
        total += term
    return (angle + sin * total) * 2 / math.pi if odd else sin * total


def quantile(confidence: float, freedom: int) -> float:
    """The t with `within(t, freedom)` = `confidence`, by halving."""
    low, high = 0.0, 1.0
    while within(high, freedom) < confidence:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, freedom) < confidence else (low, middle)
    return high


def interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float | None]:
    """The mean of independent values and half its interval; the half width is None for a single value."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, None
    error = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n * (n - 1)))
    return mean, quantile(confidence, n - 1) * error
