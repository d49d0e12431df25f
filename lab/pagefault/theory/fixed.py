"""Page-ins that all take the same time; and everything fixed, where nothing is left to chance."""

from __future__ import annotations

import math
from operator import mul

__all__ = ["fixed_page_in_share", "fixed_throughput"]


def fixed_page_in_share(tasks: int, load: float) -> float:
    """U with one slot, exponential bursts and page-ins that do not vary: the queue M/D/1/N.

    The device sees faults at rate 1/C while the vCPU has a task, N at most at a time. The chain of how
    many pages are left when one is in (D. G. Kendall, Annals of Mathematical Statistics 24, 1953)
    goes up by the faults of one page-in, a Poisson number of mean a, less one. With p_0 its share of
    "none left", a cycle lasts S + p_0 C, so U = C / (S + p_0 C) = 1 / (p_0 + a).
    The flow up over each level equals the flow down, so no terms are subtracted.
    """
    if tasks == 1:
        return 1 / (1 + load)
    none = math.exp(-load)
    if none < 1e-300:  # hardly ever none left: the device never rests
        return 1 / load
    above = _poisson_tails(load, tasks)  # above[k]: more than k faults in a page-in
    reach = sum(chance > 0 for chance in above)
    p, total = [1.0], 1.0  # p[j]: j pages left behind, as multiples of p_0
    for j in range(tasks - 1):
        first = max(1, j + 1 - reach)
        up = p[0] * above[j] + math.fsum(map(mul, p[first:], reversed(above[1 : j + 2 - first])))
        p.append(up / none)
        total += p[-1]
        if total > 1e250:
            return 1 / load
    return 1 / (1 / total + load)


def _poisson_tails(mean: float, count: int) -> list[float]:
    """P(A > k) of a Poisson number A for k = 0..count-1, summed from the far end: nothing cancels."""
    far = max(count, int(mean + 40 * math.sqrt(mean) + 40))
    tail, out = 0.0, [0.0] * count
    for k in range(far, 0, -1):
        tail += math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
        if k <= count:
            out[k - 1] = tail
    return out


def fixed_throughput(
    tasks: int, compute: float, page_in: float, slots: int | None, servers: int | None, overhead: float = 0.0
) -> float:
    """Faults per unit of time where nothing varies and queues are first in, first out.

    `tasks` go round `servers` vCPUs (None: one for each) and `slots` slots. Nobody overtakes, so fault
    k ends its burst at D_k = max(D_{k-V}, R_{k-N}) + C + o and is in at R_k = max(D_k, R_{k-c}) + S: the
    longest mean cycle of that graph is the time a fault takes (F. Baccelli, G. Cohen, G. J. Olsder and
    J.-P. Quadrat, "Synchronization and Linearity", 1992, theorem 3.23). Its cycles are one vCPU, one
    slot, one task, and mixtures of them.
    """
    turn = compute + overhead
    longest = max((turn + page_in) / tasks, 0.0 if slots is None else page_in / slots)
    return 1 / max(longest, 0.0 if servers is None else turn / servers)
