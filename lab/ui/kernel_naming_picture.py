"""Predicted names beside real ones: a row per card, and for every scheme whether all its names came as predicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from lab.core.svg import Picture
from lab.naming.grid import MONO, SANS, fit
from lab.naming.marks import mark

__all__ = ["ROWS", "CardRow", "draw"]

ROWS = 8  # cards drawn; the table has all
EQUAL, DIFFERS, UNKNOWN = "good", "bad", ""  # palette tokens of a verdict; nothing is known before a run
OPEN = "wait"  # the palette token of a name that a race drew, or that nobody can judge: neither right nor wrong
TO_COME = "to come"  # a real name before a run
SIGNS = {EQUAL: "=", DIFFERS: "≠", OPEN: "∈"}
TITLE = "Predicted and real names"


@dataclasses.dataclass(frozen=True, slots=True)
class CardRow:
    """One card: its `key`, `driver` and `place`, the `predicted` names and the `real` one; None is none.

    `verdict`: a palette token, "" before a run. `schemes`: for each scheme the token for all the card's names under it.
    `said`: the row as one sentence.
    """

    key: str
    driver: str
    place: str
    predicted: tuple[str | None, ...]
    real: str | None
    verdict: str
    schemes: tuple[tuple[str, str], ...]
    said: str


def draw(
    rows: Sequence[CardRow], heads: tuple[str, str], scheme: str, headline: str, width: int = 920, text: int = 14
) -> Picture:
    """The picture, `width` px wide with letters of `text` px; `heads` stand above predicted and real names.

    `scheme`: the one whose names are shown, marked in the strip. Keys: a card's, and "CARD SCHEME" for its verdict.
    """
    shown = rows[:ROWS]
    many = max((len(row.schemes) for row in shown), default=0)
    side = max((len(row.key) + len(row.driver) + 3 for row in shown), default=0) * MONO * text
    side = max(side, 13 * MONO * text) + text
    step = min(1.9 * text, max(1.45 * text, (width * 0.42) / max(many, 1)))
    strip = step * many
    beside = width - side - strip - 2 * text >= 26 * MONO * text  # else the strips stand below the names
    names = width - side - (strip + 2 * text if beside else 0)
    step = step if beside else min(1.9 * text, names / max(many, 1))
    one = names / 2 - 0.8 * text
    tall = 2.6 * text if len(shown) <= 4 or not beside else 1.9 * text
    high = tall + (2.2 * text if not beside and many else 0) + 0.5 * text
    top = 3.6 * text if beside else 2.0 * text
    picture = Picture(width, top + high * max(len(shown), 1) + 2.0 * text, TITLE, headline.replace("`", ""))
    left, right = side, side + one + 1.6 * text
    base = top - 0.6 * text
    for x, head in zip((left, right), heads, strict=True):
        picture.text(x + 2, base, fit(head, one, text), size=text, bold=True)
    if beside and shown:
        _strip_heads(picture, shown[0].schemes, scheme, width - strip, step, top, text)
    for i, row in enumerate(shown):
        y = top + i * high
        picture.open(row.key, row.said)
        picture.rect(0, y, names + side, tall, "none")
        label = f"{row.key} {row.driver}".strip()
        if tall > 2.2 * text:
            picture.text(0, y + 1.1 * text, fit(label, side, text, MONO), size=text, mono=True)
            picture.text(0, y + 2.35 * text, fit(row.place, side, text, MONO), size=text, mono=True, ink="secondary")
        else:
            picture.text(0, y + 1.3 * text, fit(label, side, text, MONO), size=text, mono=True)
        _name(picture, " or ".join(n or "no name" for n in row.predicted) or "no card", "", left, y, one, tall, text)
        sign = SIGNS.get(row.verdict, "?")
        picture.text(right - 0.8 * text, y + tall / 2 + 0.36 * text, sign, size=text, anchor="middle", bold=True)
        real = "not run yet" if row.verdict == UNKNOWN else row.real or "no name"
        _name(picture, real, row.verdict or TO_COME, right, y, one, tall, text)
        picture.close()
        x, at, size = (width - strip, y + (tall - step) / 2, step) if beside else (side, y + tall + 3, step)
        _strip(picture, row, scheme, x, at, size, text)
    _legend(picture, rows, scheme, width, text)
    return picture


def _name(picture: Picture, name: str, token: str, x: float, y: float, wide: float, tall: float, text: float) -> None:
    """A name in its box: an outline for a prediction, filled with its verdict for what was real."""
    if token in SIGNS:
        picture.rect(x, y, 1.9 * text, tall, token, edge="edge", round_by=4)
        mark(picture, x + 0.95 * text, y + tall / 2, token, text)
        picture.rect(x, y, wide, tall, "none", edge="edge", round_by=4)
        x, wide = x + 1.9 * text, wide - 1.9 * text
    elif token:
        picture.path(f"M{x + 1:.1f} {y + 1:.1f}h{wide - 2:.1f}v{tall - 2:.1f}h{2 - wide:.1f}Z", ink="edge", dash="5 4")
    else:
        picture.rect(x, y, wide, tall, "surface", edge="edge", round_by=4)
    said = fit(name, wide - 0.9 * text, text, MONO)
    picture.text(x + 0.5 * text, y + tall / 2 + 0.36 * text, said, size=text, mono=True, bold=token != TO_COME)


def _strip_heads(
    picture: Picture, schemes: Sequence[tuple[str, str]], scheme: str, x: float, step: float, top: float, text: float
) -> None:
    for i, (name, _token) in enumerate(schemes):
        at = x + (i + 0.5) * step + 0.36 * text
        picture.text(at, top - 0.4 * text, name, size=text, turn=-90, mono=True, bold=name == scheme,
                     ink="ink" if name == scheme else "secondary")  # fmt: skip


def _strip(picture: Picture, row: CardRow, scheme: str, x: float, y: float, step: float, text: float) -> None:
    box = step - 3
    for i, (name, token) in enumerate(row.schemes):
        other = "not run yet" if row.verdict == UNKNOWN else "not judged"
        word = {EQUAL: "all as predicted", DIFFERS: "not as predicted"}.get(token, other)
        picture.open(f"{row.key} {name}", f"{row.key} under {name}: {word}")
        left = x + i * step
        picture.rect(left, y, box, box, token or "surface", edge="edge", round_by=3)
        if token:
            mark(picture, left + box / 2, y + box / 2, token, text * 0.85)
        else:
            picture.text(left + box / 2, y + box / 2 + 0.36 * text, "?", size=text, anchor="middle", ink="secondary")
        if name == scheme:
            picture.rect(left - 2, y - 2, box + 4, box + 4, "none", edge="ink", round_by=4)
        picture.close()


def _legend(picture: Picture, rows: Sequence[CardRow], scheme: str, width: float, text: float) -> None:
    span = f" ({rows[0].schemes[0][0]}–{rows[0].schemes[-1][0]})" if rows and rows[0].schemes else ""
    words = f"Squares: all names of a card, by scheme{span}"
    left = len(rows) - ROWS
    words += f"; framed: {scheme}" + (f"; {left} more cards in the table" if left > 0 else "")
    picture.text(0, picture.height - 0.5 * text, fit(words, width, text, SANS), size=text, ink="secondary")
