"""The device tree as a still picture, for pages without a kernel."""

from __future__ import annotations

from lab.core.svg import Picture
from lab.naming.grid import MONO, SANS, fit
from lab.naming.topology import Topology

__all__ = ["draw"]


def draw(answer: Topology, width: int = 920, text: int = 14) -> Picture:
    """The tree as it opens, as a still picture."""
    lines = list(answer.lines(folded=True))
    row = text * 1.7
    picture = Picture(
        width, row * len(lines) + 12, "From which device each name comes", answer.headline.replace("`", "")
    )
    for index, (depth, node) in enumerate(lines):
        x, y = 8 + depth * text * 1.6, 6 + row * index
        if depth:
            picture.path(f"M{x - text:.1f} {y:.1f}v{row / 2:.1f}h{text * 0.7:.1f}", ink="edge")
        if node.token:
            picture.rect(x, y + 3, row - 6, row - 6, node.token, edge="edge", round_by=3)
            ink = f"on-{node.token}"
            picture.text(x + (row - 6) / 2, y + row * 0.68, node.mark, size=text, ink=ink, anchor="middle", bold=True)
            x += row
        leaf = not node.children and "#" in node.key
        picture.text(x, y + row * 0.68, node.label, size=text, mono=True, bold=not leaf)
        end = x + len(node.label) * text * MONO + 12
        if width - end > 8 * text * SANS:
            note = fit(node.note, width - end - 8, text)
            picture.text(end, y + row * 0.68, note, size=text, ink="secondary")
    return picture
