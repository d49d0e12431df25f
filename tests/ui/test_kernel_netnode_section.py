"""The netnode section: the recorded life, a step in full, and a driver that breaks its word."""

from __future__ import annotations

import dataclasses
import re

import pytest

from lab.core.errors import LabError
from lab.realkernel.netnode import recorded
from lab.realkernel.netnode.contract import STEPS
from lab.ui import kernel_netnode, naming_netnode
from lab.ui.kernel_netnode import PARTS, PRESETS
from lab.ui.kernel_run import RECORDED


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_it_opens_on_the_whole_recorded_life() -> None:
    made, life = naming_netnode(), recorded()
    said = f"All {len(life.rows)} promises kept: the node follows the device, not its name."
    assert repr(made) == f"naming_netnode explorer, life: {said}"
    assert made.bar.badge == RECORDED
    assert made.bar.command == "kernel-lab kernel netnode"
    written = texts(made.view.svg())
    steps = list(dict.fromkeys(row.step for row in life.rows))
    assert [text for text in written if text in steps] == steps, "in the order in which they were lived through"
    assert written.count("✓") == len(steps)
    assert len(made.view.table.rows) == len(life.rows)
    assert life.kernel in made.why.line


def test_each_step_can_be_seen_in_full() -> None:
    assert set(PARTS) == {*STEPS, "log"} == {row.step for row in recorded().rows}
    made = naming_netnode()
    for preset in PRESETS[1:]:
        made.load(preset.id)
        mine = [row for row in recorded().rows if row.step == preset.id]
        assert [row[0] for row in made.view.table.rows] == [preset.id] * len(mine)
        for width in (340, 920):
            made.bar.width = width
            assert texts(made.view.svg()).count("✓") == len(mine)
        assert made.view.why("0").line == f"✓ {mine[0].promised}: `{mine[0].seen}`"
    made.load("life")
    assert [line[:1] for line in made.view.why("rename").trace] == ["✓"] * 6


def test_a_broken_promise_is_the_headline(monkeypatch: pytest.MonkeyPatch) -> None:
    life = recorded()
    at = next(i for i, row in enumerate(life.rows) if row.step == "rename")
    rows = (*life.rows[:at], dataclasses.replace(life.rows[at], ok=False, seen="busy"), *life.rows[at + 1 :])
    monkeypatch.setattr(kernel_netnode, "_recorded", lambda: dataclasses.replace(life, rows=rows))
    made = naming_netnode()
    assert made.bar.headline == f"1 of {len(rows)} promises broken: rename."
    assert texts(made.view.svg()).count("✕") == 1
    assert made.view.why("rename").trace[0].startswith("✕ ")
    made.load("rename")
    assert "busy" in texts(made.view.svg())


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(LabError, match="'D1' is not one of life, "):
        naming_netnode("D1")
