"""Comparisons counted inside the kernel beside the predicted ones, and the instructions that a lookup took."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.core.palette import TOKENS
from lab.core.svg import Picture

if TYPE_CHECKING:
    from lab.realkernel.symbols.result import Method, SymbolRun

__all__ = ["draw"]

HIGH = 4.0  # powers of ten: up to 10,000 comparisons a lookup
MONO = 0.62  # width of a letter in its size, on the safe side
FEW = 3  # methods that have roomy rows
COUNTLESS = "what it compares cannot be counted from outside"


def draw(run: SymbolRun, methods: tuple[str, ...], headline: str, width: int = 920, text: int = 14) -> Picture:
    """A row a method with two bars on one logarithmic axis: counted, and predicted below it; the key is the method."""
    row = (3.4 if len(methods) <= FEW else 2.6) * text
    left, figure, right = 14.2 * text, 5.6 * text, 8.0 * text
    if width < 48 * text:
        left = 0.0
    lift = 0.0 if left else 1.5 * text
    top = 2.6 * text
    high = row + lift
    picture = Picture(width, top + high * len(methods) + 1.7 * text, "Comparisons of a lookup", headline)
    inner = width - left - right - figure

    def x(value: float) -> float:
        return left + inner * min(1.0, max(0.0, math.log10(max(value, 1.0)) / HIGH))

    bottom = top + high * len(methods)
    picture.text(0, 1.0 * text, "strings compared in a lookup", size=text, ink="secondary")
    unit = "instructions" if run.counted else "ns"
    picture.text(width - 2, 1.0 * text, f"{unit} a lookup", size=text, ink="secondary", anchor="end")
    for power in range(int(HIGH) + 1):
        at = x(10.0**power)
        picture.line(at, top - 4, at, bottom, "idle")
        anchor = "start" if power == 0 else "middle"
        said = f"{10**power:,}"
        picture.text(at, top - 0.5 * text, said, size=text, ink="secondary", anchor=anchor, mono=True)
    for i, name in enumerate(methods):
        method = run.methods[name]
        y = top + i * high
        picture.open(name, _said(method))
        picture.rect(0, y - 2, width, high - 4, "none")
        if left:
            picture.text(0, y + 1.05 * text, method.word, size=text, bold=True)
        else:
            picture.text(0, y + 1.1 * text, method.word, size=text, bold=True)
        _bars(picture, method, left, y + lift, x, text)
        time = "–" if method.time is None else f"{method.time:,.0f}"
        picture.text(width - 2, y + lift + 1.05 * text, time, size=text, mono=True, bold=True, anchor="end")
        ratio = _times(run, method)
        picture.text(width - 2, y + lift + 2.25 * text, ratio, size=text, ink="secondary", anchor="end")
        picture.close()
    _scale(picture, bottom, text)
    return picture


def _bars(picture: Picture, method: Method, left: float, y: float, x: Callable[[float], float], text: int) -> None:
    tall = 1.05 * text
    found, foretold = method.comparisons, method.predicted
    if found is None or foretold is None:
        picture.text(left, y + 1.05 * text, COUNTLESS, size=text, ink="secondary")
        return
    for value, fill, at in ((found, "good" if method.equal else "bad", y), (foretold, "idle", y + tall + 2)):
        mean = value / max(1, method.lookups)
        end = x(mean)
        picture.rect(left, at, max(3.0, end - left), tall, fill, edge="edge")
        word = f"{mean:,.4g}" if mean < 1000 else f"{mean:,.0f}"
        picture.text(end + 6, at + 0.87 * tall, word, size=text, mono=True, bold=at == y)
        if at == y:
            x_mark = end + 6 + (len(word) * MONO + 0.6) * text
            picture.text(x_mark, at + 0.87 * tall, TOKENS[fill].mark, size=text, bold=True)


def _scale(picture: Picture, bottom: float, text: int) -> None:
    """What the two bars are."""
    at, y = 0.0, bottom + 1.3 * text
    for fill, word in (("good", "counted in the kernel"), ("idle", "predicted for the same table")):
        picture.rect(at, y - 0.85 * text, text, text, fill, edge="edge")
        picture.text(at + 1.5 * text, y, word, size=text, ink="secondary")
        at += (len(word) * 0.56 + 2.8) * text


def _times(run: SymbolRun, method: Method) -> str:
    search = run.methods["bsearch"].time
    if method.time is None or not search:
        return ""
    return "" if method is run.methods["bsearch"] else f"{method.time / search:,.3g}× bsearch()"


def _said(method: Method) -> str:
    told = [] if method.comparisons_per_lookup is None else [f"{method.comparisons_per_lookup:,.4g} strings compared"]
    told += [] if method.predicted is None else ["as predicted" if method.equal else "not as predicted"]
    return f"{method.word}: {', '.join(told) or COUNTLESS}"
