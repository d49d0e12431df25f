"""What every map of pv over sync is drawn with: where cells lie, one lightness ramp, words beside a line, the key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from lab.core.svg import Picture
from lab.pagefault.grid.heatmap import factor

__all__ = ["Ramp"]

FAINT, FULL = 0.04, 0.62  # strength of the ramp at its ends: ink can be read on all of it, on light and dark pages
STEPS = 24  # of its key


class Ramp:
    """A map of `columns` by `rows` cells in the box (left, top, right, bottom), in ratios from 1/span to span.

    `line`: the paths along which both are equal, in cells. `text`: the size of letters.
    """

    def __init__(
        self,
        box: tuple[float, float, float, float],
        cells: tuple[int, int],
        span: float,
        line: Iterable[Sequence[tuple[float, float]]],
        text: float,
    ) -> None:
        self.left, self.top, self.right, self.bottom = box
        self.wide = (self.right - self.left) / cells[0]
        self.high = (self.bottom - self.top) / cells[1]
        self.span, self.log, self.text = span, math.log(span), text
        self.lines = [[(self.x(x + 0.5), self.y(y + 0.5)) for x, y in path] for path in line]

    def x(self, column: float) -> float:
        """Across, in cells."""
        return self.left + column * self.wide

    def y(self, row: float) -> float:
        """Up, in cells."""
        return self.bottom - row * self.high

    def strength(self, ratio: float) -> float:
        """Even in the logarithm: twice and half are as far from 1."""
        return FAINT + (FULL - FAINT) * (math.log(ratio) / self.log + 1) / 2

    def beside(self, x: float, y: float, half: float) -> float:
        """The height near y at which a word of so many pixels to each side of x is farthest from the line."""
        near = [
            ya + (yb - ya) * i / 16
            for line in self.lines
            for (xa, ya), (xb, yb) in pairwise(line)
            for i in range(17)
            if abs(xa + (xb - xa) * i / 16 - x) <= half + 2
        ]
        room = max(self.high / 2 - 0.7 * self.text, 0.0)
        clear = [min((abs(at - there) for there in near), default=self.high) for at in (y, y - room, y + room)]
        if clear[0] >= 0.9 * self.text:
            return y
        return y - room if clear[1] >= clear[2] else y + room

    def under(self, picture: Picture, labels: Iterable[str], below: float, gap: float) -> None:
        """The columns' labels, so far below the cells, each where the one before leaves it a gap."""
        size, free = self.text, -math.inf
        for column, label in enumerate(labels):
            middle, wide = self.x(column + 0.5), 0.62 * size * len(label)
            if middle - wide / 2 >= free:
                picture.text(middle, self.bottom + below, label, size=size, ink="secondary", anchor="middle", mono=True)
                free = middle + wide / 2 + gap

    def key(self, picture: Picture, left: float, beside: float) -> float:
        """The ramp from `left` on with its ends and 1, where the line is; the words stand at `beside`. Its middle."""
        size, tall = self.text, (self.bottom - self.top) / STEPS
        for step in range(STEPS):
            ratio = math.exp(self.log * (2 * (step + 0.5) / STEPS - 1))
            picture.rect(left, self.bottom - (step + 1) * tall, size, tall, "good", strength=self.strength(ratio))
        picture.rect(left, self.top, size, self.bottom - self.top, "none", edge="edge")
        middle = (self.top + self.bottom) / 2
        picture.line(left - 4, middle, left + size + 4, middle, "ink", width=3)
        for y, word in (
            (self.top + 0.8 * size, factor(self.span)),
            (middle + 0.35 * size, "equal"),
            (self.bottom, factor(1 / self.span)),
        ):
            picture.text(beside, y, word, size=size, mono=True)
        return middle
