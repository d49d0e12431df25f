"""The race of the symbol notebook without a page: presets, table equals picture, errors, repr."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.structures import STRUCTURES
from lab.ui import symbols_explorer
from lab.ui.symbols_names import SINGLE_LOOKUPS, toggled


def data_of(widget: Any) -> Any:
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_opens_on_s1() -> None:
    explorer = symbols_explorer()
    assert repr(explorer) == (
        "symbols explorer, S1: Linear scan compares 5,237 strings, binary search 18, hash table 1."
    )
    assert data_of(explorer)["image/svg+xml"].startswith("<?xml")
    assert explorer.why.line == ("`__of_phy_provider_register` is exported by vmlinux, GPL only, checksum 0xb05c2dc2.")
    assert explorer.bar.command == "kernel-lab symbols cost"
    assert len(explorer.subject.primary) <= 4


@pytest.mark.parametrize("preset", ["S1", "S2"])
def test_table_says_what_the_picture_says(preset: str) -> None:
    explorer = symbols_explorer(preset)
    written = texts(explorer.view.svg())
    for _, comparisons, mean, _, _ in explorer.view.table.rows:
        assert f"{comparisons:,}" in written
        assert isinstance(mean, float)
        assert f"mean of all {mean:,.0f}" in written or f"mean of all {mean:.1f}" in written


def test_steps_are_explained() -> None:
    explorer = symbols_explorer()
    explorer.subject.picture.selected = "1"
    assert "the name sorts before `irq_stat`; 8,014 left" in explorer.why.line
    explorer.subject.picture.selected = "anything"
    assert "exported by vmlinux" in explorer.why.line
    assert len(explorer.why.trace) == 5 + 18 + 1


def test_controls_move_the_answer() -> None:
    explorer = symbols_explorer()
    explorer.controls["size"].value = "16"
    assert explorer.bar.headline == "Linear scan compares 9 strings, binary search 8, hash table 1."
    explorer.controls["name"].value = "no_such_thing"
    assert explorer.bar.headline.startswith("Missing: linear scan 16 comparisons")
    before = explorer.bar.headline
    explorer.controls["name"].value = "  "
    assert explorer.bar.error_at == "name"
    assert explorer.bar.headline == before
    explorer.controls["methods"].value = "linear, guess"
    assert explorer.bar.error_at == "methods"
    explorer.load("S2")
    assert explorer.bar.error == ""
    assert explorer.bar.headline == "Missing: linear scan 10,503 comparisons, binary search 24, hash table 0."


def test_methods_are_added_and_taken_one_by_one() -> None:
    explorer = symbols_explorer()
    explorer.set(methods=("binary",))
    assert explorer.bar.headline == "Binary search compares 18 strings."
    explorer.set(layout="merged", methods=("binary", "hash"))
    assert len(explorer.subject.picture.lanes) == 2


def test_a_method_is_added_from_the_list() -> None:
    explorer = symbols_explorer()
    picture = explorer.subject.picture
    assert [m for m, _ in picture.methods] == list(SINGLE_LOOKUPS)
    assert "merge" in STRUCTURES
    assert "merge" not in SINGLE_LOOKUPS
    for content in ({"do": "method", "method": "gnu-hash"}, {"do": "method", "method": "merge"}, {"do": "method"}, 7):
        picture._on_message(None, content, [])
    assert explorer.scenario.methods == ("linear", "binary", "gnu-hash", "hash")
    assert explorer.bar.headline.endswith("binary search 18, GNU hash 1, hash table 1.")
    picture._on_message(None, {"do": "method", "method": "linear"}, [])
    assert explorer.scenario.methods == ("binary", "gnu-hash", "hash")
    assert [lane["id"] for lane in picture.lanes] == ["binary", "gnu-hash", "hash"]
    assert toggled(("hash",), "hash") == ("hash",), "one stays"


def test_a_merge_join_runs_no_race() -> None:
    explorer = symbols_explorer()
    explorer.controls["methods"].value = "linear ; merge"
    assert explorer.bar.error_at == "methods"
    assert "merge join answers whole batches" in explorer.bar.error


def test_many_lanes_are_thin() -> None:
    explorer = symbols_explorer()
    heights = []
    for count in (3, 4, 5):
        explorer.set(methods=SINGLE_LOOKUPS[:count], size=1024)
        lanes = explorer.subject.picture.lanes
        heights.append(lanes[0]["height"])
        assert all(a["y"] + a["height"] < b["head"] for a, b in itertools.pairwise(lanes))
        assert lanes[0]["thin"] == (count > 4)
        assert lanes[-1]["y"] + lanes[-1]["height"] < 290, "the frame stays within 520 px"
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 3


def test_a_synthetic_table_says_so() -> None:
    explorer = symbols_explorer()
    explorer.set(size=32_768, methods=("linear", "binary"))
    assert explorer.bar.badge == "synthetic"
    assert explorer.bar.headline.endswith("Table: 32,768 names, 8,085 of them synthetic.")
    explorer.load("S1")
    assert explorer.bar.badge == ""


def test_wished_names_are_the_same_everywhere() -> None:
    explorer = symbols_explorer()
    names = []
    for _ in range(3):
        explorer.subject.picture._on_message(None, {"do": "random"}, [])
        names.append(explorer.scenario.name)
    assert len(set(names)) == 3
    again = symbols_explorer()
    again.subject.picture._on_message(None, {"do": "random"}, [])
    assert again.scenario.name == names[0]
    assert "Missing" not in again.bar.headline
    for wanted in (*MISSING_NAMES, MISSING_NAMES[0]):
        explorer.subject.picture._on_message(None, {"do": "missing"}, [])
        assert explorer.scenario.name == wanted
        assert explorer.bar.headline.startswith("Missing")


def test_unknown_preset() -> None:
    with pytest.raises(LabError, match="'S9' is not one of S1, S2"):
        symbols_explorer("S9")
