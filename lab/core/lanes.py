"""Lanes of coloured segments over one axis: what the timeline widget shows, and its table and SVG.

Columns, not objects: a run has 10^5 segments. The axis is time for a simulation, but may be any
quantity (a table's index in the symbol race).
"""

from __future__ import annotations

import dataclasses
import math
import string
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal

from lab.core.palette import TOKENS
from lab.core.svg import Picture
from lab.core.table import Table

__all__ = ["Lanes", "State", "Writer", "amount", "ticks"]

PLACEHOLDERS = {("who", ""), ("who", "x"), ("what", ""), ("what", "x"), ("at", ""), ("for", "")}


def amount(value: float) -> str:
    """`value` with four significant digits, thousands grouped, never an exponent: what a sentence says.

    A tie goes to the even digit; the widget's script says the same (a browser test holds them equal).
    """
    if abs(value) >= 9999.5:
        return f"{value:,.0f}"
    text = f"{value or 0.0:.4g}"  # no minus before a nought
    return f"{Decimal(text):f}" if "e" in text else text


def ticks(low: float, high: float, most: int) -> tuple[list[float], int]:
    """At most about `most` round values (steps of 1, 2 or 5) in [low, high], and the decimals they need."""
    raw = (high - low) / max(most, 1) or 1.0
    power = math.floor(math.log10(raw))
    step = next(m for m in (1, 2, 5, 10) if m * 10.0**power >= raw * (1 - 1e-9)) * 10.0**power
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)], max(0, -math.floor(math.log10(step) + 1e-9))


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """What a segment can be: a palette `token`, its `word` in the legend, and the sentence for one segment.

    `text` may hold `{who}`, `{what}` (numbers of the segment, `{what:x}` in hexadecimal), `{at}` and
    `{for}` (start and length with unit): "task {who} waits for page 0x{what:x}, {for}". `outline` draws
    the segment as an empty box (a task that is ready but does not run).
    """

    token: str
    word: str
    text: str
    outline: bool = False

    def __post_init__(self) -> None:
        """Refuse a colour that the palette has not, or a placeholder nobody fills: that is a bug of the caller."""
        if self.token not in TOKENS:
            raise ValueError(f"no palette token {self.token!r}")
        for _, name, spec, conversion in string.Formatter().parse(self.text):
            if name is not None and ((name, spec) not in PLACEHOLDERS or conversion):
                raise ValueError(f"no placeholder {{{name}:{spec}}} in a segment's text")


