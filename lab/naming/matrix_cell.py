"""One cell of the matrix: a block in the state's colour with its mark, the name, and the state's word."""

from __future__ import annotations

import dataclasses

from lab.core.svg import Picture, number
from lab.naming.grid import fit
from lab.naming.marks import mark
from lab.naming.matrix import shown_name
from lab.naming.row import STATES, Row

__all__ = ["Layout", "cell_name", "cell_word", "draw_cell"]


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand, in px. `lefts` and `widths`: the cells of a row, by policy; `lines` of text in a cell."""

    text: int
    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    height: float
    lines: int

    @property
    def block(self) -> float:
        """Width of the coloured block with the mark."""
        return self.text * 1.9


def draw_cell(picture: Picture, policy: str, row: Row, layout: Layout, index: int, y: float) -> None:
    """One cell: a block in the state's colour with its mark, the name, and the state's word."""
    size, x, wide, height = layout.text, layout.lefts[index], layout.widths[index], layout.height
    token, block, word = STATES[row.state], layout.block, cell_word(row)
    name, here = cell_name(row)
    picture.open(f"{policy} {row.identity}", _announced(policy, row))
    picture.rect(x, y, wide, height, "surface", edge="edge", round_by=5)
    picture.rect(x + 1, y + 1, block, height - 2, token, round_by=4)
    mark(picture, x + 1 + block / 2, y + height / 2, token, size)
    inside = x + block + size * 0.5
    room = wide - block - size * 0.6
    if layout.lines == 1:
        unsure = "" if row.certain else " ?"
        words = _cut(name, room, size) + unsure
        picture.text(inside, y + height / 2 + size * 0.36, words, size=size, mono=True, ink=_ink(here))
    else:
        at = y + (height - size * 3.1) / (2 if layout.lines == 2 else 1)
        if layout.lines == 3:
            picture.text(inside, y + size * 1.25, policy, size=size, ink="secondary")
        picture.text(inside, at + size * 1.25, _cut(name, room, size), size=size, mono=True, bold=here, ink=_ink(here))
        picture.text(inside, at + size * 2.6, fit(word, room, size), size=size)
    if not row.certain:
        n = number
        around = f"M{n(x)} {n(y)}h{n(wide)}v{n(height)}h{n(-wide)}Z"
        picture.path(around, ink="ink", width=2, dash="5 4")
    picture.close()


def cell_name(row: Row) -> tuple[str, bool]:
    """The name in a cell, and whether the card has it; else the one that it had, or a dash."""
    if name := shown_name(row.after):
        return name, True
    return (row.before.name if row.before is not None and row.before.name else "–"), False


def cell_word(row: Row) -> str:
    """The state in words; for no name whether the card had one before."""
    name, here = cell_name(row)
    missing = "none" if name == "–" else "lost"
    word = row.state if here or row.state != "no name" else missing
    return word if row.certain else f"{word} ?"


def _ink(here: bool) -> str:
    return "ink" if here else "secondary"


def _announced(policy: str, row: Row) -> str:
    had = row.before.name if row.before is not None else None
    now = row.after.name if row.after is not None else None
    was = f", before {had}" if had != now and had else ""
    return f"{policy}: {now or 'no name'}{was}, {row.state}{'' if row.certain else ', uncertain'}, card {row.identity}"


def _cut(name: str, room: float, size: float) -> str:
    """`name` with its middle left out where there is no room: both ends tell names apart."""
    most = max(int(room / (size * 0.605)), 3)  # 0.602 is the widest of the usual fonts
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"
