"""Where things stand in the pictures of this room, and how many letters have room."""

from __future__ import annotations

import dataclasses

__all__ = ["MONO", "SANS", "Grid", "fit"]

MONO, SANS = 0.62, 0.55  # width of a letter in its size, on the safe side


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """Where things stand, in px: `tag` is the width of a name's tag, `row` the height of a card's row."""

    width: int
    text: int
    tag: float
    row: float
    top: float
    narrow: bool

    @property
    def right(self) -> float:
        """Where the tags of the machine after begin."""
        return self.width - self.tag - 1

    def centre(self, index: int) -> float:
        """The middle of a row."""
        lift = self.text * 1.1 if self.narrow else 0
        return self.top + self.row * (index + 0.5) + lift


def fit(text: str, room: float, size: float, letter: float = SANS) -> str:
    """`text`, cut to the letters that have room."""
    most = int(room / (size * letter))
    return text if len(text) <= most else text[: max(most - 1, 1)].rstrip() + "…"
