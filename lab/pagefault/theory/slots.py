"""Few slots, exponential bursts and page-ins: pages under way are born and die."""

from __future__ import annotations

import math

__all__ = ["one_slot", "saturation", "slots_share"]


def one_slot(tasks: int, load: float) -> float:
    """U = (1 - a^N) / (1 - a^(N+1)) with one slot; N / (N + 1) at a = 1.

    The queue M/M/1/N, read as a closed network of two servers (J. P. Buzen 1973).
    """
    x = math.log(load)
    if x == 0.0:
        return tasks / (tasks + 1)
    if x > 0.0:  # the same in negative powers, which cannot overflow
        return math.expm1(-tasks * x) / math.expm1(-(tasks + 1) * x) / load
    return math.expm1(tasks * x) / math.expm1((tasks + 1) * x)


def slots_share(tasks: int, load: float, slots: int | None, vcpus: int = 1) -> float:
    """U for `tasks` tasks that share `vcpus` vCPUs and a device of `slots` slots (None: one for each task).

    Birth and death of pages under way: m grows at rate min(N - m, V) / C and falls at min(m, c) / S
    (the machine repair problem; F. Benson and D. R. Cox 1951). For one vCPU that is
    pi(m) ~ a^m / prod_{k<=m} min(k, c) and U = 1 - pi(N). Summed in logarithms.
    """
    logs = [0.0]
    for m in range(1, tasks + 1):
        served = m if slots is None else min(m, slots)
        logs.append(logs[-1] + math.log(load * min(tasks - m + 1, vcpus) / served))
    top = max(logs)
    weights = [math.exp(x - top) for x in logs]
    busy = math.fsum(w * min(tasks - m, vcpus) for m, w in enumerate(weights))
    return busy / (vcpus * math.fsum(weights))


def saturation(compute: float, page_in: float, slots: int | None, vcpus: int = 1, overhead: float = 0.0) -> float:
    """The most faults per unit of time that vCPUs and device can do: min(V / (C + o), c / S).

    No distribution, no number of tasks and no scheduler gets above it (utilisation law; P. J. Denning
    and J. P. Buzen, "The operational analysis of queueing network models", 1978).
    """
    by_vcpus = vcpus / (compute + overhead)
    return by_vcpus if slots is None else min(by_vcpus, slots / page_in)
