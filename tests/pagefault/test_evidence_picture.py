"""What a trace proves by counts and order, and its picture."""

from __future__ import annotations

import re

import pytest

from lab.core.errors import LabError
from lab.pagefault.evidence import NONE, PRESETS, TraceScenario, evidence, headline, of_file, table
from lab.pagefault.evidence_picture import MOST_SHOWN, draw
from lab.pagefault.result import run
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.trace import most, parse, write
from tests.pagefault.recorded import NOT_TOLD, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_counts_and_order_of_a_recording(name: str) -> None:
    found = of_file(name)
    assert found.name == name
    assert len(found.faults) == len(found.in_flight) == len(found.delivered) == PAGES[name]
    assert max(found.in_flight) == found.most == most(found.pairing.intervals)
    assert sorted(place for place in found.delivered if place is not None) == list(range(PAGES[name]))
    assert found.told == (0 if name in NOT_TOLD else PAGES[name])
    assert (found.turned == "3, 2, 1, 0") == (name == "on-int-lifo")
    order = "0000, 4000, 8000…" if name in NOT_TOLD else "0000, 1000, 2000…"
    assert found.order() == order
    assert order in headline((found,))
    odd = [note for note in found.notes() if ": ODD: " in note]
    assert bool(odd) == (name in NOT_TOLD)
    assert found.notes()[: len(odd)] == tuple(odd)
    assert found.scenario().startswith(f"kernel-lab pagefault run --mode {'halt' if name in NOT_TOLD else 'pv'}")


@pytest.mark.parametrize("width", [560, 920])
def test_the_picture_has_every_fault_of_both(width: int) -> None:
    shown = (of_file("off-hostonly"), of_file("on-int-lifo"))
    picture = draw(shown, width)
    svg = picture.svg()
    keys = re.findall(r'data-key="(\d:\d+)"', svg)
    assert len(keys) == 64
    assert len(set(keys)) == 64
    assert svg == draw(shown, width).svg()
    assert len(svg) < 100_000
    assert "at most 1 in flight" in svg
    assert svg.count("○ delivered") == 1
    rows = table(shown).rows
    assert len(rows) == 64
    assert [row[5] for row in rows if row[0] == "off-hostonly"] == [1] * 32
    assert [row[6] for row in rows if row[0] == "on-int-lifo"][:4] == [4, 3, 2, 1]


def test_a_long_trace_is_cut_and_says_so() -> None:
    scenario = PageFaultScenario(tasks=8, faults=200, window=1e4, mode="pv")
    found = evidence(parse(write(run(scenario, "pv").events, "tracefs"), "long.txt"))
    assert len(found.faults) > MOST_SHOWN
    svg = draw((found,)).svg()
    assert f"the first {MOST_SHOWN} shown" in svg
    assert svg.count('data-key="0:') == MOST_SHOWN
    assert found.told == len(found.faults)  # by the injections, without a log


def test_what_is_no_evidence() -> None:
    with pytest.raises(LabError, match="no trace is named"):
        of_file(NONE)
    text = "            qemu-1 [000] ..... 5: kvm_entry: vcpu 0, rip 0x1"
    with pytest.raises(LabError, match=r"x: has no queued asynchronous fault"):
        evidence(parse(f"# tracer: nop\n{text}\n", "x"))
    assert [preset.scenario.recording for preset in PRESETS] == [preset.id for preset in PRESETS]
    assert {preset.id for preset in PRESETS} == set(PAGES)
    assert TraceScenario().beside == NONE
