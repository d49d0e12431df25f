"""The sections of the symbol notebook without a page: presets, table equals picture, errors, repr."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.symbols import timing
from lab.symbols.presets import LOAD, MISSING_NAMES
from lab.symbols.timing import TimedLookup, Timing
from lab.ui import symbols_cost, symbols_explorer, symbols_time


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


def test_cost_against_size() -> None:
    explorer = symbols_cost()
    assert repr(explorer) == (
        "symbols_cost explorer, S1: Names × 1,543: linear scan × 1,452, binary search × 4.8, hash table × 0.9."
    )
    assert len(explorer.view.table.rows) == 3 * 13
    assert {"5,252", "17.9", "1.2"} <= set(texts(explorer.view.svg()))
    explorer.set(size=16)
    assert {"8.5", "4.2", "1.5"} <= set(texts(explorer.view.svg()))
    explorer.subject.picture.selected = "binary:1024"
    assert explorer.why.line == "1,024 names, mean comparisons: binary search 12.7, at most 19."
    explorer.set(layout="merged", size=10_503)
    assert "12.4" in texts(explorer.view.svg())


def test_time_shows_the_recorded_machine_until_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    section = symbols_time()
    assert repr(section) == (
        "symbols_time explorer, S3: Sorted instead of scanned: 118× as fast; hashed: 5.3× as fast again."
    )
    written = texts(section.explorer.view.svg())
    assert {"2.94 s", "24.8 ms", "4.7 ms"} <= set(written)
    assert any(t.startswith("recorded: 2-core") for t in written)
    assert not any("measured here" in t for t in written)
    assert section.explorer.bar.command == "kernel-lab symbols time --load references --rounds 9"
    section.explorer.load("S4")
    assert section.explorer.bar.headline == "Left over: the CRC check's linear scan takes 2.0× as long as the search."
    assert "11.7 M comparisons" in texts(section.explorer.view.svg())

    rows = tuple(
        TimedLookup(m, m, ns, (ns * 0.5, ns * 1.5), noisy, 1.0)
        for m, ns, noisy in (
            ("linear", 1000.0, False),
            ("binary", 100.0, True),
            ("hash", 50.0, False),
            ("crc", 300.0, False),
        )
    )
    here = Timing("here", "this machine", "p", "w", 184_890, rows)
    asked: list[Any] = []

    def measured(*args: Any) -> Timing:
        asked.extend(args)
        return here

    monkeypatch.setattr(timing, "measure_lookups", measured)
    section.job.button.click()
    assert section.job.wait(10)
    assert asked[4] == LOAD[1].scenario.rounds == 9  # what the command beside it says
    written = texts(section.explorer.view.svg())
    assert "measured here: this machine" in written
    assert "noisy 1" in written
    assert section.explorer.bar.headline.startswith("Left over: the CRC check's linear scan takes 3.0×")
    assert "(95 %: 50 ns to 150 ns, noisy)" in section.explorer.why.line
    section.explorer.load("S3")
    assert section.explorer.bar.headline == "Sorted instead of scanned: 10× as fast; hashed: 2.0× as fast again."


def test_a_measurement_without_a_clock_worth_the_name() -> None:
    section = symbols_time()
    rows = tuple(TimedLookup(m, m, 0.0, (0.0, 0.0), True, 1.0) for m in ("linear", "binary", "hash", "crc"))
    section._done(Timing("here", "m", "p", "w", 10, rows))
    assert section.explorer.bar.headline == "The clock of this machine is too coarse for a ratio."
    section.explorer.load("S4")
    assert "recorded: 2-core" in " ".join(texts(section.explorer.view.svg()))
