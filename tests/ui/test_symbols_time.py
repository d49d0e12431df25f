"""The time section of the symbol notebook: recorded until measured here, ratio first, noisy said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.symbols import timing
from lab.symbols.presets import LOAD
from lab.symbols.timing import TimedLookup, Timing
from lab.ui import symbols_time


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def made(*rows: tuple[str, float, bool]) -> Timing:
    timed = tuple(TimedLookup(m, m, ns, (ns * 0.5, ns * 1.5), noisy, 1.0, 40.0, 5.0) for m, ns, noisy in rows)
    return Timing("here", "this machine", "p", "w", 184_890, timed)


HERE = made(("linear", 1000.0, False), ("binary", 100.0, True), ("hash", 50.0, False), ("crc", 300.0, False))


def test_time_shows_the_recorded_machine_until_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    section = symbols_time()
    assert repr(section) == (
        "symbols_time explorer, S3: Sorted instead of scanned: 118× as fast; hashed: 5.3× as fast again."
    )
    written = texts(section.explorer.view.svg())
    assert {"118×", "1×", "0.19×", "15.9 µs", "134 ns", "25.4 ns"} <= set(written)
    told = next(t for t in written if t.startswith("recorded: "))
    assert all(total in told for total in ("2.94 s", "24.8 ms", "4.7 ms"))
    assert not any("measured here" in t for t in written)
    assert section.explorer.bar.command == "kernel-lab symbols time --load references --rounds 9"
    section.explorer.load("S4")
    assert section.explorer.bar.headline == "Left over: the CRC check's linear scan takes 2.0× as long as the search."
    assert "11.7 M comparisons" in texts(section.explorer.view.svg())

    asked: list[Any] = []

    def measured(*args: Any, **more: Any) -> Timing:
        asked.extend([*args, more])
        return HERE

    monkeypatch.setattr(timing, "measure_lookups", measured)
    section.job.button.click()
    assert section.job.wait(10)
    assert asked[4] == LOAD[1].scenario.rounds == 9  # what the command beside it says
    assert asked[-1] == {"load": "references", "module": "libata", "cache": "warm"}
    written = texts(section.explorer.view.svg())
    assert any(t.startswith("measured here: all 184,890: ") for t in written)
    assert "noisy 1×" in written
    assert section.explorer.bar.headline.startswith("Left over: the CRC check's linear scan takes 3.0×")
    assert "(95 %: 50 ns to 150 ns, noisy), 1 comparisons, 40 bytes in 5 cache lines" in section.explorer.why.line
    section.explorer.load("S3")
    assert section.explorer.bar.headline.startswith("Sorted instead of scanned: 118×"), "S3 itself was not measured"


def test_another_load_is_not_the_recorded_one() -> None:
    section = symbols_time("S3")
    section.explorer.controls["cache"].value = "cold"
    assert section.explorer.bar.headline.startswith("Not measured yet; recorded for another load: sorted instead")
    section.asked = section.explorer.scenario
    section._done(HERE)
    assert section.explorer.bar.headline == (
        "Sorted instead of scanned: 10× as fast; hashed: 2.0× as fast again. Noisy: measure again."
    )
    assert not any("recorded" in t for t in texts(section.explorer.view.svg()))
    section.explorer.controls["cache"].value = "warm"
    assert "118×" in section.explorer.bar.headline


def test_methods_that_nobody_recorded() -> None:
    section = symbols_time()
    section.explorer.subject.picture.list.value = "trie"
    assert section.explorer.scenario.methods == ("linear", "binary", "hash", "trie")
    section.explorer.set(methods=("trie",))
    assert "118×" in section.explorer.bar.headline
    section.asked = section.explorer.scenario
    section._done(made(("trie", 70.0, False)))
    assert section.explorer.bar.headline == "The clock of this machine is too coarse for a ratio."
    assert "70 ns" in texts(section.explorer.view.svg())
    section.explorer.set(methods=("binary", "trie"))
    section.asked = section.explorer.scenario
    section._done(made(("binary", 100.0, False), ("trie", 250.0, False)))
    assert section.explorer.bar.headline == "With a binary search as 1: trie 2.5×."


def test_a_measurement_without_a_clock_worth_the_name() -> None:
    section = symbols_time()
    section._done(made(("linear", 0.0, False), ("binary", 0.0, False), ("hash", 0.0, False)))
    assert section.explorer.bar.headline == "The clock of this machine is too coarse for a ratio."
    section.explorer.load("S4")
    assert "recorded: all 184,890" in " ".join(texts(section.explorer.view.svg()))


def test_unknown_preset() -> None:
    with pytest.raises(LabError, match="'S1' is not one of S3, S4"):
        symbols_time("S1")
