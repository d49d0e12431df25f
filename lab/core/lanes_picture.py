"""Lanes as a still picture: at most one rectangle a lane and pixel, however many segments there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.core.lanes import Lanes, State, ticks
from lab.core.palette import TOKENS
from lab.core.svg import Picture, number

__all__ = ["draw"]

MOST = 4000  # rectangles in one file: under 200 kB, patterns included
LETTER = 7.6  # px that a letter of 14 px takes, about
BAR = 64.0
Box = tuple[float, float, float, float]  # x, y, width, height


def draw(lanes: Lanes, title: str, desc: str, width: int, row: int) -> Picture:
    """The first window of `lanes`, `width` px wide, `row` px a lane; says how many segments are merged into others."""
    left = 20 + 8.2 * max((len(name) for name in lanes.names), default=0)
    notes = max((8.5 * len(note) for note in lanes.notes), default=0.0)
    bars = BAR if any(share is not None for share in lanes.shares) else 0.0
    right = width - 20 - max(notes, bars, 8.2 * len(lanes.unit))
    seen = list(lanes.window(*lanes.span))
    boxes, drawn = _boxes(lanes, seen, left, right - left, row)
    merged = len(seen) - drawn
    legend = _legend(lanes, seen, merged, left, width)
    bottom = len(lanes.names) * row + 4
    picture = _Drawing(width, bottom + 32 + 24 * (legend[-1][1] if legend else 0), title, desc)
    _axis(picture, lanes, left, right, bottom)
    for state in sorted(boxes):
        picture.boxes(lanes.states[state], boxes[state], edged=len(seen) * 4 < right - left)
    for index, name in enumerate(lanes.names):
        picture.text(left - 10, index * row + row / 2 + 5, name, anchor="end")
        _note(picture, lanes, index, right + 10, index * row + row / 2)
    for x, line, sign, word in legend:
        y = bottom + 8 + 24 * line
        if isinstance(sign, State):
            picture.boxes(sign, [(x, y, 18, 14)], edged=True)
        elif sign:
            picture.line(x + 9, y, x + 9, y + 14, "ink", width=2)
        picture.text(x + 24 if sign else x, y + 12, word, ink="ink" if sign else "secondary")
    return picture


def _boxes(lanes: Lanes, seen: list[int], left: float, width: float, row: int) -> tuple[dict[int, list[Box]], int]:
    """Rectangles by state, at pixels as coarse as the size of the file asks, and how many segments they show."""
    by_lane: list[list[int]] = [[] for _ in lanes.names]
    for i in seen:
        by_lane[lanes.lane[i]].append(i)
    columns = max(int(width), 1)
    while True:
        runs = [_runs(lanes, indices, columns) for indices in by_lane]
        if columns <= 8 or sum(_rectangles(lanes, lane, found) for lane, found in enumerate(runs)) <= MOST:
            break
        columns //= 2
    size = width / columns
    boxes: dict[int, list[Box]] = {}
    for index, found in enumerate(runs):
        for first, last, i in found:
            wide = (last - first) * size
            if lanes.start[i] == lanes.end[i]:
                wide = max(wide, 2.0)
            for state, y, tall in _bands(lanes, i, index * row + 6, row - 12):
                boxes.setdefault(state, []).append((left + first * size, y, wide, tall))
    return boxes, sum(len(found) for found in runs)


def _rectangles(lanes: Lanes, lane: int, found: list[tuple[int, int, int]]) -> int:
    """How many the runs of one lane make: of an area one for each state that somebody is in."""
    if not lanes.top(lane):
        return len(found)
    return sum(1 for _, _, i in found for count in lanes.stack(i) if count)


def _bands(lanes: Lanes, i: int, y: float, tall: float) -> Iterator[tuple[int, float, float]]:
    """What segment `i` fills of its lane's height: (state, top, height), all of it unless the lane is an area."""
    top = lanes.top(lanes.lane[i])
    if not top:
        yield lanes.state[i], y, tall
        return
    under = y + tall
    for state, count in enumerate(lanes.stack(i)):
        if count:
            under -= tall * count / top
            yield state, under, tall * count / top


