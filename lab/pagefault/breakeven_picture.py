"""The break-even map drawn: one lightness ramp, the line where both are equal in ink, simulated cells with a ●."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from lab.core.duration import duration
from lab.core.svg import Picture, number
from lab.pagefault.breakeven_map import OVERHEADS, PAGE_INS, BreakEvenMap, Cell, Simulated
from lab.pagefault.grid.heatmap import factor

__all__ = ["draw"]

FAINT, FULL = 0.04, 0.62  # strength of the ramp at its ends: ink can be read on all of it, on light and dark pages
RAMP = 24


def draw(
    found: BreakEvenMap, simulated: Mapping[Cell, Simulated], width: float = 920, height: float = 292, text: float = 14
) -> Picture:
    """The map; a cell's key is `COLUMN:ROW`. The row of the sentence is marked with ▶."""
    picture = Picture(width, height, "When telling the guest pays", found.sentence)
    page = _Page(found, width, height, text)
    for row in range(len(OVERHEADS)):
        for column in range(len(PAGE_INS)):
            page.cell(picture, (column, row), simulated.get((column, row)))
    page.axes(picture)
    for path in page.lines:
        picture.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in path), ink="ink", width=3)
    page.key(picture, bool(simulated))
    return picture


class _Page:
    """Where cells lie on the page."""

    def __init__(self, found: BreakEvenMap, width: float, height: float, text: float) -> None:
        self.found, self.text = found, text
        self.left, self.right = 5.4 * text, width - 5.6 * text
        self.top, self.bottom = 0.3 * text, height - 2.8 * text
        self.wide = (self.right - self.left) / len(PAGE_INS)
        self.high = (self.bottom - self.top) / len(OVERHEADS)
        self.log = math.log(found.span)
        self.lines = [[(self.x(x + 0.5), self.y(y + 0.5)) for x, y in path] for path in found.line()]

    def x(self, column: float) -> float:
        return self.left + column * self.wide

    def y(self, row: float) -> float:
        return self.bottom - row * self.high

    def strength(self, ratio: float) -> float:
        """Even in the logarithm: twice and half are as far from 1."""
        return FAINT + (FULL - FAINT) * (math.log(ratio) / self.log + 1) / 2

    def cell(self, picture: Picture, at: Cell, done: Simulated | None) -> None:
        size, ratio = self.text, self.found.ratio(at)
        x, y = self.x(at[0]), self.y(at[1] + 1)
        said = self.found.why(at, done)[0]
        picture.open(f"{at[0]}:{at[1]}", said)
        picture.rect(x, y, self.wide, self.high, "good", edge="edge", tip=said, strength=self.strength(ratio))
        word = factor(ratio)
        near = self.wide >= 0.62 * size * len(word) + 4
        if near:
            middle = self._beside(x + self.wide / 2, y + self.high / 2, 0.31 * size * len(word))
            picture.text(x + self.wide / 2, middle + 0.35 * size, word, size=size, anchor="middle", mono=True)
        if done is not None:
            picture.path(_dot(x + 7, y + 7), fill="ink")
        picture.close()

    def _beside(self, x: float, y: float, half: float) -> float:
        """The height in the cell at which a word so many pixels wide is farthest from the line."""
        near = [
            ya + (yb - ya) * i / 16
            for line in self.lines
            for (xa, ya), (xb, yb) in pairwise(line)
            for i in range(17)
            if abs(xa + (xb - xa) * i / 16 - x) <= half + 2
        ]
        room = max(self.high / 2 - 0.6 * self.text, 0.0)
        best = max((y, y - room, y + room), key=lambda at: min([abs(at - there) for there in near], default=self.high))
        return y if min([abs(y - there) for there in near], default=self.high) >= 0.8 * self.text else best

    def axes(self, picture: Picture) -> None:
        size = self.text
        free = -math.inf
        for column, value in enumerate(PAGE_INS):
            label = duration(value)
            middle, wide = self.x(column + 0.5), 0.62 * size * len(label)
            if middle - wide / 2 >= free:
                picture.text(
                    middle, self.bottom + 1.15 * size, label, size=size, ink="secondary", anchor="middle", mono=True
                )
                free = middle + wide / 2 + 0.4 * size
        for row, value in enumerate(OVERHEADS):
            here = value == self.found.scenario.overhead_pv
            label = f"{'▶' if here else ''}{duration(value) if value else '0'}"
            picture.text(self.left - 0.4 * size, self.y(row + 0.5) + 0.35 * size, label, size=size,
                         ink="ink" if here else "secondary", anchor="end", mono=True, bold=here)  # fmt: skip
        picture.text((self.left + self.right) / 2, self.bottom + 2.5 * size, "page-in", size=size, anchor="middle")
        picture.text(0.9 * size, (self.top + self.bottom) / 2, "overhead of pv", size=size, anchor="middle", turn=-90)

    def key(self, picture: Picture, simulated: bool) -> None:
        """The ramp, its ends, and 1, where the line is."""
        size, left = self.text, self.right + 0.8 * self.text
        tall = (self.bottom - self.top) / RAMP
        for step in range(RAMP):
            ratio = math.exp(self.log * (2 * (step + 0.5) / RAMP - 1))
            picture.rect(left, self.bottom - (step + 1) * tall, size, tall, "good", strength=self.strength(ratio))
        picture.rect(left, self.top, size, self.bottom - self.top, "none", edge="edge")
        middle = (self.top + self.bottom) / 2
        picture.line(left - 4, middle, left + size + 4, middle, "ink", width=3)
        beside = left + 1.4 * size
        span = self.found.span
        words = [
            (self.top + 0.8 * size, factor(span)),
            (middle + 0.35 * size, "equal"),
            (self.bottom, factor(1 / span)),
        ]
        if simulated:
            words.append((self.bottom + 2.5 * size, "● sim."))
        for y, word in words:
            picture.text(beside if word != "● sim." else left, y, word, size=size, mono=True)


def _dot(x: float, y: float) -> str:
    return f"M{number(x - 3)} {number(y)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
