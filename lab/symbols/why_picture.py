"""Picture of a verdict: the loader's checks one below the other, each with a mark and its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.svg import Picture
from lab.symbols.why_checks import ALSO, FIRST, FITS, OPEN, UNSEEN, Check

__all__ = ["MARKS", "why_picture"]

# state -> fill, mark
MARKS: dict[str, tuple[str, str]] = {
    FITS: ("good", "✓"),
    FIRST: ("bad", "✕"),
    ALSO: ("bad", "✕"),
    OPEN: ("surface", "?"),
    UNSEEN: ("idle", "–"),
}
LETTER = 0.53  # mean width of a letter by its height


def why_picture(found: Sequence[Check], headline: str, width: int = 920, text: int = 14) -> Picture:
    """The checks `found` from the first that the loader makes to the last; the key of each is its kind."""
    row = round(text * 1.95)
    picture = Picture(width, row * len(found) + 2, "Will this module load", headline.replace("`", ""))
    narrow = width < text * 45
    left = round(text * (2.2 if narrow else 8.6))
    second = left + round(text * (11.6 if narrow else 13.4))
    for i, check in enumerate(found):
        y = 1 + i * row
        fill, mark = MARKS[check.state]
        picture.open(check.kind, f"{check.kind}: {check.state}; {check.evidence}")
        picture.rect(0, y, width, row - 3, "surface", edge="ink" if check.state == FIRST else "", round_by=4)
        wide = left - text * 0.8
        picture.rect(2, y + 2, wide, row - 7, fill, edge="edge", round_by=4)
        if fill == "bad":  # letters on a pattern need a quiet ground
            picture.rect(5, y + 4, wide - 6, row - 11, "surface", round_by=3)
        ink = f"on-{fill}" if fill in ("good", "idle") else "ink"
        base = y + row / 2 + text * 0.28
        words = mark if narrow else f"{mark} {check.state}"
        picture.text(2 + wide / 2, base, words, size=text, ink=ink, anchor="middle", bold=check.state == FIRST)
        picture.text(left, base, check.question, size=text, bold=True)
        more = f" (+{check.more:,})" if check.more else ""
        fits = max(4, int((width - second) / (text * LETTER)) - len(more))
        told = check.evidence if len(check.evidence) <= fits else check.evidence[: fits - 1] + "…"
        picture.text(second, base, told + more, size=text, ink="secondary" if check.state in (FITS, UNSEEN) else "ink")
        picture.close()
    return picture
