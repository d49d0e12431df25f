"""A fleet as a picture: a share bar for each port, cut by the names it has, and the strip of schemes."""

from __future__ import annotations

import dataclasses

from lab.core.svg import Picture, number
from lab.naming.fleet.spread import TOKENS, Part, Spread, SpreadRow, key_of
from lab.naming.grid import MONO, SANS, fit
from lab.naming.marks import mark, state_block

__all__ = ["draw"]

ROWS, ROWS_NARROW = 6, 4  # rows drawn, the least stable first; the table has all
PARTS = 4  # names in one bar
OTHERS = 2  # names beside a bar
LEAST = 1.9  # width of the thinnest part with a mark, in letters
HATCHED = ("bad",)


@dataclasses.dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand, in px: labels at `0`, bars from `left` to `right`, other names from `beside` on."""

    width: int
    text: int
    left: float
    right: float
    beside: float
    row: float
    top: float
    narrow: bool


def draw(answer: Spread, width: int = 920, text: int = 14) -> Picture:
    """The picture of `answer`, `width` px wide with letters of `text` px; `key_of` gives the keys of the parts."""
    narrow = width < 46 * text
    rows = answer.rows[: ROWS_NARROW if narrow else ROWS]
    layout = _layout(width, text, narrow)
    bottom = layout.top + layout.row * max(len(rows), 1)
    picture = Picture(
        width, bottom + text * 3.9, "Which names each port has over the fleet", answer.headline.replace("`", "")
    )
    _heading(picture, answer, rows, layout)
    for index, row in enumerate(rows):
        _row(picture, answer, row, layout.top + layout.row * index, layout)
    if not rows:
        picture.text(width / 2, layout.top + text * 1.5, "no port", size=text, ink="secondary", anchor="middle")
    _strip(picture, answer, bottom + text * 0.3, layout)
    return picture


def _layout(width: int, text: int, narrow: bool) -> _Layout:
    if narrow:
        return _Layout(width, text, 1.0, width - 1.0, 0.0, text * 5.2, text * 1.7, narrow)
    left, beside = max(width * 0.31, 20.5 * text), width * 0.7
    return _Layout(width, text, left, beside - text, beside, text * 2.55 + 4, text * 1.8, narrow)


def _heading(picture: Picture, answer: Spread, rows: tuple[SpreadRow, ...], layout: _Layout) -> None:
    text = layout.text
    shown = sum(1 + len(row.alike) for row in rows)
    every = len(answer.every)
    words = "port" if shown == every else f"port (the {shown} worst of {every:,})"
    room = layout.width if layout.narrow else layout.left - text
    picture.text(0, text * 1.15, fit(words, room, text), size=text, ink="secondary")
    if not layout.narrow:
        picture.text(layout.left, text * 1.15, "usual name, share of hosts", size=text, ink="secondary")
        picture.text(layout.beside, text * 1.15, "called otherwise", size=text, ink="secondary")


def _row(picture: Picture, answer: Spread, row: SpreadRow, y: float, layout: _Layout) -> None:
    text = layout.text
    room = layout.width if layout.narrow else layout.left - text
    alike = f" +{len(row.alike)} alike" if row.alike else ""
    role = fit(row.role.role, room - len(alike) * text * SANS, text, MONO)
    picture.text(0, y + text * 1.1, role, size=text, mono=True)
    hosts = f"{row.role.hosts:,} host{'' if row.role.hosts == 1 else 's'}"
    unsure = f", uncertain on {row.uncertain:,}" if row.uncertain else ""
    model = f"{row.role.model or 'unknown model'}, " if answer.census.by != "all" else ""
    at = len(role) * text * MONO + text * 0.3
    if alike:
        picture.text(at, y + text * 1.1, alike.strip(), size=text, ink="secondary")
    if layout.narrow:
        at += len(alike) * text * SANS + text
        if room - at > 8 * text:
            picture.text(at, y + text * 1.1, fit(model + hosts + unsure, room - at, text), size=text, ink="secondary")
        top, high = y + text * 1.6, text * 1.9
    else:
        picture.text(0, y + text * 2.4, fit(model + hosts + unsure, room, text), size=text, ink="secondary")
        top, high = y + text * 0.25, text * 2.1
    lefts = _lefts(row, layout)
    for index, part in enumerate(row.parts[:PARTS]):
        _part(picture, row, part, (lefts[index], top, lefts[index + 1] - lefts[index], high), (index, y), layout)
    if len(row.parts) > PARTS:
        picture.rect(lefts[PARTS], top, lefts[PARTS + 1] - lefts[PARTS], high, "idle", edge="edge")


def _lefts(row: SpreadRow, layout: _Layout) -> list[float]:
    """The left edges of the parts of a bar, and its end; the parts that are not drawn are one."""
    counts = [part.hosts for part in row.parts[:PARTS]]
    if len(row.parts) > PARTS:
        counts.append(sum(part.hosts for part in row.parts[PARTS:]))
    wide = layout.right - layout.left
    least = LEAST * layout.text if len(counts) > 1 else 0.0
    shares = [max(wide * count / row.role.hosts, least) for count in counts]
    shares[0] -= sum(shares) - wide
    edges = [layout.left]
    for share in shares:
        edges.append(edges[-1] + share)
    return edges


def _part(
    picture: Picture,
    row: SpreadRow,
    part: Part,
    box: tuple[float, float, float, float],
    at: tuple[int, float],
    layout: _Layout,
) -> None:
    """The hosts with one name: a block in the bar; beside the bar its name, unless it is the usual one."""
    index, top = at
    x, y, wide, high = box
    text, token = layout.text, TOKENS[part.state]
    told = f"{part.word}, {part.state}, on {part.hosts:,} of {row.role.hosts:,} hosts"
    picture.open(key_of(row, part), f"{row.role.role}: {told}")
    if index:
        state_block(picture, x, y, wide, high, token, text)
    else:
        _usual(picture, row, part, box, text)
    if 0 < index <= OTHERS:
        _beside(picture, row, part, index, top, layout)
    picture.close()


def _usual(picture: Picture, row: SpreadRow, part: Part, box: tuple[float, float, float, float], text: int) -> None:
    x, y, wide, high = box
    token = TOKENS[part.state]
    picture.rect(x, y, wide, high, token, edge="edge", round_by=3)
    middle = y + high / 2
    mark(picture, x + text * 1.1, middle, token, text)
    share = f"{min(100 * part.hosts / row.role.hosts, 100 if part.hosts == row.role.hosts else 99.9):.3g} %"
    room = wide - text * 2.4
    named = bool(part.name)
    name = fit(part.word, room, text, MONO if named else SANS)
    long = len(name) * text * (MONO if named else SANS)
    ink = f"on-{token}"
    if token in HATCHED:  # over a hatch, letters need a plain ground
        picture.rect(x + text * 1.9, middle - text * 0.75, long + text * 0.4, text * 1.5, "surface")
        ink = "ink"
    picture.text(x + text * 2.1, middle + text * 0.36, name, size=text, ink=ink, mono=named)
    if room - long > (len(share) + 1.5) * text * SANS and token not in HATCHED:
        picture.text(x + wide - text * 0.5, middle + text * 0.36, share, size=text, ink=f"on-{token}", anchor="end")


def _beside(picture: Picture, row: SpreadRow, part: Part, index: int, top: float, layout: _Layout) -> None:
    """The name of a part that has no room in the bar, with its state and its hosts."""
    text = layout.text
    several = len(row.odd) > 1
    if layout.narrow:
        half = layout.width / 2 if several else layout.width
        x, y, room = layout.left + half * (index - 1), top + text * 4.7, half - text
    else:
        x, room = layout.beside, layout.width - layout.beside
        y = top + text * ((1.1, 2.4)[index - 1] if several else 1.65)
    left_out = len(row.odd) - OTHERS
    more = f", {left_out} more" if left_out > 0 and index == OTHERS else ""
    words = f"on {part.hosts:,}{more}" if not part.name else f"{part.state} on {part.hosts:,}{more}"
    name = fit(part.word, room - (len(words) + 1) * text * SANS, text, MONO if part.name else SANS)
    picture.text(x, y, name, size=text, mono=bool(part.name))
    picture.text(
        x + len(name) * text * (MONO if part.name else SANS) + text * 0.5, y, words, size=text, ink="secondary"
    )


def _strip(picture: Picture, answer: Spread, y: float, layout: _Layout) -> None:
    """All schemes, cut where a port gets another name, each run with its share of usual names."""
    text, names = layout.text, answer.census.schemes
    left = 0.0 if layout.narrow else text * 9.2
    step = (layout.width - left - 2) / len(names)
    if left:
        picture.text(0, y + text * 1.15, "usual names", size=text, ink="secondary")
    marked = answer.place
    said = ""
    for interval, share, renamed in answer.cut:
        first, last = names.index(interval.first), names.index(interval.last)
        x, wide = left + first * step, (last - first + 1) * step - (0 if last == len(names) - 1 else 3)
        picture.rect(x, y, wide, text * 1.6, "idle", edge="edge", round_by=3)
        percent = f"{min(100 * share, 100 if share == 1 else 99.9):.3g} %"
        words = f"{interval}: {percent}" + (", no change" if len(answer.cut) == 1 else "")
        shorter = (words, percent, percent.partition(".")[0].removesuffix(" %"), "")
        words = next(said for said in shorter if len(said) * text * SANS <= wide - 4)
        picture.text(
            x + wide / 2, y + text * 1.15, fit(words, wide - 4, text), size=text, ink="on-idle", anchor="middle"
        )
        if renamed and (not said or first <= marked):
            said = renamed
    x, under = left + (marked + 0.5) * step, y + text * 1.6
    n = number
    picture.path(f"M{n(x)} {n(under + 1)}l{n(text * 0.4)} {n(text * 0.6)}h{n(-text * 0.8)}Z", fill="ink")
    half = len(answer.scheme) * text * SANS / 2
    at = min(max(x, half + 2), layout.width - half - 2)
    picture.text(at, under + text * 1.65, answer.scheme, size=text, anchor="middle")
    rooms = at - half - text, layout.width - at - half - text
    if said and max(rooms) > 12 * text:
        side = rooms[0] >= rooms[1]
        words = fit(said, max(rooms), text)
        x, anchor = (0.0, "start") if side else (layout.width - 1.0, "end")
        picture.text(x, under + text * 1.65, words, size=text, ink="secondary", anchor=anchor)
