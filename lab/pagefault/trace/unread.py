"""The lines that were not understood: counted all, the first ones kept with the reason."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MOST", "Unread", "Unreads"]

MOST = 50  # lines that are kept
LONGEST = 160  # characters of each


class Unread(NamedTuple):
    """Line number, why it was not understood, and how it begins."""

    line: int
    why: str
    text: str


class Unreads:
    """Collects them; `count` is how many there are, `first` the first `MOST`."""

    def __init__(self) -> None:
        self.first: list[Unread] = []
        self.count = 0

    def add(self, line: int, why: str, text: str) -> None:
        """One more."""
        self.count += 1
        if self.count <= MOST:
            self.first.append(Unread(line, why, text.strip()[:LONGEST]))
