"""A lookup after some of its steps: the steps as a row, and the memory of the structure with the places looked at."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from lab.core.svg import Picture, number
from lab.symbols.anatomy import Area, Spot
from lab.symbols.walk import Walk

__all__ = ["steps_picture"]

WORDS = {"hash": "hash", "bloom": "filter", "bucket": "bucket", "chain": "chain", "node": "node", "compare": "name",
         "end": "end"}  # fmt: skip
TOKENS = {"found": "good", "missing": "bad"}
MARKS = {"found": "✓", "missing": "✕", "other": "≠", "before": "←", "after": "→", "go on": ""}
TICK = 3.0  # px: least width of a place on a strip
GLYPH = 0.62  # width of a mono letter by its height


def steps_picture(walk: Walk, step: int, width: int = 920, text: int = 14) -> Picture:
    """The lookup `walk` at its step `step` (from 1)."""
    areas = walk.anatomy.areas
    head = round(text * 5.2)
    rows = 3 if len(areas) == 1 else 1
    row = round(text * (4.7 if len(areas) <= 3 else 4.2))
    tops, top = [], float(head)
    for area in areas:
        tops.append(top)
        top += row + (text * 1.1 if area.bits else (rows - 1) * text * 2)
    height = max(round(top), head + 2 * row)
    picture = Picture(width, height, "One lookup, step by step", walk.headline)
    _chips(picture, walk, step, width, text)
    _sentence(picture, walk, step, width, text)
    for which, area in enumerate(areas):
        seen = [spot for spots in walk.anatomy.spots[:step] for spot in spots if spot.area == which]
        now = [spot for spot in walk.anatomy.spots[step - 1] if spot.area == which]
        verdict = walk.steps[step - 1].verdict
        left = walk.left(step) if which == 0 else None
        _area(picture, area, (seen, now), verdict, left, (tops[which], width, text, rows))
    return picture


def _chips(picture: Picture, walk: Walk, step: int, width: int, text: int) -> None:
    """The steps as a row of small boxes, those around the present one where there are many."""
    count = len(walk.steps)
    wide = round(text * (4.8 + 0.66 * len(f"{step + 9:,}")))
    room = max(3, int((width + 6) // (wide + 6)))
    first = max(1, min(step - room // 2, count - room + 1))
    for place, k in enumerate(range(first, min(count, first + room - 1) + 1)):
        told = walk.steps[k - 1]
        x, y, tall = place * (wide + 6) + 1, 1, round(text * 1.75)
        picture.open(f"step:{k}", f"Step {k}: {told.what}")
        fill = "surface" if k > step else TOKENS.get(told.verdict, "wait") if k == step else "idle"
        picture.rect(x, y, wide, tall, fill, edge="ink" if k == step else "edge", round_by=5)
        if fill in ("bad", "wait"):  # letters on a pattern need a quiet ground
            picture.rect(x + 4, y + 3, wide - 8, tall - 6, "surface", round_by=3)
        ink = {"good": "on-good", "idle": "on-idle"}.get(fill, "ink" if k <= step else "secondary")
        mark = MARKS[told.verdict] if k <= step else ""
        said = f"{k:,} {WORDS[told.kind]} {mark}".strip()
        picture.text(x + wide / 2, y + text * 1.25, said, size=text, ink=ink, anchor="middle", bold=k == step)
        picture.close()


def _sentence(picture: Picture, walk: Walk, step: int, width: int, text: int) -> None:
    """What the step does, on two lines at most, and what was read so far."""
    letters = max(20, int(width / (text * 0.62)))
    lines = textwrap.wrap(walk.say(step).replace("`", ""), letters, break_on_hyphens=False)
    for i, line in enumerate(lines[:2]):
        end = "…" if i == 1 and len(lines) > 2 else ""
        picture.text(1, text * (3.15 + 1.3 * i), line + end, size=round(text * 1.1), bold=True)


def _area(
    picture: Picture,
    area: Area,
    spots: tuple[list[Spot], list[Spot]],
    verdict: str,
    left: Sequence[tuple[int, int]] | None,
    where: tuple[float, int, int, int],
) -> None:
    """One piece of memory: its name, a strip of all of it with the places seen, and what stands at some of them.

    `spots`: those seen up to now, and those of this step. `left`: places that may still hold the name, where
    that is known. `where`: top, width and size of text in px, and the rows of boxes.
    """
    (seen, now), (top, width, text, rows) = spots, where
    ink = "ink" if seen else "secondary"
    word = f"{area.word}: {area.places:,}"
    picture.text(1, top + text, word, size=text, bold=True, ink=ink)
    at = text * 0.66 * len(word) + text * 0.8
    if at + text * 0.52 * len(area.says) < width:
        picture.text(at, top + text, area.says, size=text, ink="secondary")
    y, tall, inner = top + text * 1.35, text * 0.75, width - 2
    picture.rect(1, y, inner, tall, "surface", edge="edge")
    if left is not None and seen:
        cursor = 0
        for low, high in [*left, (area.places, area.places)]:
            if low > cursor:
                picture.rect(1 + inner * cursor / area.places, y, inner * (low - cursor) / area.places, tall, "idle")
            cursor = max(cursor, high)
        picture.rect(1, y, inner, tall, "none", edge="edge")
    present = {spot.place for spot in now}
    # places that would lie in the same few pixels are drawn once: a scan has thousands
    apart = max(1, round(area.places * TICK / width))
    for place in {spot.place // apart: spot.place for spot in seen if spot.place not in present}.values():
        _tick(picture, area, place, y, tall, width, "cost")
    for place in present:
        _tick(picture, area, place, y, tall, width, TOKENS.get(verdict, "wait"))
    if not seen:
        return
    y += tall + text * 0.4
    if area.bits:
        _bits(picture, area, seen[-1], bool(now), y, width, text)
    else:
        _cells(picture, area, seen, present, verdict, (y, width, text, rows))


def _tick(picture: Picture, area: Area, place: int, y: float, tall: float, width: int, fill: str) -> None:
    inner = width - 2
    wide = max(TICK, inner / area.places)
    left = min(1 + inner * place / area.places, 1 + inner - wide)
    big = fill != "cost"
    picture.rect(left, y - 3 if big else y, wide, tall + 6 if big else tall, fill, edge="ink" if big else "")


def _cells(
    picture: Picture,
    area: Area,
    seen: list[Spot],
    present: set[int],
    verdict: str,
    where: tuple[float, int, int, int],
) -> None:
    """What stands at the last place and beside it, or at the last places visited; boxes from left to right."""
    y, width, text, rows = where
    visited = list(dict.fromkeys(spot.place for spot in seen))
    last = seen[-1].place
    shown = visited[-18:] if area.path else [p for p in range(last - 4, last + 6) if 0 <= p < area.places]
    tall, gap = round(text * 1.6), round(text * (1.3 if area.path else 0.2))
    texts = [area.cell(place) for place in shown]
    wide = min(max(max(len(t) for t in texts) * text * GLYPH + text, text * 4), width - 2)
    fits = max(1, int((width + gap) // (wide + gap)))
    room = fits * rows
    if room < len(shown):  # the last ones of a path, those around the place of the neighbours
        keep = len(shown) - room if area.path else max(0, min(shown.index(last) - room // 2, len(shown) - room))
        shown, texts = shown[keep : keep + room], texts[keep : keep + room]
    letters = max(3, int((wide - text) / (text * GLYPH) + 1e-6))
    for i, (place, said) in enumerate(zip(shown, texts, strict=True)):
        x, top = 1 + i % fits * (wide + gap), y + i // fits * text * 2
        here = place in present
        fill = TOKENS.get(verdict, "wait") if here else "surface"
        picture.rect(x, top, wide, tall, fill, edge="ink" if here else "edge", round_by=3)
        if fill in ("wait", "bad"):
            picture.rect(x + 4, top + 3, wide - 8, tall - 6, "surface", round_by=2)
        ink = "on-good" if fill == "good" else "ink" if place in visited else "secondary"
        said = said if len(said) <= letters else said[: letters - 1] + "…"
        picture.text(x + wide / 2, top + text * 1.15, said, size=text, mono=True, ink=ink, anchor="middle")
        if area.path and i % fits:
            middle = top + tall / 2
            arrow = f"M{number(x - gap + 2)} {number(middle)}H{number(x - 3)}m-5 -4l5 4l-5 4"
            picture.path(arrow, ink="ink", width=1.5)


def _bits(picture: Picture, area: Area, spot: Spot, here: bool, y: float, width: int, text: int) -> None:
    """The 64 bits of a word; the two that the name asks for stand out, with their numbers."""
    word = area.cell(spot.place)
    wide, tall = (width - 2) / 64, round(text * 1.1)
    for bit, value in enumerate(word):
        x = 1 + bit * wide
        asked = bit in spot.bits
        fill = "cost" if value == "1" else "surface"
        if asked:
            fill = ("good" if value == "1" else "bad") if here else "cost"
        picture.rect(x, y, wide - 1, tall if not asked else tall + 3, fill, edge="ink" if asked else "edge")
    for bit in sorted(set(spot.bits)):
        x = 1 + (bit + 0.5) * wide
        anchor = "start" if bit < 8 else "end" if bit > 55 else "middle"
        said = f"bit {bit} {'set ✓' if word[bit] == '1' else 'not set ✕'}"
        picture.text(x, y + tall + 3 + text, said, size=text, anchor=anchor)
