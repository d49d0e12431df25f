"""Cost against table size as a picture, and the markers of the methods."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.core.svg import Picture, number
from lab.symbols.cost import SizeCost
from lab.symbols.scenario import SIZES
from lab.symbols.structures import STRUCTURES

__all__ = ["marker", "mean", "size_picture"]

DECADES = (1, 10, 100, 1000, 10_000)


def size_picture(costs: Sequence[SizeCost], size: int, headline: str, width: int = 920, text: int = 14) -> Picture:
    """Mean comparisons of a hit against the number of names, both axes logarithmic; `size` is read off."""
    height = round(text * 20.5)
    methods = list(dict.fromkeys(c.method for c in costs))
    left, right, top, bottom = text * 4.6, text * (11 if len(methods) <= FEW else 14), text * 2.2, text * 3.6
    picture = Picture(width, height, "Comparisons against table size", headline)
    inner, tall = width - left - right, height - top - bottom
    most = max(c.size for c in costs)
    low, high = math.log10(SIZES[0]), math.log10(max(most, SIZES[-1]))
    peak = math.log10(max(2e4, 0.8 * most))

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
    for names in (16, 100, 1000, 10_503, *((24_683,) if most <= SIZES[-1] else (most,))):
        picture.line(x(names), top + tall, x(names), top + tall + 5, "edge")
        anchor = "end" if names == 10_503 else "middle"
        label = f"{names:,}"
        picture.text(x(names), top + tall + text * 1.5, label, size=text, ink="secondary", anchor=anchor, mono=True)
    picture.text(left + inner / 2, height - 4, "names in the table", size=text, ink="secondary", anchor="middle")
    picture.line(left, top + tall, left + inner, top + tall, "edge")
    if size <= max(most, SIZES[-1]):
        picture.line(x(size), top, x(size), top + tall, "edge", dash="4 3")
    if most > SIZES[-1]:  # beyond the last real name
        picture.rect(x(SIZES[-1]), top - text * 1.3, left + inner - x(SIZES[-1]), text * 1.3, "idle")
        picture.text(left + inner, top - text * 0.3, "synthetic", size=text, ink="secondary", anchor="end")
    lines = [[c for c in costs if c.method == method] for method in methods]
    feet = _spread([y(line[-1].mean) + text * 0.35 for line in lines], text * 1.15, top + tall)
    for method, line, foot in zip(methods, lines, feet, strict=True):
        structure = STRUCTURES[method]
        real = sum(c.size <= SIZES[-1] for c in line)
        points = [f"{number(x(c.size))} {number(y(c.mean))}" for c in line]
        picture.path(f"M{'L'.join(points[:real])}", ink="ink", width=1.5)
        if 0 < real < len(points):  # from the last real size on
            picture.path(f"M{'L'.join(points[real - 1 :])}", ink="ink", width=1.5, dash="4 4")
        for c in line:
            label = f"{structure.word}, {c.size:,} names: mean {mean(c.mean)} comparisons, at most {c.most:,}"
            picture.open(f"{method}:{c.size}", label)
            marker(picture, structure.mark, x(c.size), y(c.mean), 7 if c.size == size else 5, c.size == size)
            picture.close()
        end = left + inner + text * 0.8
        at = next((c for c in line if c.size == size), line[-1])
        if len(methods) <= FEW:
            picture.text(end, y(line[-1].mean) - text * 0.2, structure.word, size=text, bold=True)
            picture.text(end, y(line[-1].mean) + text * 1.0, mean(at.mean), size=text, mono=True)
        else:
            picture.text(end, foot, f"{structure.mark} {structure.word}", size=text, bold=True)
            picture.text(width - 2, foot, mean(at.mean), size=text, mono=True, anchor="end")
    return picture


FEW = 4  # lines whose names have two rows each at their ends


def _spread(wanted: list[float], gap: float, low: float) -> list[float]:
    """Heights near those `wanted`, in the same order, at least `gap` apart, the lowest at `low` at most."""
    order = sorted(range(len(wanted)), key=lambda i: -wanted[i])
    placed, free = list(wanted), low
    for i in order:
        placed[i] = min(wanted[i], free)
        free = placed[i] - gap
    return placed


def mean(value: float) -> str:
    """A mean with two or three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def marker(picture: Picture, mark: str, x: float, y: float, r: float, chosen: bool) -> None:
    """A fixed marker a method; wide invisible room around it is easier to hit."""
    picture.path(_square(x, y, 12), fill="none")
    n = number
    low, half = r * 0.36, r * 0.5
    shapes = {
        "▼": f"M{n(x)} {n(y + r * 1.15)}l{n(r)} {n(-2 * r)}h{n(-2 * r)}z",
        "◀": f"M{n(x - r * 1.15)} {n(y)}l{n(2 * r)} {n(r)}v{n(-2 * r)}z",
        "▶": f"M{n(x + r * 1.15)} {n(y)}l{n(-2 * r)} {n(r)}v{n(-2 * r)}z",
        "★": _polygon(x, y, 10, r * 1.25, r * 0.55),
        "⬟": _polygon(x, y, 5, r * 1.1, r * 1.1),
        "⬢": _polygon(x, y, 6, r * 1.1, r * 1.1),
        "✚": f"M{n(x - low)} {n(y - r)}h{n(2 * low)}v{n(r - low)}h{n(r - low)}v{n(2 * low)}h{n(low - r)}v{n(r - low)}"
        f"h{n(-2 * low)}v{n(low - r)}h{n(low - r)}v{n(-2 * low)}h{n(r - low)}z",
        "✖": f"M{n(x)} {n(y - half)}l{n(half)} {n(-half)}l{n(half)} {n(half)}l{n(-half)} {n(half)}l{n(half)} {n(half)}"
        f"l{n(-half)} {n(half)}l{n(-half)} {n(-half)}l{n(-half)} {n(half)}l{n(-half)} {n(-half)}l{n(half)} {n(-half)}"
        f"l{n(-half)} {n(-half)}l{n(half)} {n(-half)}z",
        "▲": f"M{n(x)} {n(y - r * 1.15)}l{n(r)} {n(r * 2)}h{n(-2 * r)}z",
        "●": f"M{n(x - r)} {n(y)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0z",
        "■": _square(x, y, r * 0.9),
    }
    picture.path(shapes[mark], fill="ink" if chosen else "surface", ink="ink", width=1.5)


def _polygon(x: float, y: float, corners: int, outer: float, inner: float) -> str:
    """A polygon whose corners lie at two distances by turns; the first is on top."""
    points = []
    for i in range(corners):
        angle, r = 2 * math.pi * i / corners, inner if i % 2 else outer
        points.append(f"{number(x + r * math.sin(angle))} {number(y - r * math.cos(angle))}")
    return f"M{'L'.join(points)}z"


def _square(x: float, y: float, r: float) -> str:
    return f"M{number(x - r)} {number(y - r)}h{number(2 * r)}v{number(2 * r)}h{number(-2 * r)}z"
