"""One vCPU, exponential page-ins, and all the rest as it may be: the chain at the beginning of each burst."""

from __future__ import annotations

import dataclasses
import math
from itertools import accumulate
from operator import mul

__all__ = ["LARGEST", "LARGEST_STEP", "Cycle", "chain_share"]

LARGEST = 1024  # states that are solved
LARGEST_STEP = 128  # with a fixed time and fewer slots than pages: the chain over that time is a matrix


@dataclasses.dataclass(frozen=True, slots=True)
class Cycle:
    """What one vCPU does from burst to burst; see `chain_share`."""

    tasks: int
    compute: float
    page_in: float
    slots: int | None = None
    limit: int | None = None
    overhead: float = 0.0
    fixed_burst: bool = False

    @property
    def most(self) -> int:
        """Pages under way when a burst begins, at most."""
        return self.tasks - 1 if self.limit is None else min(self.tasks - 1, self.limit)

    @property
    def binds(self) -> bool:
        """Whether there are more tasks than may be queued."""
        return self.limit is not None and self.limit < self.tasks

    @property
    def fixed(self) -> float:
        """The part of burst and overhead that does not vary."""
        return self.overhead + (self.compute if self.fixed_burst else 0.0)

    @property
    def solvable(self) -> bool:
        """Whether there are few enough states."""
        stepped = self.fixed > 0 and self.slots is not None and self.slots < self.most
        return self.most < (LARGEST_STEP if stepped else LARGEST)


def chain_share(cycle: Cycle) -> float:
    """U of one vCPU: exponential page-ins, bursts exponential or fixed, any overhead, number of slots and limit.

    Embedded Markov chain (D. G. Kendall 1953) over m, the pages under way when a burst begins. During
    burst and overhead pages come in at rate min(m, c) / S. Then the fault adds one; if all N are away the
    vCPU idles until one is in. If m = K when the burst ends (a page that comes in during the overhead
    is delivered too late for this fault) the fault is synchronous and its page the last of some n in
    line. First n - u of those before it have to come in, u = min(c, n), each S/c; then it is one of u
    equal ones, so as many of them are left as chance has it, 0 to u - 1, and its own takes S. U is C over
    the mean cycle. m rises by one at most, so the flow up over each level gives the stationary
    distribution downwards from the highest, and no terms are subtracted.

    Agrees with every special form of this room; tests hold it to that. Raises `ValueError` if the cycle
    is not `solvable`.
    """
    if not cycle.solvable:
        raise ValueError(f"more than {LARGEST} pages under way")
    top, slots = cycle.most, cycle.slots or cycle.tasks + 1
    left, stopped = _left(cycle, slots)
    below = [[0.0, *accumulate(row)] for row in left]  # [m][j]: from m to j or fewer
    for n, chance in enumerate(stopped, 1):
        equal = min(slots, n)
        below[top] = [p + chance * min(1.0, (j + 1) / equal) for j, p in enumerate(below[top])]
    weight = [0.0] * top + [1.0]
    for j in range(top - 1, -1, -1):
        flow, up = math.fsum(weight[m] * below[m][j] for m in range(j + 1, top + 1)), left[j][j]
        if up * 1e250 <= flow:  # those above are hardly ever visited
            weight[j + 1 :] = [0.0] * (top - j)
            weight[j] = 1.0
        else:
            weight[j] = flow / up
    wait = sum(p * ((n - min(slots, n)) / slots + 1) for n, p in enumerate(stopped, 1))
    if top == cycle.tasks - 1:  # a fault with all others away
        wait += left[top][top] / min(cycle.tasks, slots)
    wait *= cycle.page_in * weight[top] / math.fsum(weight)
    return cycle.compute / (cycle.compute + cycle.overhead + wait)


def _left(cycle: Cycle, slots: int) -> tuple[list[list[float]], list[float]]:
    """[m][k]: the chance that of m pages under way k are left after burst and overhead and the fault is queued.

    And for the highest m, if that is the limit: [k] of those that stop the vCPU.
    """
    top, load = cycle.most, cycle.compute / cycle.page_in
    rows = _after(top, slots, cycle.fixed / cycle.page_in)
    pace = [load * min(k, slots) for k in range(top + 1)]
    if not cycle.binds:
        return (rows if cycle.fixed_burst else [_burst(row, pace) for row in rows]), []
    late = _after(top, slots, cycle.overhead / cycle.page_in)
    bursts = (
        _after(top, slots, load) if cycle.fixed_burst else [_burst([0.0] * m + [1.0], pace) for m in range(top + 1)]
    )
    stays = bursts[top].pop()
    last = [math.fsum(p * late[m][k] for m, p in enumerate(bursts[top]) if m >= k) for k in range(top)]
    left = rows if cycle.fixed_burst else [_burst(row, pace) for row in rows[:top]]
    return [*left[:top], [*last, 0.0]], [stays * p for p in late[top]]


def _burst(row: list[float], pace: list[float]) -> list[float]:
    """`row` after an exponential burst as well; `pace`: pages that come in while it lasts, by pages under way."""
    out, reached = [0.0] * len(row), 0.0
    for k in range(len(row) - 1, -1, -1):
        reached += row[k]
        out[k] = reached / (1 + pace[k])
        reached = out[k] * pace[k]
    return out


def _after(top: int, slots: int, time: float) -> list[list[float]]:
    """The same after a fixed time, in page-ins."""
    if time == 0:
        return [[0.0] * m + [1.0] for m in range(top + 1)]
    if slots >= top:  # each page for itself
        here, gone = math.exp(-time), -math.expm1(-time)
        rows = [[1.0]]
        for _ in range(top):
            last = rows[-1]
            rows.append([a * gone + b * here for a, b in zip([*last, 0.0], [0.0, *last], strict=True)])
        return rows
    halvings = max(0, math.ceil(math.log2(time * slots * 8)))
    rows = _short(top, slots, time / 2**halvings)
    for _ in range(halvings):
        rows = _twice(rows)
    return rows


def _short(top: int, slots: int, time: float) -> list[list[float]]:
    """After a time in which an eighth of a page comes in at most, by uniformisation (A. Jensen 1953)."""
    fastest = float(slots)
    rows = []
    for m in range(top + 1):
        now = [0.0] * m + [1.0]
        chance = math.exp(-fastest * time)
        row = [chance * p for p in now]
        for n in range(1, 16):
            for k in range(m + 1):
                rate = min(k, slots) / fastest
                above = now[k + 1] * min(k + 1, slots) / fastest if k < m else 0.0
                now[k] = now[k] * (1 - rate) + above
            chance *= fastest * time / n
            row = [r + chance * p for r, p in zip(row, now, strict=True)]
        rows.append(row)
    return rows


def _twice(rows: list[list[float]]) -> list[list[float]]:
    """After twice the time: the square of a triangular matrix."""
    columns = [[rows[m][k] for m in range(k, len(rows))] for k in range(len(rows))]
    return [[sum(map(mul, row[k:], columns[k])) for k in range(len(row))] for row in rows]
