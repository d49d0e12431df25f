"""Pinning as a picture: each card's name now, after without rules, after with rules; below, a rule and the proof."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from textwrap import wrap

from lab.core.svg import Picture, number
from lab.naming.grid import MONO, SANS, fit
from lab.naming.link.decide import Decision
from lab.naming.marks import mark, state_block
from lab.naming.picture import short_name
from lab.naming.pin.answer import PinRow
from lab.naming.pin.scenario import RECORDED, PinAnswer
from lab.naming.row import STATES

__all__ = ["draw", "rule_lines"]

TALL, ROWS, ROWS_NARROW = 3, 5, 3  # cards with two lines each; cards drawn; the table has all
LINES = 4  # of the rule, at least: the picture keeps its height
LETTER = 0.605  # width of a letter of the rule in its size
GAP = 2  # letters between blocks
SIDES = ("now", "after", "pinned")


@dataclasses.dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand, in px: three columns of cells, `wide` and `high`, with `lines` of text in each."""

    width: int
    text: int
    lefts: tuple[float, float, float]
    wide: float
    high: float
    lines: int
    row: float
    top: float
    narrow: bool


def draw(answer: PinAnswer, width: int = 920, text: int = 14, key: str = "") -> Picture:
    """The picture of `answer`, `width` px wide with letters of `text` px; `key` (SIDE CARD): whose rule is shown."""
    narrow = width < 46 * text
    every = answer.pin.rows
    rows = _most_telling(every, ROWS_NARROW if narrow else ROWS)
    layout = _layout(width, text, narrow, len(rows))
    bottom = layout.top + layout.row * max(len(rows), 1)
    title, blocks = rule_lines(answer, key, width, text)
    box = text * 2.5 + max(LINES, max(len(b) for b in blocks)) * text * 1.3
    said = _sentences(answer, width, text)
    height = bottom + box + text * (0.4 + 1.3 * len(said))
    picture = Picture(width, height, "Which rules keep the names", answer.headline.replace("`", ""))
    _heading(picture, answer, layout, len(every) - len(rows))
    for index, row in enumerate(rows):
        _row(picture, answer, row, layout.top + layout.row * index, layout)
    if not rows:
        picture.text(width / 2, layout.top + text * 1.5, "no card", size=text, ink="secondary", anchor="middle")
    _rule(picture, title, blocks, bottom + text * 0.2, box - text * 0.4, layout)
    _proof(picture, said, answer.proof[0], bottom + box + text * 1.1, text)
    return picture


def _layout(width: int, text: int, narrow: bool, rows: int) -> _Layout:
    if narrow:
        wide = (width - 2 - text * 4.4) / 3
        lefts = tuple(1 + (wide + text * 2.2) * i for i in range(3))
        return _Layout(width, text, (lefts[0], lefts[1], lefts[2]), wide, text * 2.9, 2, text * 5, text * 1.8, narrow)
    gap = text * 2.6
    wide = min((width - width * 0.24 - 2 * gap) / 3, text * 17)
    start = width - 3 * wide - 2 * gap - 1
    lines = 2 if rows <= TALL else 1
    high = text * (2.9 if lines == 2 else 1.9)
    lefts = tuple(start + (wide + gap) * i for i in range(3))
    return _Layout(width, text, (lefts[0], lefts[1], lefts[2]), wide, high, lines, high + 5, text * 1.8, narrow)


def _most_telling(rows: Sequence[PinRow], most: int) -> list[PinRow]:
    """The rows that are drawn: those to which most happens, in their order."""
    order = ("refused", "moved aside", "pinned", "follows", "new", "gone", "kept")
    wanted = sorted(range(len(rows)), key=lambda i: order.index(rows[i].state))[:most]
    return [rows[i] for i in sorted(wanted)]


def _heading(picture: Picture, answer: PinAnswer, layout: _Layout, left_out: int) -> None:
    text, scenario = layout.text, answer.scenario
    target = answer.pin.target.partition(" (")[0]
    words = (
        f"now: {short_name(answer.before)}{' ✎' if answer.before.edits else ''}",
        f"{target}: {short_name(answer.after)}{' ✎' if answer.after.edits else ''}"
        if not layout.narrow
        else "without rules",
        "with rules",
    )
    room = layout.wide + text
    picture.text(layout.lefts[0], text * 1.15, fit(words[0], room, text), size=text, ink="secondary")
    for left, word in zip(layout.lefts[1:], ("without rules", "with the rules"), strict=True):
        picture.text(left, text * 1.15, fit(word, room, text), size=text, ink="secondary")
    if not layout.narrow:
        under = f"{target}, {scenario.target.name}"
        more = f"{left_out} more: see the table" if left_out else under
        picture.text(0, text * 1.15, fit(more, layout.lefts[0] - text, text), size=text, ink="secondary")


