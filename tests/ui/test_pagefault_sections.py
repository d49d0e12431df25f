"""The further sections of the page-fault notebook without a page: values, tables, headlines, presets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.core.duration import duration
from lab.core.errors import LabError
from lab.pagefault.breakeven_map import PAGE_INS
from lab.pagefault.evidence import PRESETS
from lab.pagefault.grid import break_even
from lab.pagefault.sequence import CASES
from lab.pagefault.trace import find
from lab.ui import (
    pagefault_breakeven,
    pagefault_protocol,
    pagefault_published,
    pagefault_schedulers,
    pagefault_trace,
)
from lab.ui.frame import Explorer

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TIMES = re.compile(r"speed-up|faster|slower|[0-9] ?(ms|µs|us|s)\b")


def explorer_of(section: Any) -> Explorer:
    found = section if isinstance(section, Explorer) else section.explorer
    assert isinstance(found, Explorer)
    return found


def data_of(widget: Any) -> Any:
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


SECTIONS = (pagefault_protocol, pagefault_trace, pagefault_breakeven, pagefault_published, pagefault_schedulers)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_one_frame(section: Any) -> None:
    made = section()
    explorer = explorer_of(made)
    assert len(explorer.subject.primary) <= 4
    assert explorer.bar.command.startswith("kernel-lab pagefault ")
    assert data_of(made)["image/svg+xml"].startswith("<?xml")
    assert len(explorer.view.svg()) < 200_000
    assert explorer.why.line
    assert explorer.why.trace
    assert explorer.view.table.rows
    assert repr(made).startswith(f"{explorer.subject.name} explorer, ")
    again = explorer_of(section())
    assert again.view.svg() == explorer.view.svg()
    with pytest.raises(LabError, match="'S9' is not one of"):
        explorer.load("S9")


# -- the protocol, step by step -------------------------------------------------------------------------


def test_steps_go_by_button_slider_and_choice() -> None:
    explorer = pagefault_protocol()
    stepped: Any = explorer.subject.picture
    back, on, next_fault = stepped.buttons
    assert explorer.controls["step"].labels[explorer.controls["step"].index] == "6 of 130"
    on.click()
    assert explorer.scenario.step == 7
    assert explorer.why.line.startswith("Step 7 of 130: fewer than 64 faults of this vCPU are queued")
    back.click()
    next_fault.click()
    assert explorer.scenario.step == 12
    stepped.selected = "step:36"
    assert explorer.scenario.step == 36
    assert explorer.controls["step"].value == 36
    explorer.controls["step"].index = 0
    assert explorer.scenario.step == 1
    back.click()
    assert explorer.scenario.step == 1
    for _ in range(12):  # nine faults, and no further
        next_fault.click()
    row = explorer.view.table.rows[explorer.scenario.step - 1]
    assert row[3] == "task 3 touches page 0x1008: the host has it not"


def test_every_case_opens_at_its_point() -> None:
    explorer = pagefault_protocol()
    for number, case in enumerate(CASES, 1):
        explorer.load(f"M{number}")
        assert explorer.scenario.case == case.id
        point = re.escape(case.point[1:]).replace(re.escape("{task}"), "[0-9]+")
        assert re.fullmatch(f".{point}[.]", explorer.bar.headline)
    explorer.load("M4")
    assert "64 of 64" in explorer.view.svg()
    explorer.controls["case"].value = "recorded"
    assert explorer.scenario.step == 0


# -- a real trace ---------------------------------------------------------------------------------------


def test_a_trace_is_told_by_counts_and_order() -> None:
    section = pagefault_trace()
    assert section.explorer.bar.headline == "At most 4 in flight; asked in turn 0000, 1000, 2000…"
    headlines = {}
    for preset in PRESETS:
        section.explorer.load(preset.id)
        headlines[preset.id] = section.explorer.bar.headline
        assert not TIMES.search(headlines[preset.id])
        assert not TIMES.search(section.explorer.why.line)
    assert headlines["off-hostonly"] == (
        "Told of 0 of 32: at most 1 in flight, in on-int 4; asked in turn 0000, 4000, 8000…"
    )
    assert headlines["on-int-lifo"].endswith("first delivered 3, 2, 1, 0.")
    assert headlines["on-nosendalways"].startswith("Told of 0 of 32 (flags 0x9, not 0xb): at most 1 in flight")
    assert any("ODD" in line and "0x101f000" in line for line in pagefault_trace("on-nosendalways").explorer.why.trace)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    copied = tmp_path / "mine.trace.txt"
    copied.write_bytes(find("on-int").read_bytes())
    section = pagefault_trace(str(copied), calibrate=True)
    assert section.explorer.bar.headline == "At most 4 in flight; asked in turn 0000, 1000, 2000…"
    assert section.explorer.bar.command == f"kernel-lab pagefault trace {copied} --calibrate"
    picture: Any = section.explorer.subject.picture
    assert "kernel-lab pagefault run --mode pv" in picture.says.value
    assert section.explorer.why.line.startswith("No log of the other side")
    with pytest.raises(LabError, match="no such file"):
        pagefault_trace("no-such-trace")


def upload(made: Any, name: str, content: bytes) -> None:
    made.value = (
        {"name": name, "type": "", "size": len(content), "content": memoryview(content), "last_modified": LONG_AGO},
    )


def test_an_uploaded_trace_is_read_and_errors_are_one_line() -> None:
    section = pagefault_trace()
    before = section.explorer.bar.headline
    upload(section.file, "bad.txt", b"\x7fELF\x00 this is no trace\n")
    assert section.job.wait(30)
    assert section.job.said.value.startswith("✕ bad.txt: no trace of tracefs")
    assert "\n" not in section.job.said.value
    assert section.explorer.bar.headline == before
    upload(section.file, "mine.txt", find("on-int-lifo").read_bytes())
    assert section.job.wait(30)
    assert section.explorer.bar.badge == "uploaded"
    assert section.explorer.bar.headline.endswith("first delivered 3, 2, 1, 0.")
    upload(section.log_file, "mine.vmm.txt", Path(str(find("on-int-lifo")).replace(".trace.", ".vmm.")).read_bytes())
    assert section.job.wait(30)
    assert section.explorer.why.line.startswith("Trace against log: ")
    section.back.click()
    assert section.explorer.bar.badge == ""
    assert section.explorer.bar.headline == before
    upload(section.file, "large.txt", bytes((16 << 20) + 1))
    assert section.job.wait(30)
    assert "at most 16,777,216 are taken here" in section.job.said.value


def test_a_wrong_rate_is_said_at_its_control() -> None:
    explorer = pagefault_trace().explorer
    explorer.controls["clock_hz"].value = "0.5"
    assert explorer.bar.error_at == "clock_hz"
    assert "out of range" in explorer.bar.error
    explorer.controls["clock_hz"].value = "2.1e9"
    assert explorer.bar.error == ""
    assert explorer.bar.command.endswith("--clock-hz 2.1e+09")


# -- break-even -----------------------------------------------------------------------------------------


def test_the_sentence_is_that_of_the_command() -> None:
    explorer = pagefault_breakeven().explorer
    assert explorer.bar.headline == "Where telling the guest costs 5 µs a fault, it pays from a page-in of 5.37 µs on."
    for overhead, tasks in (("5", "2"), ("2", "2"), ("7", "8")):
        explorer.controls["overhead_pv"].value = overhead
        explorer.controls["tasks"].value = tasks
        found = break_even(explorer.scenario.scenario(), "page-in", PAGE_INS[0], PAGE_INS[-1], "theory")
        assert found.value is not None
        assert explorer.bar.headline.endswith(f"pays from a page-in of {duration(found.value)} on.")
    explorer.load("P4a")
    assert explorer.bar.headline.startswith("One task alone never gains")


def test_a_cell_is_simulated_by_a_click_only() -> None:
    section = pagefault_breakeven(faults=500)
    column = section.explorer.view.table.columns.index("simulated")
    assert all(row[column] is None for row in section.explorer.view.table.rows)
    section.one.button.click()
    assert section.one.wait(30)
    assert section.one.said.value.startswith("✕ no cell is chosen")
    section.explorer.subject.picture.selected = "2:5"
    assert section.explorer.why.line == (
        "page-in 3 µs, overhead 5 µs: sync computes 76.9%, pv 66.4%: pv loses, ×0.86 by theory."
    )
    section.one.button.click()
    assert section.one.wait(30)
    assert section.explorer.why.line.endswith(" simulated.")
    done = [row for row in section.explorer.view.table.rows if row[column] is not None]
    assert [row[:2] for row in done] == [(3.0, 5.0)]
    assert 0.6 < done[0][column] < 1
    section.explorer.controls["overhead_pv"].value = "3"  # another sentence, the same cells
    assert sum(row[column] is not None for row in section.explorer.view.table.rows) == 1
    section.explorer.controls["tasks"].value = "4"  # another map
    assert not any(row[column] is not None for row in section.explorer.view.table.rows)


# -- the published tables and the schedulers ------------------------------------------------------------


def test_nothing_is_called_simulated_before_the_click() -> None:
    section = pagefault_published()
    assert section.explorer.bar.headline == (
        "Blocked time is charged: the calculation's work falls to 0.537 (published 0.525); processor sharing says 1."
    )
    assert section.explorer.why.line.startswith("Three figures, three unknowns: 15.74, 28.02 and 16.66 s")
    assert "simulated" not in section.explorer.view.svg()
    section.explorer.subject.picture.selected = "5"
    assert "rejected" in section.explorer.why.line
    section._done({("2010", "work, halt over sync"): 1.01, ("2010", "work, pv over sync"): 1.9})
    section.explorer.controls["table"].value = "2010"
    assert section.explorer.bar.headline == (
        "Work published 1 : 1.13 : 1.91, simulated 1 : 1.01 : 1.90: the order holds."
    )
    assert "● simulated" in section.explorer.view.svg()


def test_who_pays_for_the_wait() -> None:
    explorer = pagefault_schedulers("K1", faults=200)
    rows = {(row[0], row[1]): row for row in explorer.view.table.rows}
    assert set(rows) == {(s, m) for s in ("rr", "cfs", "eevdf") for m in ("sync", "halt", "pv")} | {("fifo", "refused")}
    charged = explorer.view.table.columns.index("charged to faulter (%)")
    calculator = explorer.view.table.columns.index("calculator (%)")
    for scheduler in ("cfs", "eevdf"):
        assert rows[scheduler, "sync"][calculator] == pytest.approx(50, abs=2)
        assert rows[scheduler, "sync"][charged] == pytest.approx(50, abs=2)
        assert rows[scheduler, "pv"][calculator] > 70
    assert rows["rr", "pv"][calculator] > rows["cfs", "pv"][calculator]
    explorer.subject.picture.selected = "fifo:"
    assert explorer.why.line.startswith("fifo is refused: a task that never sleeps keeps its vCPU for ever")
    explorer.subject.picture.selected = "cfs:pv"
    assert explorer.why.line.startswith("cfs, pv: the faulter computes")
