"""Picture of a module's load: one cell a name, in blocks by who exports it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from lab.core.svg import Picture
from lab.symbols.module_load import ModuleLoad, Resolved
from lab.symbols.store.rows import KERNEL

__all__ = ["KINDS", "module_picture"]

# kind of a name -> fill, letter in its cell, words
KINDS: dict[str, tuple[str, str, str]] = {
    "plain": ("idle", "", "for every module"),
    "gpl": ("good", "G", "for GPL-compatible modules only"),
    "namespace": ("new", "N", "in a namespace"),
    "missing": ("bad", "?", "exported by nobody"),
}
CELLS = (30, 28, 26, 24, 22, 20, 18, 17, 16, 15, 14, 12)  # px, the first that fits; the last in any case
LETTERED = 1000  # with more names only the rare kinds have letters: a picture stays under 200 kB
LETTER = 0.62  # width of a letter by its height


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    """One owner's cells: where it begins, and how many cells are in a line."""

    title: str
    rows: tuple[Resolved, ...]
    x: float
    y: float
    columns: int


def module_picture(load: ModuleLoad, width: int = 920, text: int = 14, height: int = 330) -> Picture:
    """The cells of `load`, as large as fits into `height` px; the key of a cell is its place in the symbol table."""
    legend, lines = _legend_places(load, width, text)
    head = text * (0.4 + 1.6 * lines)
    blocks, end, cell = _laid_out(load, width, text, height - head)
    picture = Picture(width, max(end + head, text * 6), "The load of one module", load.headline)
    _legend(picture, legend, text)
    letters = cell >= text + 2
    for block in blocks:
        y = head + block.y
        picture.text(block.x, y + text, block.title, size=text, bold=True)
        y += text * 1.5
        for i, row in enumerate(block.rows):
            _cell(picture, row, block.x + i % block.columns * cell, y + i // block.columns * cell, cell, text,
                  letters and (row.kind not in ("plain", "gpl") or len(load.rows) <= LETTERED))  # fmt: skip
    return picture


def _legend_places(load: ModuleLoad, width: int, text: int) -> tuple[list[tuple[str, str, float, float]], int]:
    """The kinds that occur (kind, words, x, y), with how many names are of each; and how many lines that takes."""
    places = []
    x, line = 1.0, 0
    for kind, (_, _, words) in KINDS.items():
        count = sum(row.kind == kind for row in load.rows)
        if not count and kind != "plain":
            continue
        said = f"{words}: {count:,}"
        wide = text * (1.7 + 0.56 * len(said))
        if x > 1 and x + wide > width:
            x, line = 1.0, line + 1
        places.append((kind, said, x, 1 + line * text * 1.6))
        x += wide + text
    return places, line + 1


def _legend(picture: Picture, places: Sequence[tuple[str, str, float, float]], text: int) -> None:
    for kind, said, x, y in places:
        fill, letter, _ = KINDS[kind]
        picture.rect(x, y, text * 1.3, text * 1.3, fill, edge="edge")
        if letter:
            _letter(picture, letter, fill, x + text * 0.65, y + text * 1.05, text)
        picture.text(x + text * 1.7, y + text * 1.05, said, size=text)


def _cell(picture: Picture, row: Resolved, x: float, y: float, cell: int, text: int, lettered: bool) -> None:
    fill, letter, _ = KINDS[row.kind]
    picture.open(str(row.place), row.name)
    picture.rect(x, y, cell - 1, cell - 1, fill)
    letter = "w" if row.weak and row.export is None else letter
    if letter and lettered:
        _letter(picture, letter, fill, x + (cell - 1) / 2, y + (cell - 1) / 2 + text * 0.36, text)
    picture.close()


def _letter(picture: Picture, letter: str, fill: str, x: float, y: float, text: int) -> None:
    picture.text(x, y, letter, size=text, ink=f"on-{fill}", anchor="middle", bold=fill not in ("good", "idle"))


def _laid_out(load: ModuleLoad, width: int, text: int, room: float) -> tuple[list[_Block], float, int]:
    """The blocks with the largest cells that leave the picture within `room`; its height, and a cell's size."""
    blocks: list[_Block] = []
    end = 0.0
    for cell in CELLS:
        blocks, end = _flow(load.owners, width, text, cell)
        if end <= room:
            break
    return blocks, end, cell


def _flow(
    owners: Sequence[tuple[str, tuple[Resolved, ...]]], width: int, text: int, cell: int
) -> tuple[list[_Block], float]:
    """Blocks from left to right, in lines."""
    blocks: list[_Block] = []
    x = y = tall = 0.0
    for owner, rows in owners:
        word = "the kernel" if owner == KERNEL else owner or "nobody"
        title = f"{word}: {len(rows):,}"
        columns = min(len(rows), max(1, int(width // cell)))
        wide = max(columns * cell, len(title) * text * LETTER)
        if x and x + wide > width:
            x, y, tall = 0.0, y + tall + text * 0.7, 0.0
        blocks.append(_Block(title, rows, x, y, columns))
        tall = max(tall, text * 1.5 + -(-len(rows) // columns) * cell)
        x += wide + text * 1.5
    return blocks, y + tall + 2
