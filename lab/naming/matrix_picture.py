"""The matrix as a picture: a row per card, a cell per policy, and card by card where the page is narrow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from lab.core.svg import Picture, number
from lab.naming.grid import MONO, SANS, fit
from lab.naming.headline import rules_said
from lab.naming.marks import mark
from lab.naming.matrix import DANGER, Matrix
from lab.naming.matrix_cell import Layout, cell_name, cell_word, draw_cell
from lab.naming.picture import card_label, short_name
from lab.naming.row import STATES, Row

__all__ = ["Chip", "draw"]

ROOM = 220  # px for the rows of few cards, which then are taller
ROWS = 8  # cards drawn; the table has all
TALL = 6  # rows of two lines each; more get one line, and the words stand in the legend
LETTERS = 10  # of a name that is cut, at least


@dataclasses.dataclass(frozen=True, slots=True)
class Chip:
    """A thing in a picture to take, or a place to put it: its `key`, its `label`, and what is `said` of it."""

    key: str
    label: str
    said: str


def draw(
    answer: Matrix,
    width: int = 920,
    text: int = 14,
    room: float = ROOM,
    takes: Mapping[str, Chip] | None = None,
    *,
    bare: bool = False,
) -> Picture:
    """The picture of `answer`, `width` px wide with letters of `text` px; the key of a cell is "POLICY IDENTITY".

    `room`: px for the rows of few cards, which then are taller. `takes`: by devpath what makes the label of a card
    a thing that can be chosen. `bare`: without the line that names the machines, and without the legend where the
    cells have words.
    """
    cards = _most_telling(answer)
    policies = tuple(answer.columns)
    needs = [_need(answer, policy, cards, text) for policy in policies]
    side = max([_label_width(answer, answer.cards[i], text) for i in cards], default=0.0) + (8 if takes else 0)
    full, least = sum(wide for wide, _ in needs), sum(low for _, low in needs)
    share = min(max((width - side - least) / (full - least), 0), 1) if full > least else 0
    place = [low + (wide - low) * share for wide, low in needs]
    if side + least > width and cards:
        return _stacked(answer, cards, width, text, takes or {}, bare)
    lines = 2 if len(cards) <= TALL else 1
    spare = (width - side - sum(place)) / len(place)
    widths = [w + min(spare, text * 4) for w in place]
    lefts = [width - sum(widths[i:]) for i in range(len(widths))]
    height = min(max(text * 3.1, room / max(len(cards), 1) - 5), text * 5) if lines == 2 else max(text * 1.7, 24)
    layout = Layout(text, tuple(lefts), tuple(w - 5 for w in widths), height, lines)
    top, step = text * (1.9 if bare else 3.7), height + (5 if lines == 2 else 3)
    legend = text * (0.2 if bare and lines == 2 else 2.1)
    picture = Picture(
        width, top + step * max(len(cards), 1) + legend, "Which policy keeps which name", _plain(answer.headline)
    )
    if not bare:
        _heading(picture, answer, width, text)
    for policy, x in zip(policies, layout.lefts, strict=True):
        picture.text(x + 2, top - text * 0.5, policy, size=text, bold=True)
    if not cards:
        picture.text(width / 2, top + text * 1.5, "no card", size=text, ink="secondary", anchor="middle")
    for index, card in enumerate(cards):
        y = top + step * index
        chip = _open(picture, answer.cards[card], takes or {})
        if chip:
            picture.rect(0, y, layout.lefts[0] - 8, height, "surface", edge="idle", round_by=5)
        label = _label(answer, answer.cards[card], text)
        _card(picture, answer.cards[card], label, layout.lefts[0] - 10, y, layout, 5 if chip else 0)
        if chip:
            picture.close()
        for i, policy in enumerate(policies):
            draw_cell(picture, policy, answer.columns[policy].rows[card], layout, i, y)
    if legend > text:
        _legend(picture, answer, cards, width, text)
    return picture


def _stacked(
    answer: Matrix, cards: Sequence[int], width: int, text: int, takes: Mapping[str, Chip], bare: bool
) -> Picture:
    """Card by card, the cells below its name, as many in a row as have room."""
    policies = tuple(answer.columns)
    widest = max(low for _, low in (_need(answer, policy, cards, text) for policy in policies))
    many = max(1, min(len(policies), int(width // widest)))
    many = -(-len(policies) // -(-len(policies) // many))  # rows of equal length
    wide = width / many
    layout = Layout(text, tuple(1 + wide * i for i in range(many)), (wide - 6,) * many, text * 4.3, 3)
    block = text * 1.9 + (layout.height + 5) * -(-len(policies) // many) + text * 0.5
    top, legend = (0.0, 0.0) if bare else (text * 2.2, text * 2.1)
    picture = Picture(
        width, top + block * len(cards) + legend, "Which policy keeps which name", _plain(answer.headline)
    )
    if not bare:
        _heading(picture, answer, width, text)
    for index, card in enumerate(cards):
        row, y = answer.cards[card], top + block * index
        label = fit(_label(answer, row, text), width, text, MONO)
        if _open(picture, row, takes):
            picture.rect(0, y - text * 0.1, width - 1, text * 1.7, "surface", edge="idle", round_by=5)
            picture.text(6, y + text * 1.2, label, size=text, mono=True)
            picture.close()
        else:
            picture.text(0, y + text * 1.2, label, size=text, mono=True)
        after = (len(label) + 2) * text * MONO
        if width - after > 4 * text:
            place = fit(_place(row), width - after, text, MONO)
            picture.text(after, y + text * 1.2, place, size=text, mono=True, ink="secondary")
        for i, policy in enumerate(policies):
            at = y + text * 1.7 + (layout.height + 5) * (i // many)
            draw_cell(picture, policy, answer.columns[policy].rows[card], layout, i % many, at)
    if not bare:
        _legend(picture, answer, cards, width, text)
    return picture


def _most_telling(answer: Matrix) -> tuple[int, ...]:
    """The rows that are drawn: all, or where there are too many the ones to which most happens, in their order."""

    def worst(index: int) -> int:
        return min(DANGER.index(column.rows[index].state) for column in answer.columns.values())

    every = range(len(answer.cards))
    return tuple(sorted(sorted(every, key=worst)[:ROWS]))


def _need(answer: Matrix, policy: str, cards: Sequence[int], text: int) -> tuple[float, float]:
    """The width of a column with its names in full, and with long names cut."""
    rows = [answer.columns[policy].rows[i] for i in cards]
    word = max([len(cell_word(row)) for row in rows], default=0) * 0.6
    name = max([len(cell_name(row)[0]) for row in rows], default=0)
    frame, head = text * 1.9 + text * 1.1 + 5, len(policy) * 0.8 * text + 6  # bold capitals
    full, cut = (max(frame + max(word, n * MONO) * text, head) for n in (name, min(name, LETTERS)))
    return full, cut


def _label(answer: Matrix, row: Row, text: int) -> str:
    return card_label(row, 1e6, text, (other.identity for other in answer.cards))


def _label_width(answer: Matrix, row: Row, text: int) -> float:
    return max(len(_label(answer, row, text)), len(_place(row))) * MONO * text + 12


def _place(row: Row) -> str:
    """Where the card sits, and from where it moved: "01:00.0 → 02:00.0"."""
    places = [c.card.bus_path or "no bus" for c in (row.before, row.after) if c is not None]
    if all(p.startswith("0000:") for p in places) and len(set(places)) == 2:
        places = [p.removeprefix("0000:") for p in places]
    return " → ".join(dict.fromkeys(places))


def _heading(picture: Picture, answer: Matrix, width: int, text: int) -> None:
    old, new = answer.scenario.rules
    sides = [
        f"{short_name(machine)}, {under}{' ✎' if machine.edits else ''}"
        for machine, under in ((answer.before, rules_said(old)), (answer.after, rules_said(new)))
    ]
    words = f"before: {sides[0]} → after: {sides[1]}"
    left = len(answer.cards) - ROWS
    more = f"{left} more card{'s' if left > 1 else ''}: see the table" if left > 0 else ""
    picture.text(0, text * 1.2, fit(words, width - len(more) * text * SANS - 16, text), size=text, ink="secondary")
    if more:
        picture.text(width, text * 1.2, more, size=text, ink="secondary", anchor="end")


def _open(picture: Picture, row: Row, takes: Mapping[str, Chip]) -> bool:
    """Begin a group that can be taken by hand, if the card can."""
    chip = takes.get(row.after.card.devpath) if row.after is not None else None
    if chip is not None:
        picture.open(chip.key, chip.said)
    return chip is not None


def _card(picture: Picture, row: Row, label: str, right: float, y: float, layout: Layout, x: float = 0) -> None:
    size = layout.text
    label = fit(label, right, size, MONO)
    if layout.lines == 1:
        picture.text(x, y + layout.height / 2 + size * 0.36, label, size=size, mono=True)
        return
    y += layout.height / 2
    picture.text(x, y - size * 0.3, label, size=size, mono=True)
    picture.text(x, y + size * 1.05, fit(_place(row), right, size, MONO), size=size, mono=True, ink="secondary")


def _legend(picture: Picture, answer: Matrix, cards: Sequence[int], width: int, text: int) -> None:
    """The marks that occur, in words."""
    x, y = 0.0, picture.height - text * 0.6
    for token, words in _legend_words(answer, cards):
        long = (len(words) * 0.6 + 3.2) * text
        if x and x + long > width:
            return
        if token:
            picture.rect(x, y - text * 1.05, text * 1.5, text * 1.4, token, round_by=3)
            mark(picture, x + text * 0.75, y - text * 0.35, token, text * 0.92)
        else:
            n = number
            around = f"M{n(x + 1)} {n(y - text)}h{n(text * 1.4)}v{n(text * 1.3)}h{n(-text * 1.4)}Z"
            picture.path(around, ink="ink", width=2, dash="5 4")
            picture.text(x + text * 0.75, y, "?", size=text, anchor="middle")
        picture.text(x + text * 1.9, y, words, size=text, ink="secondary")
        x += long


def _legend_words(answer: Matrix, cards: Sequence[int]) -> Iterator[tuple[str, str]]:
    rows = [column.rows[i] for column in answer.columns.values() for i in cards]
    words: dict[str, dict[str, None]] = {}
    for state in DANGER:
        for row in rows:
            if row.state == state:
                word = cell_word(row).removesuffix(" ?")
                words.setdefault(STATES[state], {})["no name" if word == "none" else word] = None
    if not all(row.certain for row in rows):
        yield "", "uncertain"
    for token, states in words.items():
        yield token, " or ".join(states)


def _plain(text: str) -> str:
    return text.replace("`", "")
