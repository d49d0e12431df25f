"""A slot for every task: Erlang's loss formula."""

from __future__ import annotations

__all__ = ["erlang_b"]


def erlang_b(servers: int, load: float) -> float:
    """The share of time in which all of `servers` are busy, arrivals then being lost; load in erlangs.

    A. K. Erlang 1917, by the usual recursion B(n) = a B(n-1) / (n + a B(n-1)). It holds for every
    distribution of the service time (B. A. Sevastyanov 1957). Here a page on its way is a busy server:
    with a slot for every task, the vCPU idles when all N tasks wait, so U = 1 - ErlangB(N, S/C).
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked
