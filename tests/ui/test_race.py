"""The race widget: what the page gets is what the core counted."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from lab.core.svg import Picture
from lab.symbols.lane_picture import draw_state, lane_boxes, race_picture, said
from lab.symbols.presets import RACE
from lab.symbols.race import RATE, Race, race
from lab.symbols.scenario import SymbolScenario
from lab.ui.race import RaceView, Shown

S1, S2 = (race(p.scenario) for p in RACE)


def shown(result: Race, width: int = 810, text: int = 14) -> RaceView:
    view = RaceView()
    view.show(Shown(result, width, text))
    return view


@pytest.mark.parametrize("result", [S1, S2], ids=["S1", "S2"])
def test_the_page_gets_every_comparison(result: Race) -> None:
    view = shown(result)
    for sent, lane in zip(view.lanes, result.lanes, strict=True):
        assert (sent["total"], sent["found"], sent["places"]) == (lane.comparisons, lane.found, lane.index.places)
        if sent["scan"]:
            assert lane.id == "linear"
            assert list(lane.trace.probes) == list(range(lane.comparisons))
        else:
            assert sent["probes"] == list(lane.trace.probes)
            assert [tuple(map(tuple, o)) for o in sent["open"]] == [
                lane.open_after(k) for k in range(lane.comparisons + 1)
            ]
        assert sent["end"] == (lane.trace.probes[-1] if lane.found else -1)
    assert view.rate == RATE == 1000


def test_a_scan_leaves_open_what_it_has_not_reached() -> None:
    """The page draws a scan without lists: this is what it assumes."""
    lane = S1.lanes[0]
    assert all(lane.open_after(k) == ((k, lane.index.places),) for k in (0, 1, 17, 5236))


def test_what_is_sent_stays_small() -> None:
    view = shown(race(SymbolScenario(name="zsmalloc_no_such", size=24_683)))
    assert len(repr(view.lanes)) < 60_000


def test_a_new_race_stands_at_its_end() -> None:
    view = shown(S1)
    view.selected = "7"
    view.show(Shown(S1, 600, 22))
    assert view.selected == "7", "the same race in another size stays at its step"
    view.show(Shown(S2))
    assert view.selected == ""
    assert "Missing" in view.svg


def test_repr_and_bundle() -> None:
    view = shown(S1)
    assert repr(view) == "RaceView('Linear scan compares 5,237 strings, binary search 18, hash table 1.')"
    assert repr(RaceView()) == "RaceView()"
    bundle = view._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    picture = data["image/svg+xml"]
    assert picture.startswith("<?xml")
    assert all(f">{count}<" in picture for count in ("5,237", "18", "1"))
    assert len(picture) < 200_000
    empty = RaceView()._repr_mimebundle_()
    assert "image/svg+xml" not in (empty[0] if isinstance(empty, tuple) else empty)


def test_wishes_reach_the_explorer_and_nothing_else_does() -> None:
    view = shown(S1)
    wishes: list[str] = []
    view._on_message(view, {"do": "random"}, [])
    view.wish = wishes.append
    messages: list[Any] = [{"do": "random"}, {"do": "missing"}, {"do": "format"}, "missing", None, {}]
    for message in messages:
        view._on_message(view, message, [])
    assert wishes == ["random", "missing"]


@pytest.mark.parametrize("text", [14, 18, 22])
@pytest.mark.parametrize("width", [560, 810, 920])
def test_geometry(width: int, text: int) -> None:
    boxes = lane_boxes(S1, width, text)
    for above, below in itertools.pairwise(boxes):
        assert above.foot < below.head - text * 0.8
    for box in boxes:
        assert box.x + box.width < box.counter <= width
        for place in (0, 1, 5236, 10_502):
            left, wide = box.span(place, place + 1, 10_503)
            assert box.x <= left
            assert left + wide <= box.x + box.width + 0.01
            assert wide >= 3
    if text == 14 and width == 810:
        assert race_picture(S1, width, text).height <= 300


def test_every_step_can_be_drawn() -> None:
    for result in (S1, S2):
        for step in (0, 1, 2, 12, 13, 24, 5000, result.steps):
            picture = Picture(810, 300, "t", "d")
            draw_state(picture, result, 810, 14, step)
            for lane in result.lanes:
                assert f">{min(step, lane.comparisons):,}<" in picture.svg()


def test_said_tells_the_side() -> None:
    binary = S1.lanes[1]
    assert said(binary, 1, 80) == "irq_stat is too far on"
    assert S1.lanes[1].key < b"irq_stat"
    assert said(binary, 9, 80) == f"{binary.name_at(9)} is too far on"
    assert said(binary, 4, 80) == f"{binary.name_at(4)} is too early" or binary.verdict(4) < 0
    assert said(binary, 1, 10) == "irq_stat …"
    assert said(binary, 18, 80) == "found"
    assert said(S2.lanes[2], 0, 80) == "not in the table: the slot is empty"
    assert said(S2.lanes[0], 3, 80).endswith("is another name")


def test_one_method_alone() -> None:
    only = race(dataclasses.replace(RACE[0].scenario, methods=("linear",), size=24_683, layout="merged"))
    picture = race_picture(only)
    assert "__ksymtab: 24,683 names" in picture.svg()
    assert "compared" in picture.svg()
