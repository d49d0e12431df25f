"""Closed networks of queues solved exactly: mean value analysis, Buzen's convolution, vCPUs around one device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

__all__ = ["buzen", "mva", "own_queues_share"]


def mva(demands: Sequence[float], tasks: int, delay: float = 0.0) -> float:
    """Throughput of `tasks` tasks that go round single servers of these mean `demands`, and a `delay` without queue.

    Exact mean value analysis (M. Reiser and S. S. Lavenberg, J. ACM 27, 1980): who arrives sees the
    network as it is with one task less.
    """
    lengths, throughput = [0.0] * len(demands), 0.0
    for n in range(1, tasks + 1):
        stays = [d * (1 + q) for d, q in zip(demands, lengths, strict=True)]
        throughput = n / (delay + math.fsum(stays))
        lengths = [throughput * stay for stay in stays]
    return throughput


def buzen(demands: Sequence[float], servers: Sequence[int | None], tasks: int) -> float:
    """Throughput of `tasks` tasks that go round stations of these mean `demands` and so many `servers` each.

    None: as many servers as tasks. Convolution (J. P. Buzen, Comm. ACM 16, 1973): G(n) sums the weights of
    all ways to place n tasks; the throughput is G(N - 1) / G(N).
    """
    largest = max(demands)
    total = [1.0] + [0.0] * tasks
    for demand, count in zip(demands, servers, strict=True):
        own = [1.0]
        for k in range(1, tasks + 1):
            own.append(own[-1] * demand / largest / (k if count is None else min(k, count)))
        total = _convolve(total, own)[: tasks + 1]
    return total[tasks - 1] / total[tasks] / largest


def own_queues_share(tasks: int, load: float, slots: int, vcpus: int) -> float:
    """U for `vcpus` vCPUs with `tasks` tasks of its own each, which share a device of `slots` slots.

    A closed network with a class of tasks for each vCPU (F. Baskett, K. M. Chandy, R. R. Muntz and
    F. G. Palacios, J. ACM 22, 1975; exponential bursts and page-ins): with m_v pages of vCPU v under way
    and m in all, pi ~ a^m (m! / prod_v m_v!) / prod_{k<=m} min(k, c), and U = 1 - P(m_v = N). The sum
    over all (m_1, .., m_V) with the same m is a power of the polynomial sum_k x^k / k!.
    """
    tilt = _tilt(tasks, load, slots, vcpus)
    one = _poisson(tasks, tilt)
    others = _power(one, vcpus - 1)
    busy, away = _convolve(others, one[:-1]), one[-1]  # by m: vCPU 1 computes; all its tasks are away
    logs = [0.0]  # what m weighs beyond what it does with a slot for each page at load `tilt`
    for m in range(1, tasks * vcpus + 1):
        logs.append(logs[-1] + math.log(load / tilt * m / min(m, slots)))
    top = max(x + math.log(p) for x, p in zip(logs, busy, strict=False) if p)
    computes = math.fsum(p * math.exp(x - top) for x, p in zip(logs, busy, strict=False) if p)
    waits = math.fsum(p * away * math.exp(x - top) for x, p in zip(logs[tasks:], others, strict=True) if p)
    return computes / (computes + waits)


def _tilt(tasks: int, load: float, slots: int, vcpus: int) -> float:
    """The load at which a slot for each page would have about as many pages under way: no sum underflows then."""
    low, high = math.log(load), math.log(load * max(1.0, tasks * vcpus / slots))
    for _ in range(50):
        middle = (low + high) / 2
        mean = vcpus * math.fsum(k * p for k, p in enumerate(_poisson(tasks, math.exp(middle))))
        low, high = (middle, high) if load * max(1.0, mean / slots) > math.exp(middle) else (low, middle)
    return math.exp(low)


def _poisson(tasks: int, load: float) -> list[float]:
    """x^k / k! for k = 0..N, made to add up to 1."""
    logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(tasks + 1)]
    top = max(logs)
    weights = [math.exp(x - top) for x in logs]
    total = math.fsum(weights)
    return [w / total for w in weights]


def _power(one: list[float], times: int) -> list[float]:
    """`one` convolved with itself, `times` of it; none gives the unit."""
    total = [1.0]
    for digit in bin(times)[2:]:
        total = _convolve(total, total)
        if digit == "1":
            total = _convolve(total, one)
    return total


def _convolve(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """The product of two polynomials."""
    back = list(reversed(b))
    n, last = len(b), len(a) - 1
    return [
        math.fsum(map(mul, a[max(0, m - n + 1) : m + 1], back[max(0, n - 1 - m) : n + last - m]))
        for m in range(n + last)
    ]
