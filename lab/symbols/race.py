"""The race: the same name looked up in every structure at once, one comparison a step."""

from __future__ import annotations

import dataclasses

from lab.core.table import Table
from lab.symbols.corpus import bundled
from lab.symbols.cost import mean_of_all, name_table
from lab.symbols.lookup import Index, Trace, encoded, indexes, trace
from lab.symbols.scenario import SymbolScenario

__all__ = ["RATE", "Lane", "Race", "race"]

RATE = 1000  # comparisons a second while the race is shown


@dataclasses.dataclass(frozen=True, slots=True)
class Lane:
    """One structure's run: its index, the lookup's trace, and the mean over finding every name."""

    index: Index
    trace: Trace
    mean: float
    key: bytes

    @property
    def id(self) -> str:
        """The structure's id."""
        return self.index.structure.id

    @property
    def word(self) -> str:
        """What the structure is called."""
        return self.index.structure.word

    @property
    def comparisons(self) -> int:
        """How many names this lookup compares."""
        return self.trace.comparisons

    @property
    def found(self) -> bool:
        """True if the name is in the table."""
        return self.trace.entry >= 0

    @property
    def ordered(self) -> bool:
        """True if a comparison tells on which side of the table to go on."""
        return self.index.structure.ordered

    def text_at(self, step: int) -> bytes:
        """What comparison `step` (from 1) looks at: a name, or what the names below a node begin with."""
        return self.index.text_at(self.key, self.trace.probes[step - 1])

    def name_at(self, step: int) -> str:
        """The same as text."""
        return self.text_at(step).decode("utf-8", "backslashreplace")

    def verdict(self, step: int) -> int:
        """-1, 0 or 1 as the wanted name sorts before, is, or sorts after the one of comparison `step`."""
        other = self.text_at(step)
        if other == self.key and not (self.found and step == self.comparisons):
            return 1  # a node that ends here, and no name does
        return (self.key > other) - (self.key < other)

    def open_after(self, step: int) -> tuple[tuple[int, int], ...]:
        """The places [from, to) that may still hold the name after `step` comparisons."""
        if self.found and step >= self.comparisons:
            place = self.trace.probes[-1]
            return ((place, place + 1),)
        if step >= self.comparisons:
            return ()
        made = self.trace.probes[:step]
        sides = [self.verdict(k) for k in range(1, step + 1)] if self.ordered else []
        return self.index.structure.remaining(self.index.table, self.index.slots, self.key, made, sides)

    def lit(self, step: int) -> tuple[tuple[int, int], ...]:
        """The places [from, to) compared in the first `step` comparisons; a long lane's neighbours are one range."""
        probes = self.trace.probes[:step]
        if len(self.trace.probes) <= SINGLE:
            return tuple((place, place + 1) for place in probes)
        runs: list[tuple[int, int]] = []
        for place in sorted(probes):
            if runs and runs[-1][1] == place:
                runs[-1] = (runs[-1][0], place + 1)
            else:
                runs.append((place, place + 1))
        return tuple(runs)

    def announce(self, step: int) -> str:
        """Comparison `step` in words."""
        if self.comparisons == 0:
            return f"{self.word}: {NOTHING.get(self.id, NOWHERE)}, so the name is not in the table; no comparison"
        if step > self.comparisons:
            return f"{self.word}: done after {_times(self.comparisons)}"
        name, verdict = self.name_at(step), self.verdict(step)
        place = f"{PLACE[self.index.structure.places]} {self.trace.probes[step - 1]:,}"
        if verdict == 0:
            return f"{self.word}: comparison {step:,}, {place}: `{name}` is the name"
        left = sum(high - low for low, high in self.open_after(step))
        told = f"`{name}` is another name"
        if self.id == "trie":
            told = f"the names from here on begin with `{name}`" if name else "every name begins here"
            told += "" if self.key.startswith(self.text_at(step)) else ", this one does not"
        elif self.ordered:
            told = f"the name sorts {'before' if verdict < 0 else 'after'} `{name}`"
        return f"{self.word}: comparison {step:,}, {place}: {told}; {left:,} left"


SINGLE = 64  # comparisons that are shown one by one
PLACE = {"entries": "entry", "slots": "slot", "bytes": "byte"}
# why a lookup ends without one comparison
NOTHING = {
    "gnu-hash": "the bloom filter has not seen it, or its chain holds no such hash",
    "sysv-hash": "its chain is empty",
    "fingerprint": "no slot has its fingerprint",
    "hash": "the slot is empty",
}
NOWHERE = "the table is empty"


def _times(count: int) -> str:
    return "1 comparison" if count == 1 else f"{count:,} comparisons"


@dataclasses.dataclass(frozen=True, slots=True)
class Race:
    """One name in every structure of the scenario."""

    scenario: SymbolScenario
    lanes: tuple[Lane, ...]

    @property
    def steps(self) -> int:
        """Comparisons until the last structure is done."""
        return max(lane.comparisons for lane in self.lanes)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        first = self.lanes[0]
        rest = "".join(f", {lane.word} {lane.comparisons:,}" for lane in self.lanes[1:])
        if not first.found:
            return f"Missing: {first.word} {_times(first.comparisons)}{rest}."
        word = first.word[0].upper() + first.word[1:]
        return f"{word} compares {first.comparisons:,} string{'' if first.comparisons == 1 else 's'}{rest}."

    def origin(self) -> str:
        """Whose export the name is."""
        lane = self.lanes[0]
        exports = bundled().exports
        if lane.found:
            row = lane.index.table.rows[lane.trace.entry]
            if row < 0:
                return f"`{self.scenario.name}` is synthetic: no kernel exports it"
            e = exports.export(row)
            crc = "no checksum" if e.crc is None else f"checksum 0x{e.crc:08x}"
            space = f", namespace {e.namespace}" if e.namespace else ""
            return f"`{e.name}` is exported by {e.owner}, {'GPL only' if e.gpl else 'for every licence'}, {crc}{space}"
        row = next((r for r, n in enumerate(exports.names) if n == encoded(self.scenario.name)), -1)
        if row >= 0:
            return f"`{self.scenario.name}` is exported by {exports.export(row).owner}, which is not in this table"
        return f"`{self.scenario.name}` is exported by nobody: neither by the kernel nor by one of its modules"

    def table(self) -> Table:
        """The counts of every lane."""
        return name_table(self.scenario)

    def why(self, step: int) -> str:
        """What happens at comparison `step` (from 1) in every lane; 0 for the origin of the name."""
        if step <= 0:
            return self.origin() + "."
        return ". ".join(lane.announce(step) for lane in self.lanes if step <= max(1, lane.comparisons)) + "."

    def trace(self, limit: int = 60) -> tuple[str, ...]:
        """Every comparison of every lane in words; of a long lane the first few and the last."""
        lines = []
        for lane in self.lanes:
            n = lane.comparisons
            steps = range(1, max(1, n) + 1) if n <= limit else [1, 2, 3, 0, n]
            lines += [lane.announce(s) if s else f"{lane.word}: … {n - 4:,} more …" for s in steps]
        return tuple(lines)


def race(scenario: SymbolScenario) -> Race:
    """Look the scenario's name up in each of its structures, with every comparison kept."""
    key = encoded(scenario.name)
    return Race(scenario, tuple(Lane(i, trace(i, key), mean_of_all(i)[0], key) for i in indexes(scenario)))
