"""Memory against cost: what an index structure keeps beside the table, and what that saves a lookup."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.symbols.counted import COUNTED_METHODS, Counted, counted
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.scenario import KERNEL_EXPORTS, SIZES
from lab.symbols.structures import STRUCTURES
from lab.symbols.touch import Touched

__all__ = ["COSTS", "MEMORY", "MemoryPoint", "MemoryScenario", "memory_headline", "memory_points", "memory_table"]

# what a lookup costs -> which count it is, and what one of it is called
COSTS: dict[str, tuple[str, str]] = {
    "comparisons": ("comparisons", "comparison"),
    "bytes touched": ("bytes", "byte"),
    "cache lines touched": ("lines", "cache line"),
}
KERNEL_SIZES = tuple(size for size in SIZES if size <= KERNEL_EXPORTS)


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryScenario:
    """Which cost of which lookups is held against the memory, in a table of which size."""

    cost: Annotated[str, Parameter("what a lookup costs", choices=tuple(COSTS))] = "comparisons"
    lookups: Annotated[
        str,
        Parameter("hits: names that the table has; misses: exports of modules, which it has not",
                  choices=("hits", "misses")),
    ] = "hits"  # fmt: skip
    size: Annotated[
        int,
        Parameter("names in the table, evenly chosen of the kernel's exports", unit="names", low=SIZES[0],
                  high=KERNEL_EXPORTS, log=True, steps=KERNEL_SIZES, label="table"),
    ] = KERNEL_EXPORTS  # fmt: skip
    layout: Annotated[
        str,
        Parameter("split: __ksymtab, then __ksymtab_gpl; merged: one sorted table (2026)", choices=tuple(LAYOUTS)),
    ] = "split"

    def __post_init__(self) -> None:
        """Refuse what is out of range; raises `LabError`."""
        check(self)


MEMORY: tuple[Preset[MemoryScenario], ...] = (
    Preset("S1", "names that are found", MemoryScenario(), "a few bytes a name save nearly all comparisons"),
    Preset(
        "S2",
        "names that are missing",
        MemoryScenario(lookups="misses", cost="cache lines touched"),
        "a filter in front answers most misses from a line or two",
    ),
)


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryPoint:
    """One structure: `extra` bytes a name beside the table, and the chosen `cost` of a lookup, all of `touched`."""

    method: str
    extra: float
    cost: float
    touched: Touched

    @property
    def word(self) -> str:
        """What the structure is called."""
        return STRUCTURES[self.method].word


def memory_points(scenario: MemoryScenario) -> tuple[MemoryPoint, ...]:
    """Every structure that answers single lookups, in the order of `STRUCTURES`."""
    made = []
    for method in COUNTED_METHODS:
        found = counted(method, scenario.size, scenario.layout)
        touched = _touched(found, scenario.lookups)
        cost = getattr(touched, COSTS[scenario.cost][0])
        made.append(MemoryPoint(method, found.extra / scenario.size, cost, touched))
    return tuple(made)


def _touched(found: Counted, lookups: str) -> Touched:
    if lookups == "misses" and found.miss is not None:
        return found.miss
    return dataclasses.replace(found.hit, comparisons=found.mean)  # every name counted, not a sample


def frontier(points: tuple[MemoryPoint, ...]) -> tuple[MemoryPoint, ...]:
    """Those that no other beats in both memory and cost, from the least memory on."""
    best: list[MemoryPoint] = []
    for point in sorted(points, key=lambda p: (p.extra, p.cost)):
        if not best or point.cost < best[-1].cost:
            best.append(point)
    return tuple(best)


def memory_headline(scenario: MemoryScenario, points: tuple[MemoryPoint, ...]) -> str:
    """What memory buys, in one sentence: the most saved for a byte, against binary search, which needs none."""
    binary = next(p for p in points if p.method == "binary")
    unit = COSTS[scenario.cost][1]
    buys = [p for p in points if p.extra > 0 and p.cost < binary.cost]
    if not buys:
        return f"No index saves a {unit} of binary search's {amount(binary.cost)}."
    best = max(buys, key=lambda p: (binary.cost - p.cost) / p.extra)
    saved = binary.cost - best.cost
    return (
        f"{best.extra:.1f} bytes a name ({best.word}) save {amount(saved)} of {amount(binary.cost)} {unit}s: "
        f"{amount(saved / best.extra)} a byte."
    )


def memory_table(scenario: MemoryScenario, points: tuple[MemoryPoint, ...]) -> Table:
    """The points, with all three costs."""
    rows = tuple(
        (p.word, round(p.extra * scenario.size), round(p.extra, 2), round(p.touched.comparisons, 2),
         round(p.touched.bytes, 1), round(p.touched.lines, 2))
        for p in points
    )  # fmt: skip
    columns = ("method", "extra memory (bytes)", "bytes a name", "comparisons", "bytes touched", "cache lines touched")
    caption = f"mean of {scenario.lookups} in {scenario.size:,} names; a merge join knows only whole batches"
    return Table(columns, rows, caption)


def amount(value: float) -> str:
    """A mean with two or three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}" if value > 0 else "0"
