"""The comparison as a picture: two machines, a row per card, the name before and after as tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.core.palette import TOKENS
from lab.core.svg import Picture, number
from lab.naming.choice import Choice
from lab.naming.compare import Comparison
from lab.naming.grid import MONO, SANS, Grid, fit
from lab.naming.headline import rules_said
from lab.naming.intervals import Interval
from lab.naming.marks import mark
from lab.naming.model import Machine
from lab.naming.row import STATES, Row
from lab.naming.scheme_strip import scheme_strip

__all__ = ["draw"]

ROWS = 6  # cards drawn; the table has all
DANGER = ("taken", "collision", "too long", "no valid name", "changed", "new", "gone", "no name", "kept")


def draw(answer: Comparison, width: int = 920, text: int = 14, cut: Sequence[Interval] = ()) -> Picture:
    """The picture of `answer`, `width` px wide with letters of `text` px.

    Keys: "before IDENTITY" and "after IDENTITY", one for each name. `cut`: the `intervals` of the machine after,
    if they are known already.
    """
    rows = answer.rows
    if len(rows) > ROWS:
        rows = tuple(sorted(rows, key=lambda r: DANGER.index(r.state)))[:ROWS]
    grid = _grid(rows, width, text)
    bottom = grid.top + grid.row * max(len(rows), 1)
    left_out = len(answer.rows) - len(rows)
    height = bottom + (text * 1.6 if left_out else 0) + text * 3.8 + 6
    picture = Picture(width, height, "Which card has which name", answer.headline.replace("`", ""))
    _headings(picture, answer, grid)
    if not rows:
        picture.text(width / 2, grid.centre(0), "no card", size=text, ink="secondary", anchor="middle")
    for index, row in enumerate(rows):
        _card(picture, row, index, grid)
    _names_that_moved(picture, rows, grid)
    for index, row in enumerate(rows):
        _card_words(picture, row, index, grid)
        _tag(picture, row, "before", 1, index, grid)
        _tag(picture, row, "after", grid.right, index, grid)
    if left_out:
        more = f"{left_out} more card{'s' if left_out > 1 else ''}: see the table"
        picture.text(width / 2, bottom + text, more, size=text, ink="secondary", anchor="middle")
        bottom += text * 1.6
    scheme_strip(picture, answer, bottom + 8, grid, cut)
    return picture


def _grid(rows: tuple[Row, ...], width: int, text: int) -> Grid:
    narrow = width < 40 * text
    names = [c.name or "" for r in rows for c in (r.before, r.after) if c]
    longest = max((len(n) for n in names), default=6)
    place = max((len(c.card.bus_path or "") for r in rows for c in (r.before, r.after) if c), default=0)
    wanted = 4.2 * text + max(longest * (1.0 if narrow else 1.35), place) * text * MONO
    tag = min(max(wanted, 0.25 * width), width * (0.44 if narrow else 0.36))
    least = text * (6.2 if narrow else 3.7)
    row = max(least, min(7.4 * text, 228 / max(len(rows), 1)))
    return Grid(width, text, tag, row, text * (2.9 if narrow else 2.2), narrow)


def _headings(picture: Picture, answer: Comparison, grid: Grid) -> None:
    old, new = map(rules_said, answer.scenario.rules)
    room = grid.width * 0.48
    sides = (("before", answer.before, old, 1.0, "start"), ("after", answer.after, new, grid.width - 1.0, "end"))
    for side, machine, rules, x, anchor in sides:
        words = f"{side}: {short_name(machine)}, {rules}{' ✎' if machine.edits else ''}"
        size = grid.text
        picture.text(x, size * 1.2, fit(words, room, size), size=size, bold=True, anchor=anchor)
        # the machine's title follows its name, or stands before it on the right, if there is room
        gap = len(words) * size * SANS + 14
        title = fit(_title(machine), room - gap, size, 0.52)
        if len(title) > 12:
            beside = x + gap if anchor == "start" else x - gap
            picture.text(beside, size * 1.2, title, size=size, ink="secondary", anchor=anchor)


def short_name(machine: Machine) -> str:
    """What a machine is called in the picture: "09a" for the recording t09a-before."""
    if _title(machine):
        return machine.name.partition("-")[0].removeprefix("t")
    return machine.name


def _title(machine: Machine) -> str:
    """The title of a bundled recording, "" for any other machine."""
    from lab.core.dataset import listed

    return next((d.title for d in listed() if d.name == f"naming/{machine.name}"), "")


def card_label(row: Row, text_room: float, size: float, others: Iterable[str] = ()) -> str:
    """Driver and the end of the MAC: "e1000e …:01"; "e1000e 52…01" if one of the `others` ends so too."""
    identity, tail = row.identity, row.identity
    if identity.count(":") == 5 and len(identity) == 17:
        alike = any(other != identity and other.endswith(identity[-3:]) for other in others)
        tail = f"{identity[:2]}…{identity[-2:]}" if alike else f"…{identity[-3:]}"
    return fit(f"{row.driver or 'no driver'} {tail}", text_room, size, MONO)


def _card(picture: Picture, row: Row, index: int, grid: Grid) -> None:
    """The line of one card, from its place on the machine before to that on the machine after."""
    y = grid.centre(index)
    start, end = grid.tag + 8, grid.right - 8
    both = row.before is not None and row.after is not None
    picture.line(start, y, end - 7, y, "edge", width=2, dash="" if both else "3 5")
    if row.after is not None:
        tip = f"M{number(end - 9)} {number(y - 5)}L{number(end)} {number(y)}L{number(end - 9)} {number(y + 5)}Z"
        picture.path(tip, fill="edge")


def _card_words(picture: Picture, row: Row, index: int, grid: Grid) -> None:
    """Which card it is and what became of its name: on its line, or above it where there is little room."""
    y, size = grid.centre(index), grid.text
    words = f"{TOKENS[STATES[row.state]].mark} {row.state}{'' if row.certain else ' ?'}"
    middle, room = grid.width / 2, (grid.right - grid.tag) * 0.8
    if grid.narrow:
        label = f"{card_label(row, grid.width * 0.6, size)}  {words}"
        wide = len(label) * size * SANS + 8
        picture.rect(middle - wide / 2, y - size * 3.1, wide, size * 1.4, "surface")
        picture.text(middle, y - size * 2.05, label, size=size, anchor="middle")
        return
    label = card_label(row, room, size)
    wide = max(len(label) * size * MONO, len(words) * size * SANS) + 20
    picture.rect(middle - wide / 2, y - size * 1.4, wide, size * 2.8, "surface")
    picture.text(middle, y - size * 0.25, label, size=size, anchor="middle", mono=True)
    picture.text(middle, y + size * 1.05, words, size=size, ink="secondary", anchor="middle")


def _names_that_moved(picture: Picture, rows: tuple[Row, ...], grid: Grid) -> None:
    """A name that now means another card: a curve from the card that had it to the one that has it."""
    had = {r.before.name: i for i, r in enumerate(rows) if r.before and r.before.name and not r.before.collides}
    moves = [
        (had[r.after.name], index, r.after.name)
        for index, r in enumerate(rows)
        if r.after and r.after.name in had and r.state == "taken"
    ]
    for source, target, name in moves:
        way = 1 if target > source else -1
        x0, x1 = grid.tag + 1, grid.right - 2
        y0, y1 = grid.centre(source) + way * grid.text, grid.centre(target) - way * grid.text
        bend = (x1 - x0) * 0.42
        curve = (
            f"M{number(x0)} {number(y0)}C{number(x0 + bend)} {number(y0)} "
            f"{number(x1 - bend)} {number(y1)} {number(x1)} {number(y1)}"
        )
        picture.path(curve, ink="surface", width=8)
        picture.path(curve, ink="bad", width=3.5, dash="9 4")
        tip = f"M{number(x1 - 12)} {number(y1 - 7)}L{number(x1 + 1)} {number(y1)}L{number(x1 - 12)} {number(y1 + 7)}Z"
        picture.path(tip, fill="bad")
        if not grid.narrow:
            _name_on_curve(picture, str(name), 0.5 if len(moves) == 1 else 0.3, (x0, y0, x1, y1), grid.text)


def _name_on_curve(picture: Picture, name: str, t: float, ends: tuple[float, float, float, float], size: float) -> None:
    """The name, upright, at the share `t` of the way along the curve."""
    x0, y0, x1, y1 = ends
    along = 3 * (1 - t) ** 2 * t * 0.42 + 3 * (1 - t) * t**2 * 0.58 + t**3
    x, y = x0 + (x1 - x0) * along, y0 + (y1 - y0) * (3 * t**2 - 2 * t**3)
    wide = len(name) * size * MONO + 12
    picture.rect(x - wide / 2, y - size * 0.75, wide, size * 1.5, "surface", edge="bad", round_by=4)
    picture.text(x, y + size * 0.36, name, size=size, anchor="middle", mono=True)


def _tag(picture: Picture, row: Row, side: str, x: float, index: int, grid: Grid) -> None:
    """The tag with the card's name on one side; an empty place where the card is not there."""
    choice = row.before if side == "before" else row.after
    y, size, height = grid.centre(index), grid.text, grid.text * 3.3
    if choice is None:
        picture.rect(x, y - height / 2, grid.tag, height, "none", edge="idle", round_by=6)
        picture.text(x + grid.tag / 2, y + size * 0.35, "not there", size=size, ink="secondary", anchor="middle")
        return
    state, token = _state(row, choice, side)
    name = choice.name or "no name"
    sure = "" if choice.certain else ", uncertain"
    label = f"{side}: {name}, card {row.identity} at {choice.card.bus_path}, {state}{sure}"
    picture.open(f"{side} {row.identity}", label)
    picture.rect(x, y - height / 2, grid.tag, height, "surface", edge="edge", round_by=6)
    block = size * 2.4
    if token:
        picture.rect(x + 1, y - height / 2 + 1, block, height - 2, token, round_by=5)
        mark(picture, x + 1 + block / 2, y, token, size * 1.25)
    inside = x + (block if token else 0) + size * 0.8
    room = x + grid.tag - inside - size * 0.4
    shown = f"{choice.name}{'' if choice.certain else ' ?'}" if choice.name else "no name"
    big = min(size * 1.35, max(size, room / (max(len(shown), 1) * MONO)))
    ink = "ink" if choice.name else "secondary"
    picture.text(inside, y - size * 0.1, fit(shown, room, big, MONO), size=big, mono=True, bold=True, ink=ink)
    place = fit(choice.card.bus_path or "no bus", room, size, MONO)
    picture.text(inside, y + size * 1.2, place, size=size, mono=True, ink="secondary")
    if not choice.certain:
        _dashed(picture, x, y - height / 2, grid.tag, height)
    picture.close()


def _state(row: Row, choice: Choice, side: str) -> tuple[str, str]:
    """The word for one tag, and its colour ("" for a tag of the machine before that is nothing special)."""
    if side == "after":
        return row.state, STATES[row.state]
    if choice.collides:
        return "collision", "bad"
    return ("before", "") if choice.name else ("no name", "idle")


def _dashed(picture: Picture, x: float, y: float, w: float, h: float) -> None:
    n = number
    picture.path(f"M{n(x)} {n(y)}h{n(w)}v{n(h)}h{n(-w)}Z", ink="ink", width=2, dash="5 4")
