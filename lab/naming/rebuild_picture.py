"""The matrix with what can be done next: new cards to take, and places to put them."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.svg import Picture
from lab.naming.grid import SANS, fit
from lab.naming.matrix import Matrix
from lab.naming.matrix_picture import Chip
from lab.naming.matrix_picture import draw as draw_matrix
from lab.naming.rebuild import card_chips, offered, targets

__all__ = ["draw"]

ROOM = 100  # px for the rows of few cards


def draw(answer: Matrix, width: int = 920, text: int = 14, held: str = "") -> Picture:
    """The picture of `answer`; `held` is the key of what was taken and is not yet put anywhere.

    Keys: "add KIND" and "card CARD" for what can be taken, "to PLACE" and "out ..." for where it can be put,
    and those of the matrix.
    """
    movable = {} if answer.after.recorded else card_chips(answer.after)
    picture = draw_matrix(answer, width, text, ROOM, movable, bare=True)
    if answer.after.recorded:
        return picture
    y = picture.height + text * 0.5
    new = offered()
    said = next((c.said for c in (*new, *movable.values()) if c.key == held), "")
    y = _chips(picture, "take", new, y, width, text, held, dashed=False)
    y = _chips(picture, "put it", targets(answer.after), y, width, text, "" if said else "-", dashed=True)
    picture.height = y
    return picture


def _chips(
    picture: Picture, title: str, chips: Sequence[Chip], y: float, width: int, text: int, held: str, *, dashed: bool
) -> float:
    """A row of chips, in lines as wide as the picture; returns where the next row begins."""
    left = 4.4 * text
    x, high = left, max(text * 1.75, 24.0)
    picture.text(0, y + high / 2 + text * 0.36, title, size=text, ink="secondary")
    for chip in chips:
        wide = min(len(chip.label) * SANS * text + text * 1.3, width - left - 1)
        if x + wide > width and x > left:
            x, y = left, y + high + 5
        picture.open(chip.key, chip.said)
        taken = bool(held) and chip.key == held
        picture.rect(x, y, wide, high, "idle" if taken else "surface", edge="ink" if taken else "edge", round_by=5)
        if dashed:
            picture.line(x + 5, y + high - 3, x + wide - 5, y + high - 3, "edge", dash="3 3")
        words = fit(chip.label, wide - text * 0.6, text, 0.5)
        picture.text(x + wide / 2, y + high / 2 + text * 0.36, words, size=text, anchor="middle", bold=taken)
        picture.close()
        x += wide + 6
    return y + high + 6
