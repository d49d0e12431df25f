"""Shares of one vCPU drawn: a stacked bar for each scheduler and mode, with what is charged to the task that faults."""

from __future__ import annotations

from itertools import groupby

from lab.core.svg import Picture
from lab.pagefault.sharing import Share, Sharing

__all__ = ["draw"]

LEGEND = (
    ("good", "faulter computes"), ("bad", "vCPU stopped"), ("wait", "vCPU halted"), ("new", "calculator computes"),
)  # fmt: skip
QUIET = {"good": "on-good"}


def draw(found: Sharing, width: float = 920, text: float = 14) -> Picture:
    """The bars; a bar's key is `SCHEDULER:MODE`."""
    row, gap = 1.62 * text, 0.5 * text
    groups = [(name, list(shares)) for name, shares in groupby(found.shares, key=lambda one: one.scheduler)]
    narrow = width < 54 * text
    lines = 2 if narrow else 1
    top = (0.4 + 1.6 * lines) * text + 1.3 * text
    high = top + len(found.shares) * row + len(groups) * gap + len(found.refused) * row + 0.3 * text
    picture = Picture(width, high, "Who gets the vCPU", found.headline)
    left, right = 7.2 * text, width - 9.2 * text
    _legend(picture, text, narrow)
    for word, x in (("slow-down", right + 4.2 * text), ("fairness", width - 2)):
        picture.text(x, top - 0.45 * text, word, size=text, ink="secondary", anchor="end")
    y = top
    for name, shares in groups:
        picture.text(0, y + 1.1 * text, name, size=text, bold=True)
        for one in shares:
            _bar(picture, one, y, row, (left, right, width), text)
            y += row
        y += gap
    for name, why in found.refused:
        picture.open(f"{name}:", f"{name} is refused: {why}")
        picture.rect(0, y, width, row - 2, "none")
        picture.text(0, y + 1.1 * text, name, size=text, bold=True)
        most = int((width - 4 * text) / (0.56 * text))
        said = f"✕ refused: {why}"
        picture.text(4 * text, y + 1.1 * text, said if len(said) <= most else said[: most - 1] + "…", size=text)
        picture.close()
        y += row
    return picture


def _legend(picture: Picture, text: float, narrow: bool) -> None:
    x, y = 0.0, 0.3 * text
    for place, (fill, word) in enumerate(LEGEND):
        if narrow and place == 2:
            x, y = 0.0, y + 1.6 * text
        picture.rect(x, y, 1.3 * text, text, fill, edge="edge")
        picture.text(x + 1.7 * text, y + 0.9 * text, word, size=text)
        x += (2.9 + 0.56 * len(word)) * text
    picture.line(x, y + 0.5 * text, x + 1.3 * text, y + 0.5 * text, "ink", width=3)
    picture.text(x + 1.7 * text, y + 0.9 * text, "charged to it" if narrow else "charged to the faulter", size=text)


def _bar(picture: Picture, one: Share, y: float, row: float, span: tuple[float, float, float], text: float) -> None:
    left, right, width = span
    tall = row - 5
    picture.open(f"{one.scheduler}:{one.mode}", one.line())
    picture.rect(0, y, width, row - 2, "none")
    picture.text(left - 0.5 * text, y + 1.05 * text, one.mode, size=text, anchor="end")
    x = left
    waits = "wait" if one.mode == "halt" else "bad"
    for share, fill in ((one.faulter, "good"), (one.waits, waits), (one.calculator, "new"), (one.rest, "idle")):
        wide = (right - left) * share
        if wide > 0.3:
            picture.rect(x, y, wide, tall, fill, edge="edge", tip=one.line())
            _percent(picture, share, x + wide / 2, y, (wide, tall), fill, text)
        x += wide
    end = left + (right - left) * one.charged
    picture.line(left, y + tall + 1.5, end, y + tall + 1.5, "ink", width=3)
    slow = "–" if one.slow_down is None else f"×{one.slow_down:.2f}" if one.slow_down < 10 else f"×{one.slow_down:.0f}"
    fair = "–" if one.fairness is None else f"{one.fairness:.2f}"
    picture.text(right + 4.2 * text, y + 1.05 * text, slow, size=text, mono=True, anchor="end")
    picture.text(width - 2, y + 1.05 * text, fair, size=text, mono=True, anchor="end")
    picture.close()


def _percent(
    picture: Picture, share: float, middle: float, y: float, size: tuple[float, float], fill: str, text: float
) -> None:
    """The share in the box, on a quiet ground where the box has a pattern."""
    word = f"{100 * share:.0f} %"
    long = 0.62 * text * len(word)
    if size[0] < long + 10:
        return
    if fill not in QUIET:
        picture.rect(middle - long / 2 - 3, y + 2, long + 6, size[1] - 4, "surface", round_by=3)
    picture.text(middle, y + 0.95 * text, word, size=text, ink=QUIET.get(fill, "ink"), anchor="middle", mono=True)
