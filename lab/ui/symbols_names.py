"""What the symbol sections offer: names to look up, and methods to add and remove."""

from __future__ import annotations

from collections.abc import Sequence

from lab.symbols.cost import most_asked
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.structures import STRUCTURES

__all__ = ["OFFERED", "SINGLE_LOOKUPS", "offered_names", "toggled"]

OFFERED = 1000  # a browser's list of 10,000 names makes the whole page slow


def offered_names() -> Sequence[str]:
    """Names that are missing, and those most asked for; any other can be typed."""
    return [*MISSING_NAMES, *sorted(most_asked(OFFERED))]


# a merge join answers whole batches only
SINGLE_LOOKUPS = tuple(name for name in STRUCTURES if name != "merge")


def toggled(methods: tuple[str, ...], method: str) -> tuple[str, ...]:
    """`methods` without `method` if it was among them, with it in the order of `STRUCTURES` if not; one stays."""
    if method in methods:
        return tuple(m for m in methods if m != method) or methods
    return tuple(m for m in STRUCTURES if m in (*methods, method))
