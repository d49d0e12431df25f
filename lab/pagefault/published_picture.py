"""The published tables beside ours, drawn: each figure's row, ours as a part of the published one."""

from __future__ import annotations

from lab.core.svg import Picture, number
from lab.pagefault.published_sections import Row, Section, digits

__all__ = ["draw"]

LOW, HIGH = 0.4, 2.0  # of the axis: ours over the published figure
CHIPS = {"fitted": ("idle", "="), "predicted": ("good", "✓"), "rejected": ("bad", "✕"), "order": ("new", "<")}


def draw(found: Section, width: float = 920, text: float = 14) -> Picture:
    """A row a figure; its key is its place in the table."""
    row, top = 2.3 * text, 2.2 * text
    high = top + row * len(found.rows) + 2.2 * text
    picture = Picture(width, high, "Published figures beside ours", found.headline)
    left, right = width * (0.6 if width >= 54 * text else 0.62), width - 1.2 * text
    _axis(picture, left, right, top, high - 2.0 * text, text)
    for place, one in enumerate(found.rows):
        _row(picture, one, place, top + place * row, row, (left, right), text)
    said = "│ theory" + ("   ● simulated" if any(one.simulated is not None for one in found.rows) else "")
    band = any(one.interval for one in found.rows)
    picture.text(1, high - 0.5 * text, said + ("   ▒ published ± one standard deviation" if band else ""), size=text,
                 ink="secondary")  # fmt: skip
    return picture


def _at(value: float, left: float, right: float) -> float:
    return left + (right - left) * (min(max(value, LOW), HIGH) - LOW) / (HIGH - LOW)


def _axis(picture: Picture, left: float, right: float, top: float, bottom: float, text: float) -> None:
    for value in (0.5, 1.0, 1.5, 2.0):
        x = _at(value, left, right)
        picture.line(x, top - 0.3 * text, x, bottom, "ink" if value == 1 else "idle", width=2 if value == 1 else 1)
        word = "published" if value == 1 else f"×{value:g}"
        picture.text(x, top - 0.8 * text, word, size=text, ink="ink" if value == 1 else "secondary", anchor="middle",
                     mono=value != 1)  # fmt: skip


def _row(picture: Picture, one: Row, place: int, y: float, row: float, span: tuple[float, float], text: float) -> None:
    left, right = span
    fill, mark = CHIPS[one.role]
    middle = y + row / 2
    picture.open(str(place), one.said)
    picture.rect(0, y + 1, left - 0.6 * text, row - 2, "none", edge="idle", round_by=4)
    picture.rect(4, middle - 0.8 * text, 0.6 * text, 1.6 * text, fill, edge="edge")
    most = int((left - 2.6 * text) / (text * 0.56))
    name = one.name if len(one.name) <= most else one.name[: most - 1] + "…"
    picture.text(1.4 * text, y + 0.96 * text, name, size=text)
    ours = " · ".join(
        f"{word} {digits(value)}"
        for word, value in (("theory", one.theory), ("simulated", one.simulated))
        if value is not None
    )
    there = "not published" if one.published is None else f"published {digits(one.published)}"
    picture.text(1.4 * text, y + 1.98 * text, f"{mark} {one.role}: {there} · {ours or 'no form'}",
                 size=text, ink="secondary")  # fmt: skip
    if one.interval and one.published:
        low, high = (_at(value / one.published, left, right) for value in one.interval)
        picture.rect(low, middle - 0.7 * text, high - low, 1.4 * text, "idle", edge="edge")
        one_at = _at(1.0, left, right)
        picture.line(one_at, middle - 0.7 * text, one_at, middle + 0.7 * text, "ink", width=2)
    by_theory, simulated = one.part(one.theory), one.part(one.simulated)
    if by_theory is not None:
        x = _at(by_theory, left, right)
        picture.line(x, middle - 0.8 * text, x, middle + 0.8 * text, "ink", width=4)
        if one.role == "rejected":
            picture.text(x + 6, middle + 0.35 * text, "✕", size=text)
    if simulated is not None:
        x = _at(simulated, left, right)
        picture.path(f"M{number(x - 5)} {number(middle)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", fill="good", ink="ink")
    picture.close()