def _row(picture: Picture, answer: PinAnswer, row: PinRow, y: float, layout: _Layout) -> None:
    text = layout.text
    place = f"{row.driver or ''} {(row.bus_path or '').removeprefix('0000:')}".strip()
    if layout.narrow:
        label = fit(f"{row.card}  {place}", layout.width, text, MONO)
        picture.text(0, y + text * 1.1, label, size=text, mono=True)
        y += text * 1.5
    else:
        room, middle = layout.lefts[0] - text * 0.6, y + layout.high / 2
        first = middle - text * 0.3 if layout.lines == 2 else middle + text * 0.36
        short = row.card if len(row.card) * text * MONO <= room else f"…{row.card[-8:]}"
        picture.text(0, first, fit(short, room, text, MONO), size=text, mono=True)
        if layout.lines == 2:
            picture.text(0, middle + text * 1.05, fit(place, room, text, MONO), size=text, mono=True, ink="secondary")
    number_ = answer.rule_of(row)
    middle = y + layout.high / 2
    ends = [left + layout.wide for left in layout.lefts]
    for i in (0, 1):
        picture.line(ends[i] + 3, middle, layout.lefts[i + 1] - 3, middle, "edge")
    for side, left, decision in zip(SIDES, layout.lefts, (None, row.after, row.pinned), strict=True):
        _cell(picture, answer, row, side, left, y, decision, layout)
    if number_ is not None:
        _chip(picture, (ends[1] + layout.lefts[2]) / 2, middle, str(number_ + 1), text)


def _chip(picture: Picture, x: float, y: float, word: str, text: int) -> None:
    """The number of a rule, where it is applied."""
    half = text * 0.95
    picture.rect(x - half, y - half, 2 * half, 2 * half, "cost", edge="edge", round_by=3)
    n, r = number, text * 0.7
    picture.path(
        f"M{n(x - r)} {n(y)}A{n(r)} {n(r)} 0 1 1 {n(x + r)} {n(y)}A{n(r)} {n(r)} 0 1 1 {n(x - r)} {n(y)}Z", fill="cost"
    )
    picture.text(x, y + text * 0.36, word, size=text, ink="on-cost", anchor="middle", bold=True)


def _cell(
    picture: Picture,
    answer: PinAnswer,
    row: PinRow,
    side: str,
    x: float,
    y: float,
    decision: Decision | None,
    layout: _Layout,
) -> None:
    """One name: a block in the state's colour with its mark, the name, and the state's word; a plain tag for now."""
    text, wide, high = layout.text, layout.wide, layout.high
    name, word, token = _said(answer, row, side, decision)
    certain = decision is None or not decision.gaps
    unsure = "" if certain else " ?"
    picture.open(
        f"{side} {row.card}", f"{_SPOKEN[side]}: {name}, {word}{'' if certain else ', uncertain'}, card {row.card}"
    )
    picture.rect(x, y, wide, high, "surface", edge="edge", round_by=5)
    inside = x + text * 0.5
    if token:
        state_block(picture, x + 1, y + 1, text * 1.9, high - 2, token, text)
        inside += text * 1.9
    room = x + wide - inside - 3
    shown = _cut(name, room - len(unsure) * text * MONO, text) + unsure
    line = y + (text * 1.3 if layout.lines == 2 else high / 2 + text * 0.36)
    picture.text(inside, line, shown, size=text, mono=True, bold=name != "–")
    if layout.lines == 2:
        picture.text(inside, y + text * 2.5, fit(word, room, text), size=text, ink="secondary")
    if not certain:
        n = number
        picture.path(f"M{n(x)} {n(y)}h{n(wide)}v{n(high)}h{n(-wide)}Z", ink="ink", width=2, dash="5 4")
    picture.close()


_SPOKEN = {"now": "now", "after": "after, without rules", "pinned": "after, with the rules"}


