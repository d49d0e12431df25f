"""The line on which a table of numbers is zero: straight between the centres of its cells (marching squares)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Path", "paths"]

Dot = tuple[float, float]  # column, row
Path = tuple[Dot, ...]
# corners of a square, in turn: a side goes from one to the next
CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def paths(values: Sequence[Sequence[float | None]]) -> list[Path]:
    """Lines on which `values[row][column]`, interpolated, is zero; a gap (None) ends a line. Always in one order.

    A table of one row or column has no line. W. E. Lorensen and H. E. Cline, "Marching Cubes", SIGGRAPH 1987, in the
    plane; a saddle is cut by the mean of its corners.
    """
    pieces: list[tuple[Dot, Dot]] = []
    for row in range(len(values) - 1):
        for column in range(len(values[row]) - 1):
            pieces += _square(values, column, row)
    return _joined(pieces)


def _square(values: Sequence[Sequence[float | None]], column: int, row: int) -> list[tuple[Dot, Dot]]:
    corners = [values[row + y][column + x] for x, y in CORNERS]
    known = [v for v in corners if v is not None]
    if len(known) < 4:
        return []
    dots = [_cross(column, row, side, known) for side in range(4)]
    found = [dot for dot in dots if dot is not None]
    if len(found) < 4:
        return [(found[0], found[1])] if len(found) == 2 else []
    # a saddle: the corner that differs from the middle is cut off alone, and so is the one across
    first = 0 if (known[0] > 0) != (sum(known) > 0) else 1
    return [(found[first], found[first - 1]), (found[(first + 2) % 4], found[first + 1])]


def _cross(column: int, row: int, side: int, known: Sequence[float]) -> Dot | None:
    """Where the side from one corner to the next is zero."""
    a, b = known[side], known[(side + 1) % 4]
    if (a > 0) == (b > 0):
        return None
    (x1, y1), (x2, y2) = CORNERS[side], CORNERS[(side + 1) % 4]
    # from the same end for both squares that share the side, so that the dot is the same to the last bit
    if (x2, y2) < (x1, y1):
        (x1, y1), (x2, y2), a, b = (x2, y2), (x1, y1), b, a
    share = a / (a - b)
    return column + x1 + (x2 - x1) * share, row + y1 + (y2 - y1) * share


def _joined(pieces: Sequence[tuple[Dot, Dot]]) -> list[Path]:
    """Pieces that share an end made one line each."""
    left = dict.fromkeys(range(len(pieces)))
    at: dict[Dot, list[int]] = {}
    for i, ends in enumerate(pieces):
        for dot in ends:
            at.setdefault(dot, []).append(i)
    found: list[Path] = []
    ends_first = sorted(left, key=lambda i: (min(len(at[dot]) for dot in pieces[i]), i))
    for start in ends_first:
        if start not in left:
            continue
        del left[start]
        a, b = pieces[start]
        line = [b, a] if len(at[b]) == 1 else [a, b]
        while (following := _next(at[line[-1]], left)) is not None:
            del left[following]
            first, second = pieces[following]
            line.append(second if first == line[-1] else first)
        found.append(tuple(line))
    return found


def _next(near: Sequence[int], left: dict[int, None]) -> int | None:
    return next((i for i in near if i in left), None)
