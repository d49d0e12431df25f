"""The heat map drawn: one lightness ramp, even in the logarithm, the break-even line in ink, a key beside it."""

from __future__ import annotations

import math

from lab.core.svg import Picture, number
from lab.pagefault.grid.heatmap import HeatMap, factor
from lab.pagefault.grid.ramp_picture import Ramp
from lab.pagefault.grid.summary import Gain

__all__ = ["draw"]


def draw(found: HeatMap, width: float = 920, height: float = 420, text: float = 14) -> Picture:
    """The map as a picture; a cell's key is `COLUMN:ROW`, counted from the left and from the bottom."""
    picture = Picture(width, height, "pv's throughput over that of sync", found.headline())
    page = _Page(found, width, height, text)
    page.cells(picture)
    page.axes(picture)
    for line in page.lines:
        picture.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in line), ink="ink", width=3)
    page.legend(picture)
    return picture


class _Page(Ramp):
    """Where cells lie on the page, and what is written into and beside them."""

    def __init__(self, found: HeatMap, width: float, height: float, text: float) -> None:
        rows = [found.label(found.y, place) for place in found.rows]
        left = (0.62 * max(len(label) for label in rows) + 2.6) * text
        box = (left, 0.6 * text, width - 7.5 * text, height - 3.6 * text)
        super().__init__(box, (len(found.columns), len(found.rows)), found.span, found.line(), text)
        self.found = found

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
                    beside = self.beside(x + self.wide / 2, y + self.high / 2, 0.31 * size * len(word))
                    picture.text(x + self.wide / 2, beside + 0.35 * size, word, size=size, anchor="middle", mono=True)
                picture.close()

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
        self.under(picture, (found.label(found.x, place) for place in found.columns), 1.4 * size, 0.6 * size)
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

    def legend(self, picture: Picture) -> None:
        """The ramp's key, and whose the line is."""
        size, left = self.text, self.right + 1.2 * self.text
        middle = self.key(picture, left, left + 1.5 * size)
        if self.found.by_theory:
            picture.text(left + 1.5 * size, middle + 1.55 * size, "(theory)", size=size, mono=True)
