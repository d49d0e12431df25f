"""Picture of a module's dependencies: layers from left to right, boxes joined by lines with numbers of symbols."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from lab.core.svg import Picture, number
from lab.symbols.module_graph import Edge, ModuleGraph, Node

__all__ = ["graph_picture"]

LETTER = 0.62  # width of a letter of equal width by its height
NUMBERED = 9  # so many lines at most have a number each; of more only those of the chosen box


@dataclasses.dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    wide: float
    tall: float

    @property
    def middle(self) -> float:
        return self.y + self.tall / 2


def graph_picture(graph: ModuleGraph, chosen: str = "", width: int = 920, text: int = 14, height: int = 330) -> Picture:
    """The picture of `graph`; the key of a box is its module's name, the lines of `chosen` stand out.

    Where a layer has more modules than fit, those with most symbols are shown and the last box says how many more.
    """
    wide = _box_width(graph.layers, width, text)
    lines = min(3, max(len(_wrapped(node.name, _letters(wide, text))) for node in graph.nodes))
    pitch = text * (1.25 * lines + (2.05 if lines == 1 else 0.9))
    rows = max(3, int((height - text * 1.6) / pitch))
    shown, more = _chosen_nodes(graph, rows)
    boxes = _places(graph, shown, more, (wide, pitch, width), text)
    bottom = max(box.y + box.tall for box in boxes.values())
    picture = Picture(width, max(bottom + 4, text * 9), "Which module needs which", graph.headline.replace("`", ""))
    _titles(picture, graph, width, text)
    center = chosen if chosen in boxes else graph.center
    edges = [e for e in graph.edges if e.user in boxes and e.owner in boxes]
    for edge in sorted(edges, key=lambda e: center in (e.user, e.owner)):
        _line(picture, boxes[edge.owner], boxes[edge.user], edge, center)
    for edge in edges if len(edges) <= NUMBERED else [e for e in edges if center in (e.user, e.owner)]:
        _number(picture, boxes[edge.owner], boxes[edge.user], edge, center, text)
    by_name = {node.name: node for node in graph.nodes}
    for name, box in boxes.items():
        if name in by_name:
            _node(picture, by_name[name], box, text, lines, name == graph.center)
    for layer, count in more.items():
        _more(picture, boxes[f"more:{layer}"], layer, count, text)
    return picture


def _box_width(layers: int, width: int, text: int) -> float:
    gap = text * (5 if layers <= 4 else 2.6 if layers <= 6 else 1.3)
    return min((width - 2 - gap * (layers - 1)) / layers, text * 15)


def _letters(wide: float, text: int) -> int:
    return max(3, int((wide - text * 0.5) / (text * LETTER)))


def _wrapped(name: str, letters: int) -> list[str]:
    """A name in lines of at most `letters`, broken behind a `_` where that leaves no short line."""
    lines = []
    while len(name) > letters:
        cut = name.rfind("_", letters // 2, letters) + 1 or letters
        lines.append(name[:cut])
        name = name[cut:]
    return [*lines, name]


def _more(picture: Picture, box: _Box, layer: int, count: int, text: int) -> None:
    said = f"and {count:,} more" if box.wide > text * 6 else f"+{count:,}"
    picture.open(f"more:{layer}", f"and {count:,} more modules")
    picture.rect(box.x, box.y, box.wide, box.tall, "surface", edge="edge", round_by=5)
    picture.text(box.x + box.wide / 2, box.middle + text * 0.36, said, size=text, anchor="middle")
    picture.close()


def _titles(picture: Picture, graph: ModuleGraph, width: int, text: int) -> None:
    left = "loaded first" if graph.scenario.direction == "needs" else "it must be there first"
    picture.text(1, text, f"← {left}", size=text, ink="secondary")
    if graph.layers > 1:
        right = "loaded last →" if graph.scenario.direction == "needs" else "modules that need it →"
        picture.text(width - 1, text, right, size=text, ink="secondary", anchor="end")


def _chosen_nodes(graph: ModuleGraph, rows: int) -> tuple[list[list[Node]], dict[int, int]]:
    """The modules of each layer that are shown, and how many are not, by layer."""
    weight: dict[str, int] = {}
    for edge in graph.edges:
        for name in (edge.user, edge.owner):
            weight[name] = weight.get(name, 0) + len(edge.symbols)
    shown, more = [], {}
    for layer in range(graph.layers):
        nodes = [node for node in graph.nodes if node.layer == layer]
        if len(nodes) > rows:
            more[layer] = len(nodes) - rows + 1
            nodes = sorted(nodes, key=lambda n: (n.name != graph.center, -weight.get(n.name, 0), n.name))[: rows - 1]
        shown.append(sorted(nodes, key=lambda n: n.name))
    return shown, more


def _places(
    graph: ModuleGraph,
    shown: Sequence[Sequence[Node]],
    more: Mapping[int, int],
    sizes: tuple[float, float, int],
    text: int,
) -> dict[str, _Box]:
    """A box for every module, on rows that all layers share, so that arrow keys find the neighbour.

    `sizes`: width of a box, distance of rows, width of the picture. Within a layer modules stand by the mean row of
    those to the right that use them.
    """
    wide, pitch, width = sizes
    step = (width - 2 - wide) / max(1, len(shown) - 1)
    most = max(len(nodes) + (layer in more) for layer, nodes in enumerate(shown))
    row_of: dict[str, int] = {}
    boxes: dict[str, _Box] = {}
    for layer in reversed(range(len(shown))):
        names = sorted((node.name for node in shown[layer]), key=lambda name: (_mean_row(graph, name, row_of), name))
        names += [f"more:{layer}"] if layer in more else []
        first = (most - len(names)) // 2
        for row, name in enumerate(names, first):
            row_of[name] = row
            boxes[name] = _Box(1 + layer * step, text * 1.6 + row * pitch, wide, pitch - text * 0.6)
    return dict(sorted(boxes.items(), key=lambda item: (item[1].x, item[1].y)))


def _mean_row(graph: ModuleGraph, name: str, row_of: Mapping[str, int]) -> float:
    rows = [row_of[e.user] for e in graph.edges if e.owner == name and e.user in row_of]
    return sum(rows) / len(rows) if rows else 0.0


def _line(picture: Picture, owner: _Box, user: _Box, edge: Edge, center: str) -> None:
    lit = center in (edge.user, edge.owner)
    x1, x2 = owner.x + owner.wide, user.x
    bend = max(12.0, (x2 - x1) / 2)
    path = (
        f"M{number(x1)} {number(owner.middle)}C{number(x1 + bend)} {number(owner.middle)} "
        f"{number(x2 - bend)} {number(user.middle)} {number(x2)} {number(user.middle)}"
    )
    picture.path(path, ink="ink" if lit else "idle", width=2 if lit else 1.5)


def _number(picture: Picture, owner: _Box, user: _Box, edge: Edge, center: str, text: int) -> None:
    """How many symbols, beside the box at the line's other end than `center`: there the lines do not meet."""
    said = f"{len(edge.symbols):,}"
    wide = text * LETTER * len(said) + 4
    gap = min(wide / 2 + 5, (user.x - owner.x - owner.wide) / 2)
    x, y = (user.x - gap, user.middle) if edge.owner == center else (owner.x + owner.wide + gap, owner.middle)
    picture.rect(x - wide / 2, y - text * 0.62, wide, text * 1.24, "surface", round_by=3)
    picture.text(x, y + text * 0.36, said, size=text, anchor="middle", mono=True)


def _node(picture: Picture, node: Node, box: _Box, text: int, lines: int, center: bool) -> None:
    """A module's box: its name, and where that takes one line the names that it asks of the kernel."""
    picture.open(node.name, f"{node.name}: {node.kernel:,} names of the kernel")
    picture.rect(box.x, box.y, box.wide, box.tall, "wait" if center else "surface", edge="edge", round_by=5)
    if center:  # letters on a pattern need a quiet ground
        picture.rect(box.x + 4, box.y + 4, box.wide - 8, box.tall - 8, "surface", round_by=3)
    wrapped = _wrapped(node.name, _letters(box.wide, text))
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], wrapped[lines - 1][:-1] + "…"]
    middle = box.x + box.wide / 2
    told = [*wrapped, f"kernel: {node.kernel:,}"] if lines == 1 else wrapped
    top = box.middle - text * 0.625 * len(told) + text * 0.98
    for i, line in enumerate(told):
        name = i < len(wrapped)
        ink = "ink" if name else "secondary"
        picture.text(
            middle, top + i * text * 1.25, line, size=text, anchor="middle", mono=name, bold=center and name, ink=ink
        )
    picture.close()