@dataclasses.dataclass(frozen=True, slots=True)
class Lanes:
    """Segments in columns of equal length, sorted by `start` within each lane, not overlapping there.

    `names`: the lanes, top to bottom. `notes`: a text right of each lane ("69 %") or "". `shares`: the
    bar beside it, 0 to 1, or None; `marks`: where theory puts it, or None. `start`, `end`: in `unit`; a
    segment of no length is an instant, drawn as a mark, and stands in a lane of instants only.
    `lane`, `state`: indices. `who`, `what`: numbers for the sentence. `group`: segments of one group light
    up together (one fault in several lanes), -1 for none. `span`: the window shown first. `tops`: of how many
    things an area lane shows the states stacked, 0 for any other lane. A segment of an area has no single state:
    its `what` is a row of `heights`, which counts the things in each state; `state` is what most of them are in.
    """

    names: tuple[str, ...]
    states: tuple[State, ...]
    unit: str
    span: tuple[float, float]
    start: array[float]  # 'd'
    end: array[float]  # 'd'
    lane: array[int]  # 'H'
    state: array[int]  # 'B'
    who: array[int]  # 'i'
    what: array[int]  # 'i'
    group: array[int]  # 'i'
    notes: tuple[str, ...] = ()
    shares: tuple[float | None, ...] = ()
    marks: tuple[float | None, ...] = ()
    tops: tuple[int, ...] = ()
    heights: array[int] = dataclasses.field(default_factory=lambda: array("H"))  # a row of len(states) each

    def __post_init__(self) -> None:
        """Refuse ragged columns and unknown lanes or states: that is a bug of the caller."""
        for name in ("end", "lane", "state", "who", "what", "group"):
            if len(getattr(self, name)) != len(self.start):
                raise ValueError(f"column {name} has {len(getattr(self, name))} values, start has {len(self.start)}")
        if max(self.lane, default=-1) >= len(self.names) or max(self.state, default=-1) >= len(self.states):
            raise ValueError("a segment is in a lane or a state that has no name")
        if self.tops and len(self.tops) != len(self.names):
            raise ValueError(f"{len(self.tops)} tops for {len(self.names)} lanes")

    def __len__(self) -> int:
        """How many segments there are."""
        return len(self.start)

    def sentence(self, i: int) -> str:
        """Segment `i` in words, as the widget announces it."""
        start, end = self.start[i], self.end[i]
        if self.top(self.lane[i]):
            counts = zip(self.states, self.stack(i), strict=True)
            return ", ".join([*(f"{state.word}: {n}" for state, n in counts if n), self._long(end - start)])
        values = {"who": self.who[i], "what": self.what[i], "at": self._long(start), "for": self._long(end - start)}
        return self.states[self.state[i]].text.format(**values)

    def top(self, lane: int) -> int:
        """Of how many things lane `lane` shows the states stacked; 0: it is no area."""
        return self.tops[lane] if self.tops else 0

    def stack(self, i: int) -> Sequence[int]:
        """How many things are in each state during segment `i` of an area lane."""
        wide = len(self.states)
        return self.heights[self.what[i] * wide : (self.what[i] + 1) * wide]

    def _long(self, value: float) -> str:
        return f"{amount(value)} {self.unit}".rstrip()

    def window(self, low: float, high: float) -> Iterator[int]:
        """Indices of the segments that touch [low, high], in order."""
        start, end = self.start, self.end
        return (i for i in range(len(start)) if start[i] < high and (end[i] > low or end[i] == start[i] == low))

    def to_table(self, limit: int = 2000) -> Table:
        """The segments of the first window as rows, at most `limit` (the caption says how many there are)."""
        rows = []
        total = 0
        for i in self.window(*self.span):
            total += 1
            if total <= limit:
                word = self.states[self.state[i]].word
                rows.append((self.names[self.lane[i]], self.start[i], self.end[i], word, self.sentence(i)))
        cut = f", the first {limit} shown" if total > limit else ""
        caption = f"{total} segments from {self._long(self.span[0])} to {self._long(self.span[1])}{cut}"
        unit = f" ({self.unit})" if self.unit else ""
        return Table(("lane", f"start{unit}", f"end{unit}", "state", "what happens"), tuple(rows), caption)

    def to_picture(self, title: str, desc: str, width: int = 920, row: int = 40) -> Picture:
        """The first window as SVG: at most one rectangle a lane and pixel; the picture says how many were merged.

        Where several segments share a pixel, the state that fills most of it is drawn (of an area, the longest
        segment). `width` and `row`
        (the height of one lane) are in pixels.
        """
        from lab.core.lanes_picture import draw  # the one needs the other's types

        return draw(self, title, desc, width, row)


class Writer:
    """Collects segments one by one, in order of time, into the columns of `Lanes`."""

    def __init__(self) -> None:
        self.start, self.end = array("d"), array("d")
        self.lane, self.state = array("H"), array("B")
        self.who, self.what, self.group = array("i"), array("i"), array("i")
        self.heights = array("H")

    def add(
        self, lane: int, state: int, start: float, end: float, who: int = 0, what: int = 0, group: int = -1
    ) -> None:
        """One segment; an empty one (`end <= start`) is left out."""
        if end > start:
            self._add(lane, state, start, end, who, what, group)

    def instant(self, lane: int, state: int, at: float, who: int = 0, what: int = 0, group: int = -1) -> None:
        """Something that takes no time, in a lane of such."""
        self._add(lane, state, at, at, who, what, group)

    def area(self, lane: int, counts: Sequence[int], start: float, end: float) -> None:
        """A piece of an area lane: how many things are in each of the states, in their order."""
        if end <= start:
            return
        state = max(range(len(counts)), key=counts.__getitem__)
        self._add(lane, state, start, end, 0, len(self.heights) // len(counts), -1)
        self.heights.extend(counts)

    def _add(self, lane: int, state: int, start: float, end: float, who: int, what: int, group: int) -> None:
        self.start.append(start)
        self.end.append(end)
        self.lane.append(lane)
        self.state.append(state)
        self.who.append(who)
        self.what.append(what)
        self.group.append(group)

    def lanes(
        self,
        names: tuple[str, ...],
        states: tuple[State, ...],
        unit: str,
        span: tuple[float, float],
        notes: tuple[str, ...] = (),
        shares: tuple[float | None, ...] = (),
        marks: tuple[float | None, ...] = (),
        tops: tuple[int, ...] = (),
    ) -> Lanes:
        """Everything collected, as one value."""
        return Lanes(
            names, states, unit, span,
            self.start, self.end, self.lane, self.state, self.who, self.what, self.group,
            notes, shares, marks, tops, self.heights,
        )  # fmt: skip
