"""The heat map drawn: one lightness ramp, even in the logarithm, the break-even line in ink, a key beside it."""

from __future__ import annotations

import math
from itertools import pairwise

from lab.core.svg import Picture, number
from lab.pagefault.grid.heatmap import HeatMap, factor
from lab.pagefault.grid.summary import Gain

__all__ = ["draw"]

FAINT, FULL = 0.04, 0.62  # strength of the ramp at its ends: ink can be read on all of it, on light and dark pages
RAMP = 24  # steps of its key


def draw(found: HeatMap, width: float = 920, height: float = 420, text: float = 14) -> Picture:
    """The map as a picture; a cell's key is `COLUMN:ROW`, counted from the left and from the bottom."""
    picture = Picture(width, height, "pv's throughput over that of sync", found.headline())
    page = _Page(found, width, height, text)
    page.cells(picture)
    page.axes(picture)
    for line in page.lines:
        picture.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in line), ink="ink", width=3)
    page.key(picture)
    return picture


class _Page:
    """Where cells lie on the page."""

    def __init__(self, found: HeatMap, width: float, height: float, text: float) -> None:
        self.found, self.text = found, text
        rows = [found.label(found.y, place) for place in found.rows]
        self.left = (0.62 * max(len(label) for label in rows) + 2.6) * text
        self.right, self.top, self.bottom = width - 7.5 * text, 0.6 * text, height - 3.6 * text
        self.wide = (self.right - self.left) / len(found.columns)
        self.high = (self.bottom - self.top) / len(found.rows)
        self.log = math.log(found.span)
        self.lines = [[(self.x(x + 0.5), self.y(y + 0.5)) for x, y in path] for path in found.line()]

    def x(self, column: float) -> float:
        """Across, in cells."""
        return self.left + column * self.wide

    def y(self, row: float) -> float:
        """Up, in cells."""
        return self.bottom - row * self.high

    def strength(self, ratio: float) -> float:
        """The ramp: even in the logarithm, so that twice and half are as far from 1."""
        return FAINT + (FULL - FAINT) * (math.log(ratio) / self.log + 1) / 2

    def cells(self, picture: Picture) -> None:
        """Every cell, with its figure where there is room."""
        size, found = self.text, self.found
        for row, cells in enumerate(found.cells):
            for column, one in enumerate(cells):
                x, y = self.x(column), self.y(row + 1)
                label = self._label(column, row, one)
                picture.open(f"{column}:{row}", label)
                if one is None:
                    picture.rect(x, y, self.wide, self.high, "surface", edge="edge", tip=label)
                else:
                    picture.rect(
                        x, y, self.wide, self.high, "good", edge="edge", tip=label, strength=self.strength(one.ratio)
                    )
                word = "?" if one is None else factor(one.ratio)
                if self.wide >= 0.62 * size * len(word) + 6 and self.high >= 1.2 * size:
                    beside = self._beside(x + self.wide / 2, y + self.high / 2, 0.31 * size * len(word))
                    picture.text(x + self.wide / 2, beside + 0.35 * size, word, size=size, anchor="middle", mono=True)
                picture.close()

    def _beside(self, x: float, y: float, half: float) -> float:
        """The height near y at which a word of so many pixels to each side of x is farthest from the line."""
        near = [ya + (yb - ya) * i / 16 for line in self.lines for (xa, ya), (xb, yb) in pairwise(line)
                for i in range(17) if abs(xa + (xb - xa) * i / 16 - x) <= half + 2]  # fmt: skip
        room = max(self.high / 2 - 0.7 * self.text, 0.0)
        clear = [min((abs(at - there) for there in near), default=self.high) for at in (y, y - room, y + room)]
        if clear[0] >= 0.9 * self.text:
            return y
        return y - room if clear[1] >= clear[2] else y + room

    def _label(self, column: int, row: int, one: Gain | None) -> str:
        found = self.found
        axes = found.grid.plan.axes
        at = ", ".join(
            f"{axes[axis].name} {found.label(axis, place)}"
            for axis, place in ((found.x, found.columns[column]), (found.y, found.rows[row]))
        )
        if one is None:
            return f"{at}: could not be run"
        sure = "" if one.low is None or one.high is None else f", 95 %: {one.low:.3f} to {one.high:.3f}"
        return f"{at}: pv does {one.ratio:.3f} of sync's work{sure}"

    def axes(self, picture: Picture) -> None:
        """Names and values of both axes, a value where there is room for it."""
        size, found = self.text, self.found
        axes = found.grid.plan.axes
        free = -math.inf
        for column, place in enumerate(found.columns):
            label = found.label(found.x, place)
            middle, wide = self.x(column + 0.5), 0.62 * size * len(label)
            if middle - wide / 2 >= free:
                picture.text(middle, self.bottom + 1.4 * size, label, size=size, ink="secondary", anchor="middle",
                             mono=True)  # fmt: skip
                free = middle + wide / 2 + 0.6 * size
        free = math.inf
        for row, place in enumerate(found.rows):
            y = self.y(row + 0.5) + 0.35 * size
            if y + size <= free:
                picture.text(self.left - 0.6 * size, y, found.label(found.y, place), size=size, ink="secondary",
                             anchor="end", mono=True)  # fmt: skip
                free = y
        picture.text((self.left + self.right) / 2, self.bottom + 2.9 * size, axes[found.x].name, size=size,
                     anchor="middle")  # fmt: skip
        picture.text(1.1 * size, (self.top + self.bottom) / 2, axes[found.y].name, size=size, anchor="middle", turn=-90)

    def key(self, picture: Picture) -> None:
        """The ramp with its ends and 1, where the line is."""
        size, left = self.text, self.right + 1.2 * self.text
        high = (self.bottom - self.top) / RAMP
        for step in range(RAMP):
            ratio = math.exp(self.log * (2 * (step + 0.5) / RAMP - 1))
            picture.rect(left, self.bottom - (step + 1) * high, size, high, "good", strength=self.strength(ratio))
        picture.rect(left, self.top, size, self.bottom - self.top, "none", edge="edge")
        middle = (self.top + self.bottom) / 2
        picture.line(left - 4, middle, left + size + 4, middle, "ink", width=3)
        beside = left + 1.5 * size
        if self.found.by_theory:
            picture.text(beside, middle + 1.55 * size, "(theory)", size=size, mono=True)
        span = self.found.span
        for y, word in ((self.top + 0.8 * size, factor(span)), (middle + 0.35 * size, "equal"),
                        (self.bottom, factor(1 / span))):  # fmt: skip
            picture.text(beside, y, word, size=size, mono=True)
