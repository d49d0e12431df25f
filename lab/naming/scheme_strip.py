"""The strip below the cards: all schemes, cut where a name changes, and the rule that made the cut."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.svg import Picture, number
from lab.naming.compare import Comparison
from lab.naming.grid import SANS, Grid, fit
from lab.naming.intervals import Interval, intervals
from lab.naming.schemes.releases import release

__all__ = ["scheme_strip"]


def scheme_strip(picture: Picture, answer: Comparison, y: float, grid: Grid, cut: Sequence[Interval] = ()) -> None:
    """All schemes in a row, cut where a name of the machine after changes, with the ones that are shown marked.

    `cut`: these intervals, if they are known already.
    """
    size, systemd = grid.text, answer.scenario.systemd
    names = list(release(systemd).schemes)
    left = 0.0 if grid.narrow else size * 5.6
    step = (grid.width - left - 2) / len(names)
    if not grid.narrow:
        picture.text(0, y + size * 1.15, "schemes", size=size, ink="secondary")
    cut = cut or intervals(answer.after, answer.scenario.policy, systemd)
    for interval in cut:
        first, last = names.index(interval.first), names.index(interval.last)
        x, w = left + first * step, (last - first + 1) * step - (0 if last == len(names) - 1 else 3)
        picture.rect(x, y, w, size * 1.6, "idle", edge="edge", round_by=3)
        label = _interval_label(interval, cut, w, size)
        picture.text(x + w / 2, y + size * 1.15, label, size=size, ink="on-idle", anchor="middle")
    old, new = answer.scenario.schemes
    marks = [(new, "both" if old == new else "after")]
    if old != new and old in names:  # an older release may know a scheme by a name that is not here
        marks.append((old, "before"))
    marked = (float(grid.width), 0.0)
    for scheme, side in marks:
        x = left + (names.index(scheme) + 0.5) * step
        under = y + size * 1.6
        tip = f"M{number(x)} {number(under + 1)}l{number(size * 0.4)} {number(size * 0.6)}h{number(-size * 0.8)}Z"
        picture.path(tip, fill="ink")
        words = scheme if side == "both" else f"{side} {scheme}"
        half = len(words) * size * SANS / 2
        # two marks side by side look away from each other
        apart = names.index(new) - names.index(old) if old in names else 0
        leans = apart * (1 if side == "after" else -1)
        anchor = "middle" if leans == 0 or abs(leans) * step > 4 * half else "start" if leans > 0 else "end"
        if anchor == "middle":
            at = min(max(x, half + 2), grid.width - half - 2)
        else:
            at = x - size * 0.5 if anchor == "start" else x + size * 0.5
            if (anchor == "start" and at + 2 * half > grid.width) or (anchor == "end" and at - 2 * half < 0):
                anchor, at = "middle", min(max(x, half + 2), grid.width - half - 2)
        picture.text(at, under + size * 1.65, words, size=size, anchor=anchor)
        start = at - {"start": 0, "middle": half, "end": 2 * half}[anchor]
        marked = (min(marked[0], start), max(marked[1], start + 2 * half))
    _rule_at_the_cut(picture, cut, new, marked, y + size * 3.25, grid)


def _rule_at_the_cut(
    picture: Picture, cut: Sequence[Interval], scheme: str, marked: tuple[float, float], y: float, grid: Grid
) -> None:
    """The rule that made the cut nearest to `scheme`, on that side of the marks (`marked`: from, to) with more room."""
    here = next(i for i, interval in enumerate(cut) if scheme in interval)
    because = cut[here] if cut[here].because else cut[min(here + 1, len(cut) - 1)]
    left, right = marked[0] - 16, grid.width - marked[1] - 16
    if not because.because or grid.narrow:
        return
    words = fit(f"{because.first}: {because.because}", max(left, right), grid.text, 0.53)
    x, anchor = (0.0, "start") if left > right else (grid.width - 1.0, "end")
    picture.text(x, y, words, size=grid.text, ink="secondary", anchor=anchor)


def _interval_label(interval: Interval, cut: Sequence[Interval], room: float, size: float) -> str:
    words = f"{interval}: no change" if len(cut) == 1 else str(interval)
    return fit(words, room - 6, size)
