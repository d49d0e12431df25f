"""Names that look like one that is not there."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["distance", "near"]

MOST = 3  # edits that still count as a slip of the pen


def near(wanted: bytes, names: Sequence[bytes], limit: int) -> list[bytes]:
    """At most `limit` of `names`, those with the fewest edits from `wanted` first.

    Where none is within a few edits, those that share the longest beginning (at least half of `wanted`).
    """
    most = min(MOST, max(1, len(wanted) // 4))
    letters = frozenset(wanted)
    found = []
    for name in names:
        # an edit changes the length by one at most, and the letters that occur by two
        if abs(len(name) - len(wanted)) <= most and len(letters.symmetric_difference(name)) <= 2 * most:
            edits = distance(wanted, name, most)
            if edits <= most:
                found.append((edits, name))
    if found:
        return [name for _, name in sorted(found)[:limit]]
    shared = [(-_common(wanted, name), name) for name in names if name[:2] == wanted[:2]]
    return [name for length, name in sorted(shared)[:limit] if -2 * length >= len(wanted) > 0]


def distance(one: bytes, other: bytes, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from `one` to `other`; `most` + 1 if more.

    The restricted Damerau-Levenshtein distance, row by row.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, above[j - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _common(one: bytes, other: bytes) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