def _said(answer: PinAnswer, row: PinRow, side: str, decision: Decision | None) -> tuple[str, str, str]:
    """Name, word and palette token of a cell; no token for a name that is only the beginning."""
    if side == "now":
        how = "recorded" if answer.scenario.from_scheme == RECORDED else answer.scenario.from_scheme
        return (row.now, how, "") if row.now else ("–", "not there", "")
    state = answer.state(row, decision)
    word = state
    if side == "pinned" and decision is not None:
        if row.state in ("moved aside", "refused"):
            word = "moved aside" if row.state == "moved aside" else f"{state}, refused"
        elif state == "kept" and answer.rule_of(row) is None:
            word = "kept" if answer.scenario.format == "cmdline" and answer.pin.files else "by convention"
        elif row.state == "follows":
            word = "profile follows"
    return decision.name if decision is not None else "–", word, STATES[state]


def _cut(name: str, room: float, size: float) -> str:
    """`name` with its middle left out where there is no room: both ends tell names apart."""
    most = max(int(room / (size * 0.605)), 3)
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"


def rule_lines(answer: PinAnswer, key: str, width: float, text: float) -> tuple[str, list[list[str]]]:
    """What stands over the rule that `key` asks for, and its lines without comments, in blocks side by side."""
    most = int((width - text * 1.4) / (text * LETTER))
    found = answer.chosen(key)
    file = None if found is None else answer.file(found[1])
    if found is None or file is None:
        if found is None or found[1].state != "refused":
            return "no rule for this card", [[]]
        return f"no rule can keep {found[1].now}", [_wrapped(found[1].note, most)]
    number_ = answer.rule_of(found[1])
    which = "" if number_ is None else f"rule {number_ + 1} of {len(answer.pin.rules)}: "
    place = f"{file.belongs}/{file.name}" if file.belongs.startswith("/") else file.belongs
    lines = [line for line in file.text.split("\n") if line.strip() and not line.startswith("#")]
    lines = [part for line in lines if not line.lstrip().startswith("#") for part in _wrapped(line, most)]
    return f"{which}{place}", _blocks(lines, most)


def _wrapped(line: str, most: int) -> list[str]:
    """`line` in parts of at most `most` letters, cut after a comma or a blank where there is one."""
    parts = []
    while len(line) > most:
        at = max(line.rfind(", ", 0, most) + 1, line.rfind(" ", most // 2, most))
        at = at if at > 0 else most
        parts.append(line[:at])
        line = "  " + line[at:].lstrip()
    return [*parts, line]


def _blocks(lines: list[str], most: int) -> list[list[str]]:
    """Sections side by side where they have room, else long texts in columns; else all below each other."""
    starts = [i for i, line in enumerate(lines) if line.startswith("[")]
    if len(starts) < 2:
        starts = list(range(0, len(lines), LINES))
    blocks = [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    long = sum(max(len(line) for line in block) + GAP for block in blocks)
    return blocks if blocks and long <= most + GAP else [lines]


def _rule(picture: Picture, title: str, blocks: list[list[str]], y: float, high: float, layout: _Layout) -> None:
    """The rule that is chosen, in its own letters."""
    text = layout.text
    picture.rect(0.5, y, layout.width - 1, high, "surface", edge="edge", round_by=5)
    picture.text(text * 0.6, y + text * 1.3, fit(title, layout.width - text * 1.2, text), size=text, ink="secondary")
    x = text * 0.6
    for number_, block in enumerate(blocks):
        if number_:
            between = x - GAP / 2 * text * LETTER
            picture.line(between, y + text * 1.8, between, y + high - text * 0.6, "idle")
        for index, line in enumerate(block):
            shown = line.lstrip(" ")
            indent = (len(line) - len(shown)) * text * LETTER
            at = y + text * (1.3 + 1.3 * (index + 1))
            picture.text(x + indent, at, fit(shown, layout.width - x - indent, text, LETTER), size=text, mono=True)
        x += (max((len(line) for line in block), default=0) + GAP) * text * LETTER


def _sentences(answer: PinAnswer, width: int, text: int) -> list[tuple[str, str]]:
    """Ink and words of the lines at the bottom: that the names were computed again, and what no rule holds."""
    most = int((width - text * 1.9) / (text * SANS))
    lines = [("ink", line) for line in wrap(answer.proof[1], most)]
    return [*lines, *(("secondary", line) for line in wrap(answer.by_convention, most))]


def _proof(picture: Picture, said: Sequence[tuple[str, str]], kept: bool, y: float, text: int) -> None:
    mark(picture, text * 0.75, y - text * 0.36, "good" if kept else "bad", text)
    for index, (ink, line) in enumerate(said):
        picture.text(text * 1.9, y + text * 1.3 * index, line, size=text, ink=ink)
