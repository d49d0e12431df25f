"""The race as a picture: a strip of the table for each structure, and a counter."""

from __future__ import annotations

import dataclasses

from lab.core.svg import Picture
from lab.symbols.race import NOTHING, NOWHERE, Lane, Race

__all__ = ["LaneBox", "draw_state", "draw_still", "lane_boxes", "race_picture"]

TICK = 3.0  # px: least width of a place that is lit
ROOMY = 4  # lanes that have words below their strips
# by the number of lanes, in letters' heights: the strip, the gap below the lane, the big number
STRIPS = {3: (2.4, 1.0, 2.0), 4: (1.6, 0.3, 1.8)}
THIN = (1.1, 0.5, 1.5)


@dataclasses.dataclass(frozen=True, slots=True)
class LaneBox:
    """Where a lane's moving parts stand, in px: the strip `x`, `y`, `width`, `height`; texts at `head` and `foot`.

    `counter`: right end of the big number, `big` its size and `base` its base line. `shown`: characters that fit into
    the line about a comparison. `thin`: one of many lanes, whose strip has no words below it.
    """

    x: float
    y: float
    width: float
    height: float
    head: float
    foot: float
    counter: float
    said_at: float
    shown: int
    text: int
    big: float = 28
    base: float = 0
    thin: bool = False

    def at(self, place: int, places: int) -> float:
        """The left edge of a place on the strip."""
        return self.x + self.width * place / places

    def span(self, low: int, high: int, places: int) -> tuple[float, float]:
        """Left edge and width of places [low, high), never narrower than a tick."""
        left, right = self.at(low, places), self.at(high, places)
        if right - left >= TICK:
            return left, right - left
        return min(max(self.x, (left + right - TICK) / 2), self.x + self.width - TICK), TICK


def lane_boxes(race: Race, width: int, text: int) -> tuple[LaneBox, ...]:
    """The geometry for a picture of `width` px with `text` px letters."""
    count = len(race.lanes)
    thin = count > ROOMY
    tall, apart, big = STRIPS.get(count, STRIPS[3] if count < ROOMY else THIN)
    row, strip, gap = round(text * 1.5), round(text * tall), round(text * apart)
    step = (1 if thin else 2) * row + strip + gap
    column = round(text * 9.4)
    boxes = []
    for i in range(count):
        top = i * step + 2
        said = round(text * (11.5 if not thin else 13))
        shown = max(0, int((width - column - said) / (text * 0.56)))
        y = top + row
        foot = top + text if thin else y + strip + text * 1.15
        base = y + strip - text * (0.62 if tall > 2 else 0.1)
        boxes.append(
            LaneBox(1, y, width - column - 1, strip, top + text, foot, width - 2, said, shown, text,
                    round(text * big), base, thin)
        )  # fmt: skip
    return tuple(boxes)


def draw_still(race: Race, width: int, text: int) -> Picture:
    """What does not move: words, means, strips, the bounds of the tables."""
    boxes = lane_boxes(race, width, text)
    last = boxes[-1]
    taken = text * 0.6 * max(len(word) for _, _, word in _tables(race.lanes[-1])[:1])
    beside = taken + text * LEGEND < last.width and race.lanes[-1].id == "hash" and not last.thin
    legend_at = last.foot if beside else max(last.foot, last.y + last.height) + text * 1.5
    picture = Picture(width, round(legend_at + text * 0.5), "How many strings must be compared?", race.headline)
    _legend(picture, last, legend_at)
    for lane, box in zip(race.lanes, boxes, strict=True):
        structure = lane.index.structure
        picture.text(1, box.head, f"{structure.mark} {lane.word}", size=text, bold=True)
        mean = f"mean of all {_mean(lane.mean)}"
        picture.text(box.counter, box.foot, mean, size=text, ink="secondary", anchor="end")
        picture.rect(box.x, box.y, box.width, box.height, "surface", edge="edge")
        for low, high, word in _tables(lane):
            left = box.at(low, lane.index.places)
            if low:
                picture.line(left, box.y, left, box.y + box.height + (0 if box.thin else 4), "edge")
            if not box.thin and (high - low) / lane.index.places * box.width > text * 0.62 * len(word):
                picture.text(left + 2, box.foot, word, size=text, ink="secondary", mono="__" in word)
    return picture


