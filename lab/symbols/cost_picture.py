"""Cost against table size, and times of the whole load, as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.core.duration import duration
from lab.core.svg import Picture, number
from lab.symbols.cost import SizeCost
from lab.symbols.scenario import SIZES
from lab.symbols.structures import STRUCTURES
from lab.symbols.timing import TimedLookup, Timing

__all__ = ["size_picture", "time_picture"]

DECADES = (1, 10, 100, 1000, 10_000)


def size_picture(costs: Sequence[SizeCost], size: int, headline: str, width: int = 920, text: int = 14) -> Picture:
    """Mean comparisons of a hit against the number of names, both axes logarithmic; `size` is read off."""
    height = round(text * 20.5)
    left, right, top, bottom = text * 4.6, text * 11, text * 2.2, text * 3.6
    picture = Picture(width, height, "Comparisons against table size", headline)
    inner, tall = width - left - right, height - top - bottom
    low, high = math.log10(SIZES[0]), math.log10(SIZES[-1])
    peak = math.log10(2e4)

    def x(names: float) -> float:
        return left + inner * (math.log10(names) - low) / (high - low)

    def y(comparisons: float) -> float:
        return top + tall * (1 - math.log10(max(comparisons, 1)) / peak)

    picture.text(left - text * 4.4, text, "comparisons to find a name, mean of all names", size=text, ink="secondary")
    for decade in DECADES:
        picture.line(left, y(decade), left + inner, y(decade), "idle")
        picture.text(
            left - 8, y(decade) + text * 0.35, f"{decade:,}", size=text, ink="secondary", anchor="end", mono=True
        )
    for names in (16, 100, 1000, 10_503, 24_683):
        picture.line(x(names), top + tall, x(names), top + tall + 5, "edge")
        anchor = "end" if names == 10_503 else "middle"
        label = f"{names:,}"
        picture.text(x(names), top + tall + text * 1.5, label, size=text, ink="secondary", anchor=anchor, mono=True)
    picture.text(left + inner / 2, height - 4, "names in the table", size=text, ink="secondary", anchor="middle")
    picture.line(left, top + tall, left + inner, top + tall, "edge")
    picture.line(x(size), top, x(size), top + tall, "edge", dash="4 3")
    for method in dict.fromkeys(c.method for c in costs):
        structure = STRUCTURES[method]
        line = [c for c in costs if c.method == method]
        points = "L".join(f"{number(x(c.size))} {number(y(c.mean))}" for c in line)
        picture.path(f"M{points}", ink="ink", width=1.5)
        for c in line:
            label = f"{structure.word}, {c.size:,} names: mean {mean(c.mean)} comparisons, at most {c.most:,}"
            picture.open(f"{method}:{c.size}", label)
            _marker(picture, structure.mark, x(c.size), y(c.mean), 7 if c.size == size else 5, c.size == size)
            picture.close()
        end = left + inner + text * 0.8
        at = next((c for c in line if c.size == size), line[-1])
        picture.text(end, y(line[-1].mean) - text * 0.2, structure.word, size=text, bold=True)
        picture.text(end, y(line[-1].mean) + text * 1.0, mean(at.mean), size=text, mono=True)
    return picture


def mean(value: float) -> str:
    """A mean with two or three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _marker(picture: Picture, mark: str, x: float, y: float, r: float, chosen: bool) -> None:
    """A fixed marker a method; wide invisible room around it is easier to hit."""
    picture.path(_square(x, y, 12), fill="none")
    n = number
    shapes = {
        "▲": f"M{n(x)} {n(y - r * 1.15)}l{n(r)} {n(r * 2)}h{n(-2 * r)}z",
        "●": f"M{n(x - r)} {n(y)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0z",
        "■": _square(x, y, r * 0.9),
    }
    picture.path(shapes[mark], fill="ink" if chosen else "surface", ink="ink", width=1.5)


def _square(x: float, y: float, r: float) -> str:
    return f"M{number(x - r)} {number(y - r)}h{number(2 * r)}v{number(2 * r)}h{number(-2 * r)}z"


def time_picture(
    timings: Sequence[Timing], comparisons: dict[str, int], headline: str, width: int = 920, text: int = 14
) -> Picture:
    """Time of the whole workload by method, on a logarithmic axis; each timing has its own bar and is named."""
    methods = [row.method for row in timings[0].rows]
    row, bar = round(text * max(3.6, 1.0 + 1.5 * len(timings))), round(text * 1.2)
    height = round(text * 2.2) + row * len(methods) + round(text * (1.6 + 1.5 * len(timings)))
    left, right, top = text * 13, text * 12, text * 2.0
    inner = width - left - right
    low, high = -3.5, 1.0  # 0.3 ms to 10 s
    picture = Picture(width, height, "Time for all references", headline)

    def x(value: float) -> float:
        return left + inner * min(1.0, max(0.0, (math.log10(value) - low) / (high - low)))

    for power in range(-3, 2):
        at = x(10.0**power)
        picture.line(at, top, at, top + row * len(methods), "idle")
        picture.text(at, top - 6, duration(10.0 ** (power + 6)), size=text, ink="secondary", anchor="middle", mono=True)
    picture.text(width - 2, top - 6, "÷ binary search", size=text, ink="secondary", anchor="end")
    for i, method in enumerate(methods):
        y = top + i * row + text * 0.7
        found = [(t, r) for t in timings if (r := t.row(method))]
        structure = STRUCTURES.get(method)
        word = f"{structure.mark if structure else '◆'} {found[0][1].word}"
        picture.open(method, f"{found[0][1].word}: " + "; ".join(_told(t, r) for t, r in found))
        picture.rect(0, y - 5, width, row - 4, "none")
        picture.text(2, y + text, word, size=text, bold=True)
        if method in comparisons:
            picture.text(2, y + text * 2.3, f"{_short(comparisons[method])} comparisons", size=text, ink="secondary")
        for j, (timing, timed) in enumerate(found):
            at = y + j * text * 1.5
            total = timing.total(method) or 0.0
            if total > 0:
                picture.rect(left, at, x(total) - left, bar, TOKENS[timing.measured], edge="edge")
            picture.text(x(max(total, 1e-9)) + 8, at + bar - 3, duration(total * 1e6), size=text, mono=True)
            ratio = timing.ratio(method, "binary")
            told = f"{ratio:.3g}" if ratio is not None else "–"
            told = f"noisy {told}" if timed.noisy else told
            picture.text(width - 2, at + bar - 3, told, size=text, anchor="end", mono=True)
        picture.close()
    for j, timing in enumerate(timings):
        y = top + row * len(methods) + text * (1.1 + 1.5 * j)
        picture.rect(2, y - text * 0.85, text, text, TOKENS[timing.measured], edge="edge")
        room = int((width - text * 2) / (text * 0.56))
        told = f"{'measured here' if timing.measured == 'here' else 'recorded'}: {timing.machine}"
        picture.text(text * 1.8, y, told if len(told) <= room else told[: room - 1] + "…", size=text, ink="secondary")
    return picture


TOKENS = {"recorded": "idle", "here": "good"}


def _told(timing: Timing, row: TimedLookup) -> str:
    where = "measured here" if timing.measured == "here" else "recorded"
    return f"{duration((timing.total(row.method) or 0.0) * 1e6)} {where}"


def _short(count: int) -> str:
    return f"{count / 1e6:,.3g} M" if count >= 1_000_000 else f"{count:,}"
