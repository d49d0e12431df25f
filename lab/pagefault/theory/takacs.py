"""Overhead, or bursts that do not vary: a server with any service law and a finite source."""

from __future__ import annotations

import math

__all__ = ["busy_share", "overhead_share"]


def busy_share(sources: int, think: float, serve: float, fixed: float = 0.0) -> float:
    """How much of its time one server is busy for `sources` customers that think exponentially in between.

    L. Takács 1962 ("Introduction to the Theory of Queues", ch. 5) for M/G/1 with a finite source: a busy
    period lasts E[B] = b sum_{n<N} C(N-1, n) prod_{i<=n} (1/b*(i/T) - 1), an idle one T/N, T being the
    mean `think`. A service is an exponential time of mean `serve` and a `fixed` one, so b = serve + fixed
    and b*(s) = e^{-s fixed} / (1 + s serve).
    """
    total, log_term = 1.0, 0.0
    for n in range(1, sources):
        s = n / think
        exponent = s * fixed + math.log1p(s * serve)
        # log(e^x - 1) without overflow or cancellation
        log_term += exponent + math.log(-math.expm1(-exponent)) + math.log((sources - n) / n)
        if log_term > 700:  # e^700: never idle
            return 1.0
        total += math.exp(log_term)
    busy = total * (serve + fixed)
    return busy / (busy + think / sources)


def overhead_share(tasks: int, compute: float, page_in: float, overhead: float, fixed_burst: bool = False) -> float:
    """U with `overhead` vCPU time for each fault: exponential page-ins, a slot for every task.

    The vCPU is the server of `busy_share` and a page-in is a think time; bursts are exponential or, with
    `fixed_burst`, all the same. Of the busy time the share C / (C + o) is useful.
    """
    fixed = compute + overhead if fixed_burst else overhead
    useful = compute / (compute + overhead)
    return busy_share(tasks, page_in, 0.0 if fixed_burst else compute, fixed) * useful
