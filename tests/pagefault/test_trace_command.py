"""`kernel-lab pagefault trace` as a user types it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main
from lab.core import dataset
from tests.pagefault.recorded import PAGES, recorded


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["pagefault", "trace", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", PAGES)
def test_json_has_events_intervals_unit_and_what_could_not_be_paired(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = dataset.find(f"pagefault/{name}").path
    data = answer(capsys, str(path))
    assert data["unit"] == "ticks"
    assert data["unpaired"] == data["unread"] == []
    assert len(data["intervals"]) == data["summary"]["faults"] == PAGES[name]
    assert len(data["events"]) == len(recorded(name).trace.events)
    assert sum(data["summary"]["lines_by_kind"].values()) == data["summary"]["lines"]
    for one in data["intervals"]:
        assert one["page_in"] == one["completed"] - one["queued"]
        assert one["delivery"] == one["ready"] - one["completed"]
        assert one["token"] >> 12 == one["number"] + 1
    assert {one["name"]: one["agrees"] for one in data["account"]}["touched"]
    named = answer(capsys, name)
    assert {k: v for k, v in named.items() if k != "summary"} == {k: v for k, v in data.items() if k != "summary"}


def test_a_rate_makes_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    ticks, known = answer(capsys, "on-int"), answer(capsys, "on-int", "--clock-hz", "2e9")
    assert known["unit"] == "s"
    for one, other in zip(ticks["intervals"], known["intervals"], strict=True):
        assert other["page_in"] == pytest.approx(one["page_in"] / 2e9)
        assert other["queued"] == pytest.approx(one["queued"] / 2e9)
    assert known["events"][0]["stamp"] == ticks["events"][0]["time"]


def test_the_text_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "trace", "on-nosendalways"]) == 0
    out = capsys.readouterr().out
    for part in (
        "kvm_async_pf_not_present", "page-in (ticks)", "every event of an asynchronous fault is paired",
        "unit: ticks of a clock whose rate the trace does not state; --clock-hz N makes them seconds",
        "ODD     0x101f000 completed in the trace, but no arrival in the VMM's log (31 arrivals)",
        "ODD     the guest was told of 0 of 32 faults: it asked to be told in user mode only (flags 0x9",
        "nobody: the guest logs it as SPURIOUS",
    ):  # fmt: skip
        assert part in out


def test_what_is_not_understood_lost_or_alone_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = dataset.find("pagefault/on-int").path.read_text("ascii").splitlines()
    line = next(i for i, one in enumerate(text) if "kvm_async_pf_completed" in one)
    text[line] = "CPU:0 [LOST 1 EVENTS]"
    text.append("what is \x1b[31mthis?")
    path = tmp_path / "cut.txt"
    path.write_text("\n".join(text))
    assert main(["pagefault", "trace", str(path)]) == 0
    out = capsys.readouterr().out
    assert "1 events of CPU 0 were lost while tracing" in out
    assert f"line {len(text)} is not understood, no columns of an event: what is \\x1b[31mthis?" in out
    assert "not paired, line 41: kvm_async_pf_not_present token 0x1000 gva 0x1000000: ready, but its completed" in out
    data = answer(capsys, str(path))
    assert [one["line"] for one in data["unpaired"]] == [41]
    assert data["summary"]["lost"] == [{"cpu": 0, "events": 1}]
    assert "account" not in data


def test_a_log_is_named_or_lies_beside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = dataset.find("pagefault/on-int").path
    log = path.with_name("on-int.vmm.txt")
    shutil.copy(path, tmp_path / "a.trace.txt")
    assert "account" not in answer(capsys, str(tmp_path / "a.trace.txt"))
    named = answer(capsys, str(tmp_path / "a.trace.txt"), "--log", str(log))
    shutil.copy(log, tmp_path / "a.vmm.txt")
    beside = answer(capsys, str(tmp_path / "a.trace.txt"))
    assert named["account"] == beside["account"]
    assert all(one["agrees"] for one in beside["account"])
    (tmp_path / "a.vmm.txt").write_text("something else\n")
    assert main(["pagefault", "trace", str(tmp_path / "a.trace.txt")]) == 0
    assert "the log beside the trace is left out: " in capsys.readouterr().out
    assert main(["pagefault", "trace", str(path), "--log", str(tmp_path / "a.vmm.txt")]) == 2
    assert "no log of the VMM" in capsys.readouterr().err


def test_calibrate_prints_a_line_that_can_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    data = answer(capsys, "on-int", "--calibrate")["calibration"]
    assert data["page_in"]["n"] == 32
    assert main([*data["command"].split()[1:], "--faults", "500", "--json"]) == 0
    ran = json.loads(capsys.readouterr().out)
    assert ran["scenario"]["page_in"] == 1000
    assert ran["pv"]["utilisation"] > 0
    assert main(["pagefault", "trace", "on-int", "--calibrate"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(data["command"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "nothing: no such file, and no bundled recording is called so"),
        (["on-int", "--clock-hz", "0"], "--clock-hz: 0 is out of range"),
        (["on-int", "--log", "nothing"], "nothing: cannot be read"),
    ],
)
def test_what_a_user_can_get_wrong_is_said_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pagefault", "trace", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_reading_a_trace_loads_neither_simulator_nor_numbers() -> None:
    code = (
        "import sys; import lab.pagefault.trace as t; t.pair(t.load('on-int'));"
        "bad = {'simpy', 'numpy', 'numba', 'pandas', 'ipywidgets', 'IPython', 'joblib', 'pyarrow'} & set(sys.modules);"
        "print(sorted(bad))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
