"""The story as a picture: for each time the published ratio (hatched) and the one counted here (solid)."""

from __future__ import annotations

import math

from lab.core.svg import Picture
from lab.symbols.story import chapters, story_headline, times

__all__ = ["story_picture"]

DECADES = (1, 10, 100, 1000, 10_000)


def story_picture(width: int = 920, text: int = 14) -> Picture:
    """Bars on a logarithmic axis of ratios, two a chapter."""
    told = chapters()
    narrow = width < text * 50
    row, bar, top = round(text * (5.0 if narrow else 4.0)), round(text * 1.2), text * 1.8
    left, right = (2.0 if narrow else text * 17), text * 11.5
    height = round(top + row * len(told) + text * 1.8)
    picture = Picture(width, height, "Sort when building, search when running", story_headline())
    inner = width - left - right

    def x(ratio: float) -> float:
        return left + inner * min(1.0, math.log10(max(ratio, 1)) / math.log10(DECADES[-1]))

    for decade in DECADES:
        picture.line(x(decade), top, x(decade), top + row * len(told), "idle")
        said = f"{decade:,}×"
        picture.text(x(decade), top - 6, said, size=text, ink="secondary", anchor="start" if decade == 1 and narrow
                     else "middle", mono=True)  # fmt: skip
    for i, chapter in enumerate(told):
        y = top + i * row + text * 0.5
        published = f"{times(chapter.published)} as fast" if chapter.published else "no figure"
        label = f"{chapter.year}, {chapter.title}: published {published}; counted here {times(chapter.ratio)} fewer"
        picture.open(chapter.id, label)
        picture.rect(0, y - 4, width, row - 3, "none")
        picture.text(2, y + text, f"{chapter.year} {chapter.title}", size=text, bold=True)
        if not narrow:
            picture.text(2, y + text * 2.4, chapter.who, size=text, ink="secondary")
        else:
            y += text * 1.3
        if chapter.published:
            picture.rect(left, y, x(chapter.published) - left, bar, "cost", edge="edge")
            picture.text(x(chapter.published) + 6, y + bar - 3, f"{times(chapter.published)} published", size=text)
        else:
            picture.text(left + 6, y + bar - 3, "no figure published", size=text, ink="secondary")
        y += text * 1.5
        picture.rect(left, y, max(2.0, x(chapter.ratio) - left), bar, "good", edge="edge")
        picture.text(x(chapter.ratio) + 6, y + bar - 3, f"{times(chapter.ratio)} counted here", size=text)
        picture.close()
    y = top + row * len(told) + text * 1.2
    at = 2.0
    for fill, words in (("cost", "published: times as fast, there"), ("good", "counted here: times fewer comparisons")):
        picture.rect(at, y - text * 0.85, text, text, fill, edge="edge")
        picture.text(at + text * 1.5, y, words, size=text, ink="secondary")
        at += text * (2.5 + 0.54 * len(words))
    return picture
