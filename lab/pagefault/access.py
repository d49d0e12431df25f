"""Which pages a task touches, as a scenario writes it: `rate`, `stack:THETA` or `zipf:S`; what that needs at the start.

rate: every burst ends with a fault, whatever is in memory.
stack: the page touched was the d-th last used of the task, d drawn from a power law (the LRU stack of
R. L. Mattson et al., "Evaluation Techniques for Storage Hierarchies", 1970). It is missing if the task's share of
memory holds fewer than d pages.
zipf: the page is drawn from the working set, the r-th most used in proportion to r^-S, each time anew (the independent
reference model); the guest's memory holds the pages used last (LRU over all tasks).
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
from itertools import accumulate

from lab.core.errors import LabError

__all__ = [
    "ABSENT", "ACCESS", "RATE", "STACK", "ZIPF", "Access", "Start",
    "missing_share", "parse_access", "prepare", "shares",
]  # fmt: skip

RATE, STACK, ZIPF = 0, 1, 2
ACCESS = {"rate": RATE, "stack": STACK, "zipf": ZIPF}
ABSENT = -2  # in Start.lru: this page is not in memory
STEEPEST = 10.0  # exponent
MOST_PAGES = 1 << 22
RAREST = 1e-4  # a run whose touches fault more rarely would hardly end
ENOUGH = 1e-12  # of the pages left out, where Newton's method stops
ALIKE = 512  # ranks whose number differs by less than its 512th part count as touched equally often


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """`kind`: a word of `ACCESS`; `depth`: the exponent of the stack's or of Zipf's law."""

    kind: str
    depth: float = 0.0

    @property
    def code(self) -> int:
        """The number by which `workload` knows it."""
        return ACCESS[self.kind]


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """What `records.Machine` and `Run` hold of it at the start.

    `steps`: cumulated shares, the last is 1. `lru`: two numbers a page, its neighbours in the list of pages in memory,
    the one used after it and the one used before it; `ABSENT` twice for a page not in memory, of which there are
    `resident`.
    """

    steps: list[float]
    lru: list[int]
    lru_first: int = -1
    lru_last: int = -1
    resident: int = 0


def parse_access(text: str) -> Access:
    """The pattern that `text` names. Raises `LabError` for anything else."""
    kind, colon, rest = text.partition(":")
    if text == "rate":
        return Access(kind)
    if kind not in ("stack", "zipf") or not colon:
        raise LabError(f"{text[:80]!r} is no way to touch pages: write rate, stack:THETA or zipf:S")
    try:
        depth = float(rest)
    except ValueError:
        depth = math.nan
    if not 0 <= depth <= STEEPEST:
        raise LabError(f"{text[:80]!r}: the exponent is a number from 0 to {STEEPEST:g}, as in {kind}:1.2")
    return Access(kind, depth)


def prepare(access: Access, tasks: int, working_set: int, memory: int, one_set: bool = False) -> Start:
    """What the machine holds at the start, for `tasks` tasks that fault.

    Zipf begins with the hottest pages in memory, the hottest as the one used last: close to what LRU comes
    to, so that a short warm-up is enough. The others need no list. Raises `LabError` where (nearly) no touch
    would fault, or for more pages than are simulated.
    """
    if access.code == RATE:
        return Start([1.0], [ABSENT, ABSENT])
    sets = 1 if one_set else tasks
    pages = sets * working_set
    if access.code == ZIPF and pages > MOST_PAGES:
        raise LabError(f"--working-set: {pages:,} pages in all; at most {MOST_PAGES:,} are simulated, so ask for fewer")
    missing = missing_share(access, tasks, working_set, memory, one_set)
    if missing < RAREST:
        raise LabError(
            f"--memory: {memory:,} pages for working sets of {pages:,} in all: fewer than one touch in "
            f"{1 / RAREST:,.0f} would fault; give less memory"
        )
    steps = shares(working_set, access.depth)
    if access.code == STACK:
        return Start(steps, [ABSENT, ABSENT])
    return _hottest(steps, sets, working_set, memory)


def shares(count: int, depth: float) -> list[float]:
    """Cumulated shares of 1..`count` in proportion to d^-`depth`; the last is exactly 1."""
    found = list(accumulate(d**-depth for d in range(1, count + 1)))
    return [value / found[-1] for value in found]


@functools.lru_cache(maxsize=64)  # each mode of a scenario asks for it
def missing_share(access: Access, tasks: int, working_set: int, memory: int, one_set: bool = False) -> float:
    """The share of touches that fault, by theory; tasks touch equally often.

    rate: all. stack: the distances above a task's share of memory, exact. zipf: the approximation of H. Che, Y. Tung
    and Z. Wang, "Hierarchical Web Caching Systems", 2002 (exact in the limit of many pages: R. Fagin, "Asymptotic Miss
    Ratios over Independent References", 1977): a page touched with rate p is in memory if it was touched within
    the last T touches, and T is such that memory is full; pages being read are left out of account.
    """
    if access.code == RATE:
        return 1.0
    if access.code == STACK:
        weights = [d**-access.depth for d in range(1, working_set + 1)]
        return math.fsum(weights[memory // tasks :]) / math.fsum(weights)
    sets = 1 if one_set else tasks
    absent = working_set - memory / sets  # pages of a set that memory has no room for
    if absent <= 0:
        return 0.0
    counts, rates = _rates(working_set, access.depth)
    age = 0.0  # in touches of one set; Newton's method comes to it from below: the logarithm is convex
    while True:
        gone = [n * math.exp(-rate * age) for n, rate in zip(counts, rates, strict=True)]
        left = math.fsum(gone)
        missing = math.fsum(map(operator.mul, rates, gone))
        too_many = math.log(left / absent)
        if too_many <= ENOUGH:
            return missing
        age += too_many * left / missing


def _rates(working_set: int, depth: float) -> tuple[list[int], list[float]]:
    """How many pages are touched how often, by Zipf's law; see `ALIKE`."""
    counts, rates, first = list[int](), list[float](), 1
    while first <= working_set:
        n = min(1 + first // ALIKE, working_set - first + 1)
        counts.append(n)
        rates.append((first + (n - 1) / 2) ** -depth)
        first += n
    total = math.fsum(map(operator.mul, counts, rates))
    return counts, [rate / total for rate in rates]


def _hottest(steps: list[float], sets: int, working_set: int, memory: int) -> Start:
    """The first `memory` pages in the order rank by rank, set by set, all in memory."""
    resident = min(memory, sets * working_set)
    lru = [ABSENT] * (2 * sets * working_set)
    newer = -1
    for n in range(resident):
        page = (n % sets) * working_set + n // sets
        lru[2 * page], lru[2 * page + 1] = newer, -1
        if newer >= 0:
            lru[2 * newer + 1] = page
        newer = page
    return Start(steps, lru, 0, newer, resident)