def _runs(lanes: Lanes, indices: Iterable[int], columns: int) -> list[tuple[int, int, int]]:
    """One lane in whole columns of pixels: (first, behind the last, segment).

    A column that several segments touch shows the state that fills most of it, by its longest segment there.
    """
    low, high = lanes.span
    scale = columns / ((high - low) or 1.0)
    runs: list[tuple[int, int, int]] = []
    column = -1
    parts: list[tuple[float, int]] = []  # who has how much of that column

    def put(first: int, last: int, i: int) -> None:
        if runs and runs[-1][2] == i and runs[-1][1] == first:
            first = runs.pop()[0]
        runs.append((first, last, i))

    def settle() -> None:
        if len(parts) > 2:
            sums: dict[int, float] = {}
            for part, i in parts:
                sums[lanes.state[i]] = sums.get(lanes.state[i], 0.0) + part
            most = max(sums, key=lambda state: sums[state])
            parts[:] = [(part, i) for part, i in parts if lanes.state[i] == most]
        if parts:
            put(column, column + 1, max(parts, key=lambda part: part[0])[1])
        parts.clear()

    for i in indices:
        x0 = max(lanes.start[i] - low, 0.0) * scale
        x1 = min(lanes.end[i] - low, high - low) * scale
        first, last = min(int(x0), columns - 1), min(int(x1), columns)
        if first != column:
            settle()
            column = first
        parts.append((min(x1, first + 1) - x0, i))
        if last > first:
            settle()
            if last > first + 1:
                put(first + 1, last, i)
            column = last
            if x1 > last:
                parts.append((x1 - last, i))
    settle()
    return runs


def _legend(
    lanes: Lanes, seen: list[int], merged: int, left: float, width: float
) -> list[tuple[float, int, State | str, str]]:
    """The states there are, theory's tick and the count of what is not seen: (x, line from 1, sign, word)."""
    found: set[int] = set()
    for i in seen:  # an instant's lane says what it is
        if lanes.top(lanes.lane[i]):
            found.update(state for state, count in enumerate(lanes.stack(i)) if count)
        elif lanes.end[i] > lanes.start[i]:
            found.add(lanes.state[i])
    present = [lanes.states[index] for index in sorted(found)]
    words: list[tuple[State | str, str]] = [(state, state.word) for state in present]
    if any(mark is not None for mark in lanes.marks):
        words.append(("theory", "theory"))
    if merged:
        words.append(("", f"{merged:,} merged into others"))
    x, line, placed = left, 1, []
    for sign, word in words:
        wide = (24 if sign else 0) + LETTER * len(word)
        if x > left and x + wide > width - 10:
            x, line = left, line + 1
        placed.append((x, line, sign, word))
        x += wide + 18
    return placed


def _axis(picture: Picture, lanes: Lanes, left: float, right: float, bottom: float) -> None:
    low, high = lanes.span
    values, decimals = ticks(low, high, int((right - left) // 90))
    for value in values:
        x = left + (value - low) / ((high - low) or 1.0) * (right - left)
        picture.line(x, 0, x, bottom, "idle")
        picture.text(x, bottom + 18, f"{value:,.{decimals}f}", ink="secondary", anchor="middle", mono=True)
    picture.line(left, bottom, right, bottom, "edge")
    picture.text(right + 18, bottom + 18, lanes.unit, ink="secondary")


def _note(picture: Picture, lanes: Lanes, index: int, x: float, y: float) -> None:
    """Right of a lane whose middle is at `y`: its note, and its share as a bar with a tick for theory."""
    note, share, mark = (
        column[index] if index < len(column) else None for column in (lanes.notes, lanes.shares, lanes.marks)
    )
    if note:
        picture.text(x, y + (5 if share is None else 0), str(note), mono=True)
    if isinstance(share, float | int):
        picture.rect(x, y + 5, BAR, 8, "none", edge="edge")
        picture.rect(x, y + 5, BAR * min(max(share, 0.0), 1.0), 8, "good")
    if isinstance(mark, float | int):
        at = x + BAR * min(max(mark, 0.0), 1.0)
        picture.line(at, y + 2, at, y + 16, "ink", width=2)


class _Drawing(Picture):
    """A picture with thousands of boxes of one state: one path for all of them, not an element each."""

    def boxes(self, state: State, boxes: Iterable[Box], edged: bool) -> None:
        """Boxes filled as `state` is, with a line around each if `edged`."""
        d = "".join(f"M{number(x)} {number(y)}h{number(w)}v{number(h)}h-{number(w)}z" for x, y, w, h in boxes)
        if state.outline:
            self.path(d, ink=state.token, fill="surface", width=1.5)
            return
        self.path(d, fill=state.token, ink="edge" if edged else "none")
        if TOKENS[state.token].pattern not in ("solid", "none"):
            self._add("path", {"d": d, "fill": f"url(#lab-{state.token})"})
