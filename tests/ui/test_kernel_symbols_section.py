"""The kernel's own count of comparisons beside the predicted one: recorded, for other names, and where they differ."""

from __future__ import annotations

import dataclasses
import re

import pytest

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.realkernel.symbols import SymbolRun, recorded
from lab.ui import kernel_run, kernel_symbols, symbols_kernel
from lab.ui.kernel_run import HERE, NOT_RUN, RECORDED
from lab.ui.kernel_symbols import LookupScenario


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_it_opens_on_the_recorded_counts() -> None:
    made, run = symbols_kernel(), recorded()
    linear, search = (run.methods[name].comparisons for name in ("linear", "bsearch"))
    assert linear is not None
    assert search is not None
    total = sum(run.methods[name].lookups for name in ("linear", "bsearch", "hash"))  # that are shown
    assert total == 1200
    assert repr(made) == (
        f"symbols_kernel explorer, C1: The scan compares {linear / search:,.0f}× as many strings as bsearch(): "
        f"as predicted in all {total:,} lookups."
    )
    assert made.bar.badge == RECORDED
    assert made.bar.command == "kernel-lab kernel symbols --seed 1"
    written = texts(made.view.svg())
    for name in ("linear", "bsearch", "hash"):
        method = run.methods[name]
        assert method.word in written
        assert f"{method.time:,.0f}" in written
    assert written.count("✓") == 3
    assert f"{linear / run.methods['linear'].lookups:,.0f}" in written
    assert len(made.view.table.rows) == len(run.methods)


def test_the_kernels_own_ways_are_shown_too() -> None:
    made, run = symbols_kernel("C2"), recorded()
    assert made.bar.headline.endswith("as predicted in all 1,600 lookups.")
    assert [row[8] for row in made.view.table.rows] == ["yes"] * 4 + ["entry only"] * 2
    for width in (360, 920):
        made.bar.width = width
        picture = made.subject.picture._picture
        assert picture.width == width
        assert {m.word for m in run.methods.values()} <= set(texts(picture.svg()))
    assert "its instructions" in made.view.why("symbol_get").line
    trace = made.view.why("symbol_get").trace
    assert any(line.startswith("found: ") for line in trace)
    assert any("apart by less than a comparison takes" in line for line in trace)
    assert "predicted now, as this was opened" in made.view.why("").trace
    assert re.search(r"takes \d+ instructions, \d+ more for each string", made.view.why("bsearch").line)


def test_other_names_are_not_the_recorded_ones_until_they_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is run is the bundled run once more: tests/booted runs a real one."""
    asked: list[LookupScenario] = []

    def boot(scenario: LookupScenario, progress: Progress) -> SymbolRun:
        asked.append(scenario)
        return recorded()

    monkeypatch.setattr(kernel_symbols, "_boot", boot)
    monkeypatch.setattr(kernel_run, "lacks", lambda run: None)
    made = symbols_kernel()
    made.controls["module"].value = "libata"
    assert made.bar.badge == NOT_RUN
    assert made.bar.headline.startswith("Not run yet with these names; recorded with 400 others: the scan compares")
    assert made.bar.command == "kernel-lab kernel symbols --seed 1 --module libata"
    made.run.job.button.click()
    assert made.run.job.wait(20)
    assert [scenario.module for scenario in asked] == ["libata"]
    assert (made.bar.badge, made.run.back.layout.display) == (HERE, "none"), "there is no recording of these names"
    made.controls["module"].value = "kvm"
    assert made.bar.badge == RECORDED


def test_a_kernel_that_counts_otherwise_is_not_called_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded()
    search = dataclasses.replace(
        run.methods["bsearch"], equal=False, differences=("printk: the kernel compares 9 strings, predicted are 8",)
    )
    bad = dataclasses.replace(run, methods={**run.methods, "bsearch": search})
    monkeypatch.setattr(kernel_symbols, "_recorded", lambda: bad)
    made = symbols_kernel()
    assert "printk: the kernel compares 9 strings, predicted are 8" in made.bar.headline
    written = texts(made.view.svg())
    assert (written.count("✓"), written.count("✕")) == (2, 1)
    assert made.view.why("bsearch").trace[0].startswith("printk: ")


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(LabError, match="--lookups: 20001"):
        symbols_kernel(lookups=20_001)
    with pytest.raises(LabError, match="--seed: -1"):
        symbols_kernel(seed=-1)
    with pytest.raises(LabError, match="'S1' is not one of C1, C2"):
        symbols_kernel("S1")
