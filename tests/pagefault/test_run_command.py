"""`kernel-lab pagefault run` with a trace written, a recording replayed, a device named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.cli import main
from lab.pagefault.commands.run import LAYOUTS
from lab.pagefault.trace import load, pair, writer

RUN = ["pagefault", "run", "--faults", "60", "--tasks", "3"]


def test_every_layout_is_offered() -> None:
    assert set(LAYOUTS) == set(writer.LAYOUTS)


@pytest.mark.parametrize("layout", ["tracefs", "trace-cmd", "perf"])
def test_a_written_trace_is_read_back(layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "run.trace.txt"
    assert main([*RUN, "--mode", "pv", "--trace", str(there), "--trace-format", layout]) == 0
    assert f"us as {layout}" in capsys.readouterr().out
    told = [one for one in pair(load(str(there))).intervals if one.ready is not None]
    assert len(told) >= 60
    assert {one.token for one in told} >= {n << 12 for n in range(1, 50)}


def test_perfetto_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "run.json"
    assert main([*RUN, "--mode", "sync", "--trace", str(there), "--trace-format", "perfetto", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"] == {"file": str(there), "format": "perfetto"}
    assert json.loads(there.read_text())["traceEvents"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*RUN, "--trace", "x.txt"], "--trace: a trace is of one run; say which with --mode sync, halt or pv"),
        ([*RUN, "--trace", "x.txt", "--mode", "pv", "--replay", "on-int"], "give --trace or --replay"),
        ([*RUN, "--replay", "on-int"], "--tasks: with --replay the recording says all but --mode and --engine"),
        (["pagefault", "run", "--replay", "no-such-recording"], "no-such-recording"),
        ([*RUN, "--device", "tape"], "--device: no device is called 'tape'"),
        ([*RUN, "--mode", "pv", "--trace", "no/such/folder/x"], "no/such/folder"),
    ],
)
def test_a_users_error_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not shown.out


def test_a_recording_is_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "run", "--replay", "on-int"]) == 0
    said = capsys.readouterr().out
    assert "on-int, replayed by the model in mode pv with engine simpy" in said
    assert "the same order with the same tokens; stamps at most 0 ticks apart" in said
    assert main(["pagefault", "run", "--replay", "on-int", "--mode", "halt"]) == 0
    assert (
        "the orders part at event 1: recorded not_present of token 0x2000, simulated ready" in capsys.readouterr().out
    )
    assert main(["pagefault", "run", "--replay", "on-nosendalways", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["mode"], found["same_order"], found["recorded"]["ready"]) == ("halt", True, 32)


def test_a_run_that_fails_says_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--mode", "pv", "--failure", "lost-done", "--failure-at", "30", "--faults", "500"]
    assert main(["pagefault", "run", "--tasks", "1", *words]) == 0
    assert "pv: ended early (stuck) after 29 faults, 1 task will never be woken" in capsys.readouterr().out


def test_both_tables_fit_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "run", "--preset", "P1", "--faults", "500"]) == 0
    lines = capsys.readouterr().out.splitlines()
    second = next(n for n, line in enumerate(lines) if "wake-up us" in line)
    assert [line.split()[0] for line in lines[second + 2 : second + 5]] == ["sync", "halt", "pv"]
    assert max(map(len, lines[second : second + 6])) <= 100
