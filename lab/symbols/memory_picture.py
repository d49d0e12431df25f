"""Memory against cost: one point a structure, both axes logarithmic, a name needs no index at the left edge."""

from __future__ import annotations

import math

from lab.core.svg import Picture, number
from lab.symbols.cost_picture import marker
from lab.symbols.memory import MemoryPoint, MemoryScenario, amount, frontier
from lab.symbols.structures import STRUCTURES

__all__ = ["memory_picture"]

Box = tuple[float, float, float, float]  # left, top, right, bottom


def memory_picture(
    scenario: MemoryScenario, points: tuple[MemoryPoint, ...], headline: str, width: int = 920, text: int = 14
) -> Picture:
    """The points with their markers and names; the line joins those that nothing beats in both."""
    height = round(text * 20.5)
    left, right, top, bottom = text * 5.0, text * 2.0, text * 2.2, text * 5.2
    inner, tall = width - left - right, height - top - bottom
    picture = Picture(width, height, "Memory against cost", headline)
    most = max(p.extra for p in points)
    low, high = 0.3, math.log10(max(most, 10)) + 0.12  # powers of ten; below `low` lies "none"
    gap = text * 7.0  # room for those that keep nothing
    floor, peak = _range(points)

    def x(extra: float) -> float:
        if extra <= 0:
            return left + text * 1.2
        return left + gap + (inner - gap) * (math.log10(extra) - low) / (high - low)

    def y(cost: float) -> float:
        if cost < 10**floor:
            return top + tall + text  # less than the scale shows, such as none at all
        return top + tall * (1 - (math.log10(cost) - floor) / (peak - floor))

    _axes(picture, scenario, (left, top, inner, tall), (x, y), (most, floor, peak), width, text)
    line = frontier(points)
    picture.path("M" + "L".join(f"{number(x(p.extra))} {number(y(p.cost))}" for p in line), ink="edge", dash="5 4")
    taken: list[Box] = [(x(p.extra) - 8, y(p.cost) - 8, x(p.extra) + 8, y(p.cost) + 8) for p in points]
    taken.append((0, top + tall + text * 1.9, width, height))  # the axis has words of its own
    for point in sorted(points, key=lambda p: (-p.cost, p.extra)):
        at_x, at_y = x(point.extra), y(point.cost)
        said = f"{point.word} {amount(point.cost)}"
        label = f"{point.word}: {point.extra:.1f} bytes a name, {amount(point.cost)} {scenario.cost} a lookup"
        picture.open(point.method, label)
        marker(picture, STRUCTURES[point.method].mark, at_x, at_y, 7, point in line)
        place = _free(at_x, at_y, said, taken, (left, width), text, point in line)
        taken.append(place)
        left_edge, over, right_edge, under = place
        picture.rect(left_edge - 1, over + 2, right_edge - left_edge - text, under - over - 3, "surface")
        picture.text(left_edge, under - text * 0.25, said, size=text)
        picture.close()
    return picture


def _range(points: tuple[MemoryPoint, ...]) -> tuple[float, float]:
    """Whole powers of ten that hold all costs."""
    costs = [max(p.cost, 0.1) for p in points]
    floor, peak = math.floor(math.log10(min(costs)) + 0.05), math.ceil(math.log10(max(costs)) - 0.05)
    return float(floor), float(max(peak, floor + 1))


def _axes(
    picture: Picture,
    scenario: MemoryScenario,
    box: tuple[float, float, float, float],
    scales: tuple[object, object],
    ends: tuple[float, float, float],
    width: int,
    text: int,
) -> None:
    (left, top, inner, tall), (most, floor, peak) = box, ends
    x, y = scales
    what = "misses" if scenario.lookups == "misses" else "hits"
    picture.text(2, text, f"{scenario.cost} a lookup, mean of {what}", size=text, ink="secondary")
    for power in range(int(floor), int(peak) + 1):
        at = y(10.0**power)  # type: ignore[operator]
        picture.line(left, at, left + inner, at, "idle")
        said = f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
        picture.text(left - 8, at + text * 0.35, said, size=text, ink="secondary", anchor="end", mono=True)
    base = top + tall + text * 1.8
    picture.line(left, base, left + inner, base, "edge")
    for extra in (0, 2, 5, 10, 20, 50, 100, 200):
        if extra > most * 1.3:
            continue
        at = x(extra)  # type: ignore[operator]
        picture.line(at, base, at, base + 5, "edge")
        said = f"{extra}" if extra else "none"
        picture.text(at, base + text * 1.4, said, size=text, ink="secondary", anchor="middle", mono=bool(extra))
    says = "bytes a name beside the table (dashed: nothing is both smaller and cheaper)"
    picture.text(left + inner, base + text * 2.9, says, size=text, ink="secondary", anchor="end")


def _free(x: float, y: float, said: str, taken: list[Box], edges: tuple[float, float], text: int, joined: bool) -> Box:
    """Where a label fits beside its marker; on the line that joins markers, above it first."""
    wide, tall = text * 0.6 * len(said), text * 1.15
    beside = [(x + 12, y - tall / 2), (x - 12 - wide, y - tall / 2)]
    above = [(x + 4, y - tall - 7), (x - wide / 2, y - tall - 9), (x - wide, y - tall - 9)]
    tries = above + beside if joined else beside + above
    for far in range(1, 12):
        for down in (-far * tall / 2 - tall, far * tall / 2):
            tries += [(x + shift, y + down) for shift in (-wide / 2, 6, -wide - 6, -wide / 4, -wide * 3 / 4)]
    for left, top in tries:
        box = (left, top, left + wide, top + tall)
        if left >= edges[0] and box[2] <= edges[1] and top >= 0 and not any(_meet(box, other) for other in taken):
            return box
    left = min(tries[0][0], edges[1] - wide)
    return (left, tries[0][1], left + wide, tries[0][1] + tall)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
