"""What a lookup touches: bytes and cache lines of the names and of the index, counted by watching the lookup itself.

The structure's own `lookup` runs over buffers that note which elements are read, so nothing about it is told twice.
The counts are the same on every machine. A buffer is taken to begin with a cache line; the wanted name is not counted.
"""

from __future__ import annotations

import dataclasses
import functools
import statistics
from collections.abc import Sequence

from lab.symbols.lookup import Index, encoded, indexes
from lab.symbols.scenario import SymbolScenario

__all__ = ["LINE", "TouchCost", "Touched", "Watched", "mean_touched", "touch_cost", "touched"]

LINE = 64  # bytes of a cache line


@dataclasses.dataclass(frozen=True, slots=True)
class Touched:
    """What lookups read, each byte and each line of 64 bytes counted once a lookup; means where there were several."""

    comparisons: float
    bytes: float
    lines: float


class Watched(Sequence[int]):
    """A buffer of integers that notes which of them are read, in `seen`; `width` bytes each."""

    __slots__ = ("_values", "seen", "width")

    def __init__(self, values: Sequence[int]) -> None:
        """Watch `values`, an array, bytes or a `memoryview`."""
        self._values = values
        self.width: int = getattr(values, "itemsize", 1)
        self.seen: set[int] = set()

    def __len__(self) -> int:
        """How many elements there are; the size is no part of the memory that counts."""
        return len(self._values)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        """The element at `place`, noted."""
        self.seen.add(place)
        return self._values[place]

    @property
    def lines(self) -> int:
        """How many cache lines hold what was read; no element lies across two."""
        return len({place * self.width // LINE for place in self.seen})


def touched(index: Index, key: bytes) -> Touched:
    """The cost of one lookup of `key`."""
    table = index.table
    buffers = [Watched(b) for b in (table.names, table.offsets, table.parts, index.slots)]
    _, comparisons = index.structure.lookup(key, 0, len(key), *buffers, None)
    return Touched(comparisons, sum(len(b.seen) * b.width for b in buffers), sum(b.lines for b in buffers))


def mean_touched(index: Index, keys: Sequence[bytes]) -> Touched:
    """The mean cost of lookups of `keys`, each with no line touched before; `keys` must not be empty.

    A batch of sorted keys for a merge join touches far less: its single lookups are told here.
    """
    costs = [touched(index, key) for key in keys]
    return Touched(
        statistics.fmean(c.comparisons for c in costs),
        statistics.fmean(c.bytes for c in costs),
        statistics.fmean(c.lines for c in costs),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class TouchCost:
    """One structure's `name` cost for the scenario's name, and the `mean` of `sample` names, evenly chosen."""

    method: str
    name: Touched
    mean: Touched
    sample: int


SAMPLE = 200  # names whose mean is told
SCANNED = 8  # of them where each is compared with thousands


@functools.lru_cache(maxsize=64)
def _mean(index: Index, sample: int) -> Touched:
    keys = index.table.keys
    return mean_touched(index, [keys[(2 * i + 1) * len(keys) // (2 * sample)] for i in range(sample)])


def touch_cost(scenario: SymbolScenario) -> tuple[TouchCost, ...]:
    """Comparisons, bytes and cache lines of the scenario's name in each of its structures, and of a sample's mean."""
    key, made = encoded(scenario.name), []
    for index in indexes(scenario):
        sample = min(len(index.table), SCANNED if index.structure.id in ("linear", "merge") else SAMPLE)
        made.append(TouchCost(index.structure.id, touched(index, key), _mean(index, sample), sample))
    return tuple(made)
