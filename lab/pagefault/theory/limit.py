"""More tasks than a vCPU may have faults queued."""

from __future__ import annotations

__all__ = ["limited"]


def limited(load: float, limit: int) -> float:
    """U with more tasks than a vCPU may have faults queued: exponential, a slot for every page.

    A Markov chain over (m pages queued, vCPU stopped or not). While the vCPU is stopped nothing is
    added, so the stopped states are equally likely, each B = a p_K / (K + 1); the flow between m and
    m + 1 gives p_m = (m + 1) (p_{m+1} + B) / a downwards from p_K. How many tasks there are beyond the
    limit does not matter, one is enough: the vCPU is never idle. K = 0 is `stopped_share`.
    """
    p, stopped = 1.0, load / (limit + 1)
    running = p
    for m in range(limit - 1, -1, -1):
        p = (m + 1) * (p + stopped) / load
        running += p
        if p > 1e200:  # only ratios matter: keep the numbers small
            p, stopped, running = p * 1e-200, stopped * 1e-200, running * 1e-200
    return running / (running + (limit + 1) * stopped)
