"""What a comparison, a byte and a letter cost: instructions explained by counts, by exact least squares."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["Costs", "explain"]


@dataclasses.dataclass(frozen=True, slots=True)
class Costs:
    """A lookup takes `lookup` + `comparison` per string + `byte` per byte compared + `letter` per letter of its name.

    `off`: by how much of its instructions a lookup is off, on average. It is not 0 even where instructions are
    counted: a search that goes on to the right takes some more than to the left.
    """

    lookup: float
    comparison: float
    byte: float
    letter: float
    off: float


def explain(rows: Sequence[tuple[int, int, int]], instructions: Sequence[int]) -> Costs | None:
    """The costs that fit lookups best, of each (comparisons, bytes, letters of the name) and its `instructions`.

    None where the lookups do not tell them apart.
    """
    known = [[1, *row] for row in rows]
    size = 4
    system = [
        [Fraction(sum(row[i] * row[j] for row in known)) for j in range(size)]
        + [Fraction(sum(row[i] * y for row, y in zip(known, instructions, strict=True)))]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next((k for k in range(i, size) if system[k][i]), None)
        if pivot is None:
            return None
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(size):
            if k != i:
                system[k] = [a - system[k][i] * b for a, b in zip(system[k], system[i], strict=True)]
    costs = [float(line[size]) for line in system]
    off = [
        abs(sum(c * x for c, x in zip(costs, row, strict=True)) - y) / y
        for row, y in zip(known, instructions, strict=True)
        if y
    ]
    return Costs(costs[0], costs[1], costs[2], costs[3], statistics.fmean(off) if off else 0.0)
