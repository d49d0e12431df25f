"""The break-even map drawn: one lightness ramp, the line where both are equal in ink, simulated cells with a ●."""

from __future__ import annotations

from collections.abc import Mapping

from lab.core.duration import duration
from lab.core.svg import Picture, number
from lab.pagefault.breakeven_map import OVERHEADS, PAGE_INS, BreakEvenMap, Cell, Simulated
from lab.pagefault.grid.heatmap import factor
from lab.pagefault.grid.ramp_picture import Ramp

__all__ = ["draw"]


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
    page.legend(picture, bool(simulated))
    return picture


class _Page(Ramp):
    """Where cells lie on the page, and what is written into and beside them."""

    def __init__(self, found: BreakEvenMap, width: float, height: float, text: float) -> None:
        box = (5.4 * text, 0.3 * text, width - 5.6 * text, height - 2.8 * text)
        super().__init__(box, (len(PAGE_INS), len(OVERHEADS)), found.span, found.line(), text)
        self.found = found

    def cell(self, picture: Picture, at: Cell, done: Simulated | None) -> None:
        size, ratio = self.text, self.found.ratio(at)
        x, y = self.x(at[0]), self.y(at[1] + 1)
        said = self.found.why(at, done)[0]
        picture.open(f"{at[0]}:{at[1]}", said)
        picture.rect(x, y, self.wide, self.high, "good", edge="edge", tip=said, strength=self.strength(ratio))
        word = factor(ratio)
        near = self.wide >= 0.62 * size * len(word) + 4
        if near:
            middle = self.beside(x + self.wide / 2, y + self.high / 2, 0.31 * size * len(word))
            picture.text(x + self.wide / 2, middle + 0.35 * size, word, size=size, anchor="middle", mono=True)
        if done is not None:
            picture.path(_dot(x + 7, y + 7), fill="ink")
        picture.close()

    def axes(self, picture: Picture) -> None:
        size = self.text
        self.under(picture, map(duration, PAGE_INS), 1.15 * size, 0.4 * size)
        for row, value in enumerate(OVERHEADS):
            here = value == self.found.scenario.overhead_pv
            label = f"{'▶' if here else ''}{duration(value) if value else '0'}"
            picture.text(self.left - 0.4 * size, self.y(row + 0.5) + 0.35 * size, label, size=size,
                         ink="ink" if here else "secondary", anchor="end", mono=True, bold=here)  # fmt: skip
        picture.text((self.left + self.right) / 2, self.bottom + 2.5 * size, "page-in", size=size, anchor="middle")
        picture.text(0.9 * size, (self.top + self.bottom) / 2, "overhead of pv", size=size, anchor="middle", turn=-90)

    def legend(self, picture: Picture, simulated: bool) -> None:
        """The ramp's key, and what a dot in a cell says."""
        size, left = self.text, self.right + 0.8 * self.text
        self.key(picture, left, left + 1.4 * size)
        if simulated:
            picture.text(left, self.bottom + 2.5 * size, "● sim.", size=size, mono=True)


def _dot(x: float, y: float) -> str:
    return f"M{number(x - 3)} {number(y)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
