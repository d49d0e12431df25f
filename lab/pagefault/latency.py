"""How long faults take: page-in, delivery and wake-up of those sampled, as mean and percentiles."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from lab.pagefault.metrics import LATENCIES

__all__ = ["NAMES", "Latency", "latencies"]

NAMES = ("page_in", "delivery", "wake_up", "total")


@dataclasses.dataclass(frozen=True, slots=True)
class Latency:
    """Of `n` faults, in us. Percentiles are values that occurred (nearest rank)."""

    n: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float


def latencies(samples: Sequence[float], n: int) -> dict[str, Latency]:
    """The three parts and their sum, of the first `n` rows of `Machine.samples`; empty without any.

    page_in: from asking for the page until it is in, waiting for a slot included; delivery: until the guest
    hears of it; wake_up: until the task runs again.
    """
    if n == 0:
        return {}
    flat = [float(value) for value in samples[: n * LATENCIES]]
    columns = [sorted(flat[i::LATENCIES]) for i in range(LATENCIES)]
    columns.append(sorted(sum(flat[at : at + LATENCIES]) for at in range(0, len(flat), LATENCIES)))
    return {name: _latency(column) for name, column in zip(NAMES, columns, strict=True)}


def _latency(column: list[float]) -> Latency:
    n = len(column)
    p50, p95, p99 = (column[math.ceil(n * share) - 1] for share in (0.5, 0.95, 0.99))
    return Latency(n, math.fsum(column) / n, p50, p95, p99, column[-1])
