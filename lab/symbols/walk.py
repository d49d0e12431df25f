"""One lookup in one structure, to be walked through: what each step does, where it looks, what was read so far."""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.symbols.anatomy import Anatomy, anatomy
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.lookup import encoded, indexes, trace
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.race import Lane
from lab.symbols.scenario import KERNEL_EXPORTS, SIZES, TYPICAL_NAME, SymbolScenario
from lab.symbols.step_reads import reads_by_step
from lab.symbols.steps import VERDICTS, Step, steps
from lab.symbols.structures import STRUCTURES
from lab.symbols.touch import Touched

__all__ = ["WALKED", "WALKS", "Walk", "WalkScenario", "walk"]

WALKED = tuple(name for name in STRUCTURES if name != "merge")  # a merge join has no single lookups
REAL_SIZES = tuple(size for size in SIZES if size <= KERNEL_EXPORTS)
MOST_STEPS = 100_000
HALVED = ("linear", "binary", "eytzinger", "trie")  # each comparison excludes a part of the first area


@dataclasses.dataclass(frozen=True, slots=True)
class WalkScenario:
    """A name looked up in one structure, seen after `step` steps."""

    structure: Annotated[str, Parameter("the index structure", choices=WALKED)] = "gnu-hash"
    name: Annotated[
        str, Parameter("the name that is looked up; one that nobody exports is a miss", label="look up")
    ] = TYPICAL_NAME
    step: Annotated[int, Parameter("which step of the lookup is shown", low=1, high=MOST_STEPS, log=True)] = 1
    size: Annotated[
        int,
        Parameter("names in the table, evenly chosen of the kernel's exports", unit="names", low=SIZES[0],
                  high=KERNEL_EXPORTS, log=True, steps=REAL_SIZES, label="table"),
    ] = KERNEL_EXPORTS  # fmt: skip
    layout: Annotated[
        str,
        Parameter("split: __ksymtab, then __ksymtab_gpl; merged: one sorted table (2026)", choices=tuple(LAYOUTS)),
    ] = "split"

    def __post_init__(self) -> None:
        """Refuse what is out of range; raises `LabError`."""
        check(self)
        if not self.name.strip() or len(self.name) > 512:
            raise LabError("--name: a symbol's name of 1 to 512 characters is needed")

    @property
    def question(self) -> SymbolScenario:
        """The same question, to the one structure."""
        return SymbolScenario(name=self.name, size=self.size, methods=(self.structure,), layout=self.layout)


WALKS: tuple[Preset[WalkScenario], ...] = (
    Preset("S1", "a typical name", WalkScenario(), "hash, filter, bucket, chain, and one name compared"),
    Preset(
        "S2",
        "a name that is missing",
        WalkScenario(name=MISSING_NAMES[0]),
        "two bits of the filter say that it is missing: no name is compared",
    ),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Walk:
    """A whole lookup: its steps, where each looks, and what was read after each."""

    scenario: WalkScenario
    steps: tuple[Step, ...]
    anatomy: Anatomy
    read: tuple[Touched, ...]
    lane: Lane

    @property
    def word(self) -> str:
        """What the structure is called."""
        return STRUCTURES[self.scenario.structure].word

    @property
    def found(self) -> bool:
        """True if the name is in the table."""
        return self.steps[-1].verdict == "found"

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        last, word = self.read[-1], self.word[0].upper() + self.word[1:]
        what = "node" if self.scenario.structure == "trie" else "name"
        return (
            f"{word}: {'found' if self.found else 'known to be missing'} after {_many(len(self.steps), 'step')}, "
            f"{_many(int(last.comparisons), what)} compared, {_many(int(last.bytes), 'byte')} read."
        )

    def left(self, step: int) -> tuple[tuple[int, int], ...] | None:
        """Places [from, to) of the first area that may hold the name after `step`; None where none is excluded."""
        if self.scenario.structure not in HALVED:
            return None
        return self.lane.open_after(int(self.read[step - 1].comparisons))

    def say(self, step: int) -> str:
        """Step `step` (from 1) in words, as a sentence."""
        what = self.steps[step - 1].what
        return f"{what[0].upper()}{what[1:]}."

    def why(self, step: int) -> str:
        """What comes of step `step`, and what was read so far."""
        read = self.read[step - 1]
        return (
            f"Step {step:,} of {len(self.steps):,}: {VERDICTS[self.steps[step - 1].verdict]}. So far "
            f"{_many(int(read.bytes), 'byte')} in {_many(int(read.lines), 'cache line')} of names and index."
        )

    def trace(self, limit: int = 60) -> tuple[str, ...]:
        """Every step in words; of a long lookup the first few and the last."""
        count = len(self.steps)
        shown = range(1, count + 1) if count <= limit else [1, 2, 3, 0, count]
        return tuple(f"{k}. {self.say(k)}" if k else f"… {count - 4:,} more …" for k in shown)

    def table(self, limit: int = 1000) -> Table:
        """The steps with what was read after each; of a long lookup the first `limit`."""
        rows = tuple(
            (k, step.kind, step.what, step.verdict, int(read.comparisons), int(read.bytes), int(read.lines))
            for k, (step, read) in enumerate(zip(self.steps[:limit], self.read, strict=False), 1)
        )
        columns = ("step", "kind", "what", "comes of it", "compared", "bytes so far", "cache lines so far")
        more = f"; the first {limit:,} of {len(self.steps):,} steps" if len(self.steps) > limit else ""
        return Table(columns, rows, f"{self.word}: {self.scenario.name} in {self.scenario.size:,} names{more}")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def walk(scenario: WalkScenario) -> Walk:
    """The whole lookup of the scenario; which `step` it is at makes no difference."""
    return dataclasses.replace(_walk(dataclasses.replace(scenario, step=1)), scenario=scenario)


@functools.lru_cache(maxsize=16)
def _walk(scenario: WalkScenario) -> Walk:
    index, key = indexes(scenario.question)[0], encoded(scenario.name)
    told = steps(index, key)
    lane = Lane(index, trace(index, key), 0.0, key)
    return Walk(scenario, told, anatomy(index, key, told), tuple(reads_by_step(index, key, told)), lane)