LEGEND = 23  # its width, in letters' heights


def _legend(picture: Picture, box: LaneBox, y: float) -> None:
    """What the fills mean, right-aligned under the last strip."""
    x, text = box.x + box.width, box.text
    for token, word in (("idle", "excluded"), ("good", "the name"), ("wait", "compared")):
        picture.text(x, y, word, size=text, ink="secondary", anchor="end")
        x -= text * (0.64 * len(word) + 1.1)
        picture.rect(x, y - text * 0.8, text * 0.86, text * 0.86, token, edge="edge")
        x -= text * 0.9


def _mean(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _tables(lane: Lane) -> list[tuple[int, int, str]]:
    """The parts of the strip with their names."""
    index = lane.index
    if index.structure.places == "bytes":
        return [(0, index.places, f"{index.places:,} bytes of the index")]
    if index.structure.places == "slots" and index.places > len(index.table):
        return [(0, index.places, f"{index.places:,} slots, {len(index.table):,} of them used")]
    bounds = index.table.bounds()
    if len(bounds) == 1:
        return [(0, index.places, f"__ksymtab: {index.places:,} names")]
    words = ("__ksymtab", "__ksymtab_gpl")
    return [(a, b, f"{w}: {b - a:,}") for (a, b), w in zip(bounds, words, strict=False)]


def draw_state(picture: Picture, race: Race, width: int, text: int, step: int) -> None:
    """What moves, after `step` comparisons in each lane (fewer where a lane is done)."""
    for lane, box in zip(race.lanes, lane_boxes(race, width, text), strict=True):
        k, places = min(step, lane.comparisons), lane.index.places
        done = k == lane.comparisons
        cursor = 0
        for low, high in [*lane.open_after(k), (places, places)]:
            if low > cursor:
                left, wide = box.at(cursor, places), box.at(low, places) - box.at(cursor, places)
                picture.rect(left, box.y, wide, box.height, "idle")
            cursor = max(cursor, high)
        probes = lane.trace.probes[:k]
        if lane.id == "linear":
            if k:
                picture.rect(box.x, box.y, *(box.span(0, k, places)[1], box.height), "wait")
        else:
            for low, high in lane.lit(k):
                left, wide = box.span(low, high, places)
                picture.rect(left, box.y, wide, box.height, "wait", edge="edge")
        if done and lane.found:
            left, wide = box.span(probes[-1], probes[-1] + 1, places)
            picture.rect(left, box.y - 3, wide, box.height + 6, "good", edge="ink")
        picture.rect(box.x, box.y, box.width, box.height, "none", edge="edge")
        mark = ("✓ " if lane.found else "✕ ") if done else ""
        picture.text(box.counter, box.base, f"{k:,}", size=box.big, bold=True, mono=True, anchor="end")
        picture.text(box.said_at, box.head, mark + said(lane, k, box.shown), size=text, ink="secondary")


def said(lane: Lane, step: int, letters: int) -> str:
    """What the lane's last comparison told, in at most `letters` characters."""
    if step >= lane.comparisons:
        text = "found" if lane.found else "not in the table"
        if not lane.comparisons:
            text += f": {NOTHING.get(lane.id, NOWHERE)}"
    elif step == 0:
        text = ""
    else:
        name, verdict = lane.name_at(step), lane.verdict(step)
        word = {-1: "is too far on", 1: "is too early"}[verdict] if lane.ordered else "is another name"
        text = f"{name} {word}" if lane.id != "trie" else f"names that begin with {name}"
    return text if len(text) <= letters else text[: max(0, letters - 1)] + "…"


def race_picture(race: Race, width: int = 920, text: int = 14) -> Picture:
    """The race when all lanes are done."""
    picture = draw_still(race, width, text)
    draw_state(picture, race, width, text, race.steps)
    return picture
