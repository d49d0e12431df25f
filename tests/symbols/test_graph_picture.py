"""The dependencies of a module: the index's own answers in layers, and the picture of them."""

from __future__ import annotations

import re

import pytest

from lab.core.errors import LabError
from lab.symbols.bundled_index import bundled_index
from lab.symbols.graph_picture import graph_picture
from lab.symbols.module_graph import GRAPHS, GraphScenario, module_graph
from lab.symbols.store.graph import closure, dependencies, dependents, load_order

NEEDED = "is needed by"


@pytest.mark.parametrize("preset", GRAPHS, ids=lambda p: p.id)
def test_the_graph_is_the_indexs(preset: object) -> None:
    graph, index = module_graph(preset.scenario), bundled_index()  # type: ignore[attr-defined]
    layer = {node.name: node.layer for node in graph.nodes}
    center = index.module(graph.center)
    assert center is not None
    for edge in graph.edges:
        assert layer[edge.owner] < layer[edge.user]
        user = index.module(edge.user)
        assert user is not None
        assert edge.symbols in [e.symbols for e in dependencies(index, user) if e.owner == edge.owner]
    if graph.scenario.direction == NEEDED:
        assert {e.user for e in graph.direct()} == {e.owner for e in dependents(index, center)}
        assert graph.every == len(closure(index, center, reverse=True))
    else:
        assert graph.order == tuple(m.name for m in load_order(index, center))
        assert {e.owner for e in graph.direct()} == {
            e.owner for e in dependencies(index, center) if e.module is not None
        }
        assert set(layer) == set(graph.order)
        place = {name: i for i, name in enumerate(graph.order)}
        assert all(place[e.owner] < place[e.user] for e in graph.edges)
        assert [row[1] for row in graph.table().rows] == list(graph.order)


def test_headlines_and_why() -> None:
    graph = module_graph(GraphScenario("ext4"))
    assert graph.headline == "Before `ext4` modprobe loads 3 modules, 3 for itself: `crc16`, `jbd2`, `mbcache`"
    assert graph.why("") == (
        "`ext4` needs `jbd2` for 54 names (jbd2__journal_restart …), `mbcache` for 10 names (__mb_cache_entry_free …) "
        "and 1 more; asks the kernel for 551 names."
    )
    assert graph.why("crc16") == "`crc16` is needed by `ext4` for crc16; asks the kernel for 1 name."
    assert graph.trace("crc16") == ("ext4 asks crc16 for 1: crc16",)
    assert module_graph(GraphScenario("libata", NEEDED)).headline == "`libata` is needed by 56 modules, all directly."
    alone = "`e1000e` needs no other module: the kernel has every name it asks for."
    assert module_graph(GraphScenario("e1000e")).headline == alone
    assert module_graph(GraphScenario("e1000e", NEEDED)).headline == "No module needs `e1000e`."


def test_depth_bounds_who_needs_it() -> None:
    one, two = (module_graph(GraphScenario("scsi_mod", NEEDED, depth)) for depth in (1, 2))
    assert (one.layers, two.layers) == (2, 3)
    assert len(one.nodes) < len(two.nodes)
    assert one.every == two.every >= len(two.nodes) - 1


def test_unknown_module_and_depth() -> None:
    with pytest.raises(LabError, match="has no module"):
        module_graph(GraphScenario("no_such"))
    with pytest.raises(LabError, match="out of range"):
        GraphScenario(depth=9)


@pytest.mark.parametrize(("width", "text"), [(920, 14), (560, 14), (920, 22)])
@pytest.mark.parametrize("preset", GRAPHS, ids=lambda p: p.id)
def test_boxes_are_inside_and_apart(preset: object, width: int, text: int) -> None:
    graph = module_graph(preset.scenario)  # type: ignore[attr-defined]
    picture = graph_picture(graph, "", width, text)
    svg = picture.svg()
    found = re.findall(
        r'data-key="([^"]+)"[^>]*><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg
    )
    boxes = {key: tuple(map(float, rest)) for key, *rest in found}
    more = sum(int(n) for n in re.findall(r'aria-label="and (\d+) more modules"', svg))
    shown = [key for key in boxes if not key.startswith("more:")]
    assert len(shown) + more == len(graph.nodes)
    assert graph.center in shown
    for x, y, w, h in boxes.values():
        assert x >= 0
        assert x + w <= width + 0.1
        assert y + h <= picture.height
    for a in boxes.values():
        for b in boxes.values():
            apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
            assert a is b or apart
    assert len(picture.standalone()) < 200_000
    middle = boxes[graph.center][1]
    assert all(
        any(b[1] <= middle < b[1] + b[3] for b in boxes.values() if b[0] == x) for x in {b[0] for b in boxes.values()}
    )


def test_lines_of_the_chosen_module_stand_out() -> None:
    graph = module_graph(GraphScenario())
    assert graph_picture(graph, "drm").svg() != graph_picture(graph).svg()
    assert graph_picture(graph, "more:0").svg() == graph_picture(graph, "nobody").svg() == graph_picture(graph).svg()
    svg = graph_picture(graph).svg()
    for edge in graph.direct():
        assert f">{len(edge.symbols)}</text>" in svg
