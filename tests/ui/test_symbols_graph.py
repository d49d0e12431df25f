"""The dependencies of a module on the page, without a page."""

from __future__ import annotations

import pytest

from lab.core.errors import LabError
from lab.ui import symbols_graph


def test_opens_on_nouveau() -> None:
    explorer = symbols_graph()
    assert repr(explorer).startswith("symbols_graph explorer, G1: Before `nouveau` modprobe loads 12 modules")
    assert [row[1] for row in explorer.view.table.rows][-1] == "nouveau"
    assert explorer.bar.command == "kernel-lab symbols deps nouveau --on INDEX --tree"
    assert explorer.subject.picture.svg.count("data-key=") == 13
    assert len(explorer.subject.primary) <= 4


def test_choosing_a_box_names_the_symbols_of_its_lines() -> None:
    explorer = symbols_graph("G2")
    before = explorer.subject.picture.svg
    explorer.subject.picture.selected = "mbcache"
    assert explorer.why.line.startswith("`mbcache` is needed by `ext4` for 10 names (__mb_cache_entry_free …)")
    assert explorer.why.trace[0].startswith("ext4 asks mbcache for 10: ")
    assert explorer.subject.picture.svg != before or len(explorer.view.table.rows) == 4


def test_the_other_way() -> None:
    explorer = symbols_graph()
    explorer.controls["module"].value = "libata"
    explorer.controls["direction"].value = "is needed by"
    assert explorer.bar.headline == "`libata` is needed by 56 modules, all directly."
    assert len(explorer.view.table.rows) == 56
    assert "more modules" in explorer.subject.picture.svg
    assert explorer.bar.command == "kernel-lab symbols deps libata --on INDEX --reverse"
    explorer.controls["module"].value = "nothing_such"
    assert explorer.bar.error_at == "module"
    explorer.load("G4")
    assert explorer.bar.headline == "`drm` is needed by 31 modules, 30 of them directly."


def test_bad_calls() -> None:
    with pytest.raises(LabError, match="is not one of G1"):
        symbols_graph("L1")
    with pytest.raises(LabError, match="has no module"):
        symbols_graph(module="nothing")
