"""Order and count of a trace's faults drawn: which address was asked for when, and how many pages were under way."""

from __future__ import annotations

from lab.core.svg import Picture, number
from lab.pagefault.evidence import Evidence, headline

__all__ = ["MOST_SHOWN", "draw"]

MOST_SHOWN = 96  # faults of a trace


def draw(shown: tuple[Evidence, ...], width: float = 920, text: float = 14) -> Picture:
    """A panel a trace, side by side, below one another where it is narrow; a fault has the key `TRACE:NUMBER`."""
    across = len(shown) if width >= 54 * text else 1
    down = -(-len(shown) // across)
    wide, high = width / across, (11.6 if down == 1 else 10.4) * text
    picture = Picture(width, high * down, "Order and count of a trace's page faults", headline(shown))
    for i, one in enumerate(shown):
        _panel(picture, one, i, (i % across) * wide, (i // across) * high, wide - text, high, text)
    return picture


def _panel(
    picture: Picture, one: Evidence, which: int, x: float, y: float, wide: float, high: float, text: float
) -> None:
    faults = one.faults[:MOST_SHOWN]
    cut = "" if len(faults) == len(one.faults) else f", the first {len(faults)} shown"
    picture.text(
        x, y + text, f"{one.name}: at most {one.most} in flight, {len(one.faults)} faults{cut}", size=text, bold=True
    )
    left, right = x + 5.2 * text, x + wide - 0.5 * text
    bars = 1.8 * text
    top, bottom = y + 1.8 * text, y + high - bars - 2.6 * text
    step = (right - left) / max(len(faults), 1)
    places = [address for _, address in sorted({(f.gva or 0, one.address(f)) for f in faults})]
    rank = {address: i for i, address in enumerate(places)}

    def at(i: int, address: str) -> tuple[float, float]:
        return left + (i + 0.5) * step, bottom - 4 - (bottom - top - 8) * rank[address] / max(len(places) - 1, 1)

    picture.rect(left, top, right - left, bottom - top, "none", edge="idle")
    for address in (places[0], places[-1]) if len(places) > 1 else places:
        picture.text(
            left - 5, at(0, address)[1] + 0.35 * text, address, size=text, anchor="end", mono=True, ink="secondary"
        )
    line = "L".join(f"{number(px)} {number(py)}" for px, py in (at(i, one.address(f)) for i, f in enumerate(faults)))
    picture.path(f"M{line}", ink="edge")
    radius = max(2.5, min(4.5, step / 2.6))
    for i, fault in enumerate(faults):
        px, py = at(i, one.address(fault))
        picture.open(f"{which}:{fault.number}", one.why(fault.number))
        picture.rect(px - radius, py - radius, 2 * radius, 2 * radius, "good", edge="ink", tip=one.why(fault.number))
        place = one.delivered[i]
        if place is not None and place != i and place < len(faults):
            ox = left + (place + 0.5) * step
            picture.path(_circle(ox, py, radius), ink="ink", width=1.5)
        picture.close()
    base = bottom + 0.6 * text + bars
    most = max(one.in_flight)
    for i, many in enumerate(one.in_flight[: len(faults)]):
        tall = bars * many / max(most, 4)
        picture.rect(left + i * step + 1, base - tall, max(step - 2, 1), tall, "wait", edge="edge")
    picture.text(left - 5, base - 0.2 * text, "in flight", size=text, anchor="end", ink="secondary")
    turned = any(place is not None and place != i for i, place in enumerate(one.delivered))
    said = "■ asked for" + (
        ", ○ delivered: left to right in turn" if turned else ", and delivered, left to right in turn"
    )
    picture.text(left, y + high - 0.5 * text, said, size=text, ink="secondary")


def _circle(x: float, y: float, r: float) -> str:
    half = f"a{number(r)} {number(r)} 0 1 0"
    return f"M{number(x - r)} {number(y)}{half} {number(2 * r)} 0{half} {number(-2 * r)} 0"
