"""Steps, cost, memory and story of the symbol notebook without a page: values, tables, headlines, presets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.walk import WALKED
from lab.ui import symbols_cost, symbols_memory, symbols_steps, symbols_story
from lab.ui.frame import Explorer


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def data_of(widget: Any) -> Any:
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


@pytest.mark.parametrize("section", [symbols_cost, symbols_memory, symbols_steps, symbols_story])
def test_every_section_is_one_frame(section: Any) -> None:
    explorer = section()
    assert isinstance(explorer, Explorer)
    assert len(explorer.subject.primary) <= 4
    assert explorer.bar.command.startswith("kernel-lab symbols cost")
    assert data_of(explorer)["image/svg+xml"].startswith("<?xml")
    assert len(explorer.view.svg()) < 200_000
    assert explorer.why.line
    assert explorer.view.table.rows
    again = section()
    assert again.view.svg() == explorer.view.svg()
    with pytest.raises(LabError, match="'S9' is not one of"):
        explorer.load("S9")


# -- step by step ---------------------------------------------------------------------------------------


def test_one_lookup_step_by_step() -> None:
    explorer = symbols_steps()
    assert repr(explorer) == (
        "symbols_steps explorer, S1: GNU hash: found after 5 steps, 1 name compared, 66 bytes read."
    )
    assert explorer.controls["step"].labels == [f"{k} of 5" for k in range(1, 6)]
    assert explorer.why.line == (
        "Step 1 of 5: nothing is decided yet. So far 12 bytes in 1 cache line of names and index."
    )
    explorer.controls["step"].index = 4
    assert explorer.scenario.step == 5
    assert "this is the name. So far 66 bytes in 8 cache lines" in explorer.why.line
    explorer.subject.picture.selected = "step:2"
    assert explorer.scenario.step == 2
    assert explorer.controls["step"].value == 2
    assert any("set ✓" in t for t in texts(explorer.view.svg()))
    assert [row[0] for row in explorer.view.table.rows] == [1, 2, 3, 4, 5]
    assert explorer.view.table.rows[-1][5:] == (66, 8)


def test_a_shorter_lookup_has_fewer_steps() -> None:
    explorer = symbols_steps()
    explorer.set(step=5)
    explorer.controls["structure"].value = "perfect-hash"
    assert explorer.scenario.step == 3
    assert explorer.controls["step"].value == 3
    explorer.controls["name"].value = MISSING_NAMES[0]
    assert "known to be missing" in explorer.bar.headline
    explorer.load("S2")
    assert explorer.bar.headline == "GNU hash: known to be missing after 2 steps, 0 names compared, 20 bytes read."


def test_a_long_lookup_has_a_stop_now_and_then() -> None:
    explorer = symbols_steps()
    explorer.set(structure="linear")
    assert len(explorer.controls["step"].labels) <= 62
    assert explorer.controls["step"].labels[-1] == "5,237 of 5,237"
    explorer.set(step=5237)
    assert len(explorer.view.svg()) < 100_000


@pytest.mark.parametrize("structure", WALKED)
def test_every_structure_can_be_walked(structure: str) -> None:
    explorer = symbols_steps()
    explorer.set(structure=structure, size=512)
    for stop in explorer.subject.stops["step"](explorer.scenario)[::5]:
        explorer.set(step=stop.value)
        assert explorer.why.line.startswith(f"Step {stop.value:,} of ")
        assert f'data-key="step:{stop.value}"' in explorer.view.svg()


# -- cost against size ----------------------------------------------------------------------------------


def test_cost_against_size() -> None:
    explorer = symbols_cost()
    assert repr(explorer) == (
        "symbols_cost explorer, S1: Names × 1,543: linear scan × 1,452, binary search × 4.8, hash table × 0.9."
    )
    assert len(explorer.view.table.rows) == 3 * 15
    assert {"5,252", "17.9", "1.2", "synthetic"} <= set(texts(explorer.view.svg()))
    assert 'stroke-dasharray="4 4"' in explorer.view.svg(), "beyond the real names the lines are dashed"
    explorer.set(size=16)
    assert {"8.5", "4.2", "1.5"} <= set(texts(explorer.view.svg()))
    explorer.subject.picture.selected = "binary:1024"
    assert explorer.why.line == "1,024 names, mean comparisons: binary search 12.7, at most 19."
    explorer.set(layout="merged", size=10_503)
    assert "12.4" in texts(explorer.view.svg())
    explorer.set(size=65_536)
    assert explorer.bar.badge == "synthetic"
    assert "65,536 names, 40,853 of them synthetic" in explorer.bar.headline


def test_methods_are_added_to_the_chart() -> None:
    explorer = symbols_cost("S2")
    offered = explorer.subject.picture.list
    assert ("add GNU hash", "gnu-hash") in offered.options
    offered.value = "gnu-hash"
    assert explorer.scenario.methods == ("linear", "binary", "gnu-hash", "hash")
    assert offered.value == ""
    assert ("remove GNU hash", "gnu-hash") in offered.options
    offered.value = "kallsyms"
    assert explorer.bar.headline.endswith("GNU hash × 1.0, ….")
    offered.value = "linear"
    assert "linear" not in explorer.scenario.methods
    explorer.controls["methods"].value = "merge"
    assert explorer.bar.error_at == "methods"


# -- memory against cost --------------------------------------------------------------------------------


def test_memory_against_cost() -> None:
    explorer = symbols_memory()
    assert explorer.bar.headline == ("6.0 bytes a name (perfect hash) save 16.9 of 17.9 comparisons: 2.8 a byte.")
    rows = {row[0]: row for row in explorer.view.table.rows}
    assert rows["hash table"][1] == 131_072
    assert len(rows) == 10
    written = texts(explorer.view.svg())
    for word, _, _, comparisons, _, _ in explorer.view.table.rows:
        assert any(t.startswith(f"{word} ") for t in written)
        assert isinstance(comparisons, float)
    explorer.subject.picture.selected = "gnu-hash"
    assert explorer.why.line.startswith("GNU hash: 11.9 bytes a name, 125,068 in all; a lookup makes 1.0 comparisons")
    explorer.load("S2")
    assert "cache lines" in explorer.bar.headline
    assert "39.3" in explorer.bar.headline
    explorer.controls["cost"].value = "bytes touched"
    assert "bytes: " in explorer.bar.headline
    assert explorer.bar.error == ""


# -- the story ------------------------------------------------------------------------------------------


def test_the_story_tells_both_figures() -> None:
    explorer = symbols_story()
    assert explorer.bar.headline == (
        "Sorted when built, searched when run: 289× for exports, 903× for kallsyms names, 2,825× for types, in "
        "comparisons."
    )
    written = texts(explorer.view.svg())
    assert {"25× published", "715× published", "2,437× published", "289× counted here", "1.7× counted here"} <= set(
        written
    )
    assert written.count("no figure published") == 2
    explorer.subject.picture.selected = "2022"
    assert explorer.why.line.startswith("2022, Zhen Lei: kallsyms_lookup_name from 5,206,926 to 7,272 ns")
    assert "phoronix.com/news/Linux-6.2-Modules" in explorer.why.line
    explorer.subject.picture.selected = "table"
    assert "Counted here: 24 against 14 comparisons until `do_gettimeofday`" in explorer.why.line
