"""The picture of a sweep: theory as lines, simulated points with their 95 % intervals on them."""

from __future__ import annotations

import math

from lab.core.svg import Picture, number
from lab.pagefault.sweep import Number, Point, Sweep, curve

__all__ = ["draw"]

# How each mode is drawn: fill of its points, dashes of its line, and whether a point is round.
LOOK = {"sync": ("bad", "", False), "halt": ("wait", "2 4", False), "pv": ("good", "", True)}


def draw(found: Sweep, width: float = 920, height: float = 320, text: float = 14) -> Picture:
    """Share of vCPU time spent computing over the varied parameter; a point's key is `MODE:INDEX`."""
    picture = Picture(width, height, f"Computing against {found.scenario.over}", found.headline())
    plot = _Plot(found, width, height, text)
    plot.axes(picture)
    for mode in found.modes:
        line = [(plot.x(value), plot.y(share)) for value, share in curve(found.scenario, mode)]
        if line:
            d = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in line)
            picture.path(d, ink=LOOK[mode][0], width=2.5, dash=LOOK[mode][1])
    for mode in found.modes:
        for i, point in enumerate(found.points):
            plot.point(picture, mode, i, point)
    plot.names(picture)
    return picture


class _Plot:
    """Where values lie on the page."""

    def __init__(self, found: Sweep, width: float, height: float, text: float) -> None:
        self.found, self.text = found, text
        self.left, self.right = 4.2 * text, width - 8.5 * text
        self.top, self.bottom = 0.9 * text, height - 3.4 * text
        self.log = found.scenario.field.parameter.unit == "us"
        finite = [float(p.value) for p in found.points if p.value is not None]
        self.low, self.high = self._scale(finite[0]), self._scale(finite[-1])
        self.endless = len(finite) < len(found.points)

    def _scale(self, value: float) -> float:
        return math.log(value) if self.log else value

    def x(self, value: Number) -> float:
        """Across: even, or by factors for durations; "as many as one likes" has a place of its own at the end."""
        wide = self.right - self.left - (6 * self.text if self.endless else 0)
        if value is None:
            return self.right
        return self.left + (self._scale(float(value)) - self.low) / ((self.high - self.low) or 1.0) * wide

    def y(self, share: float) -> float:
        """Up: 0 to 100 %."""
        return self.bottom - share * (self.bottom - self.top)

    def axes(self, picture: Picture) -> None:
        """Lines at every quarter, a label below each point that has room for it."""
        size = self.text
        for quarter in range(5):
            y = self.y(quarter / 4)
            picture.line(self.left, y, self.right, y, "idle" if quarter else "edge")
            picture.text(self.left - 0.6 * size, y + 0.35 * size, f"{25 * quarter} %", size=size, ink="secondary",
                         anchor="end", mono=True)  # fmt: skip
        free = -math.inf
        for point in self.found.points:
            x, wide = self.x(point.value), 0.62 * size * len(point.label)
            picture.line(x, self.bottom, x, self.bottom + 5, "edge")
            if x - wide / 2 >= free:
                picture.text(x, self.bottom + 1.4 * size, point.label, size=size, ink="secondary", anchor="middle",
                             mono=True)  # fmt: skip
                free = x + wide / 2 + 0.6 * size
        below = self.bottom + 2.9 * size
        axis = f"share of time computing, by {self.found.scenario.field.label}"
        told = f"line: theory; points: {self.found.scenario.faults:,} simulated faults, 95 %"
        picture.text(self.left, below, axis, size=size)
        if self.left + 0.6 * size * (len(axis) + len(told)) < picture.width:  # else the table says it
            picture.text(picture.width - 0.3 * size, below, told, size=size, ink="secondary", anchor="end")

    def point(self, picture: Picture, mode: str, i: int, point: Point) -> None:
        """A simulated point and its interval, as one thing that can be chosen."""
        one = point.comparison.of(mode)
        x, y = self.x(point.value), self.y(one.utilisation)
        known = one.theory.utilisation
        label = f"{mode} at {point.label}: {100 * one.utilisation:.1f} %"
        label += "" if one.ci95 is None else f" ± {100 * one.ci95:.1f}"
        label += "" if known is None else f", theory {100 * known:.1f} %"
        fill, _, is_round = LOOK[mode]
        picture.open(f"{mode}:{i}", label)
        if one.ci95 is not None:
            low, high = self.y(max(one.utilisation - one.ci95, 0.0)), self.y(min(one.utilisation + one.ci95, 1.0))
            picture.line(x, low, x, high, "ink", width=1.5)
            for end in (low, high):
                picture.line(x - 4, end, x + 4, end, "ink", width=1.5)
        picture.rect(x - 12, y - 12, 24, 24, "none", tip=label)
        picture.rect(x - 6, y - 6, 12, 12, fill, edge="ink", round_by=6 if is_round else 0)
        picture.close()

    def names(self, picture: Picture) -> None:
        """What each line is called and where it ends, right of it, moved apart where they would touch."""
        last = self.found.points[-1]
        ends = sorted((self.y(last.share(mode)), mode) for mode in self.found.modes)
        free = -math.inf
        for y, mode in ends:
            y = max(y + 0.35 * self.text, free)
            share = f"{100 * last.share(mode):.0f} %"
            picture.text(self.right + 1.3 * self.text, y, f"{mode} {share}", size=self.text, bold=True)
            free = y + 1.3 * self.text
