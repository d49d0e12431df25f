"""Recorded runs beside what their settings predict; results, tables, lanes, files and the command, without QEMU."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.core.errors import LabError
from lab.realkernel.asyncpf.lanes import MOST_ROWS, PREDICTED, REAL, lanes, order_lanes
from lab.realkernel.asyncpf.recorded import load_run, names, recorded, settings_in
from lab.realkernel.asyncpf.result import AsyncPfResult, overview, read_run
from lab.realkernel.asyncpf.run import write_run
from lab.realkernel.asyncpf.settings import Settings

NEW = ("over-64", "random-user")
EARLIER = ("off-hostonly", "on-int", "on-int-lifo", "on-nosendalways", "uffd-on-fulltrace")
NOT_TOLD = ("off-hostonly", "on-nosendalways")


def test_all_are_listed() -> None:
    assert set(names()) >= {*NEW, *EARLIER}
    with pytest.raises(LabError, match=r"--recorded: 'nothing' is not one of over-64, random-user"):
        recorded("nothing")


@pytest.mark.parametrize("name", NEW)
def test_a_run_is_as_its_settings_alone_predict(name: str) -> None:
    """The proof that the issue asks for, on bundled runs: counts, order and tokens."""
    found = recorded(name)
    assert (found.accel, found.kernel) == ("icount", "6.1.0-56-cloud-amd64")
    assert found.order_must_agree
    assert found.agrees
    assert found.comparison.same_counts
    assert found.comparison.real == found.comparison.predicted
    assert found.comparison.first_difference is None
    assert found.odd == ()


@pytest.mark.parametrize("name", EARLIER)
def test_earlier_recordings_have_the_predicted_counts_and_can_be_replayed(name: str) -> None:
    """Their guest polls while it idles, so only where it is not told the order is a matter of the settings."""
    found = recorded(name)
    assert found.agrees
    assert found.comparison.same_counts
    assert found.comparison.replayed.same_order
    assert found.comparison.replayed.stamps_apart == 0
    assert found.comparison.same_order == (name in NOT_TOLD)
    assert not found.order_must_agree
    assert found.remarks


def test_settings_are_read_from_what_was_recorded() -> None:
    assert recorded("random-user").settings == Settings(
        tasks=8, pages=32, flags="0x9", user_mode=True, order="random", batch=4, seed=7
    )
    assert recorded("on-int-lifo").settings == Settings(order="lifo", batch=4, pace="timed")
    assert recorded("uffd-on-fulltrace").settings == Settings(tasks=3, pages=9, delay=2000.0, pace="timed")


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 8}, {"order": "fifo"}, {"batch": 8}, {"tasks": 7}, {"flags": "0x0"}, {"user_mode": False},
        {"pages": 31},
    ],
)  # fmt: skip
def test_other_settings_do_not_agree(other: dict[str, Any]) -> None:
    """So that the proof could fail: what another run would be is not what this one was."""
    was = recorded("random-user")
    settings = dataclasses.replace(was.settings, **other)
    found = read_run("x", settings, was.trace, was.log, accel="icount")
    assert not found.agrees
    apart = found.comparison.first_difference
    assert apart is not None
    assert apart[1] == (*found.comparison.real, None)[apart[0]]
    assert found.events_table(24).rows[0][0] <= apart[0]  # type: ignore[operator]
    assert "predicted was" in " ".join(found.said())


def without(text: str, *words: str) -> str:
    """Less the first line that has all the words."""
    lines = text.splitlines(keepends=True)
    lines.remove(next(line for line in lines if all(word in line for word in words)))
    return "".join(lines)


def test_an_event_that_is_missing_is_named() -> None:
    was = recorded("random-user")
    token = was.comparison.real[20][1]
    word = f"kvm_async_pf_{was.comparison.real[20][0]}: token {token:#x} "
    found = read_run("x", was.settings, without(was.trace, word), was.log, accel="icount")
    assert not found.agrees
    apart = found.comparison.first_difference
    assert apart is not None
    assert apart[0] == 20
    assert apart[2] == was.comparison.real[20]
    assert found.to_json()["order"]["first_difference"]["event"] == 20
    assert not found.to_json()["order"]["same"]
    assert not found.to_json()["tokens"]["same"]


def test_counts_are_compared_by_each() -> None:
    was = recorded("random-user")
    trace = without(was.trace, "kvm_async_pf_completed")
    found = read_run("x", was.settings, trace, was.log, accel="tcg")
    assert not found.agrees  # counts must agree under every accelerator
    wrong = [name for name, count in found.comparison.counts.items() if not count.same]
    assert wrong == ["completed"]
    assert "counts: completed 31 instead of 32" in found.said()


def test_an_order_of_threads_is_reported_and_not_required() -> None:
    was = recorded("on-int")
    assert was.comparison.first_difference is not None
    assert was.agrees
    assert "(these settings do not fix it: another guest's scheduler and another pager)" in " ".join(was.said())
    must = read_run("x", dataclasses.replace(was.settings, pace="settled"), was.trace, was.log, accel="icount")
    assert not must.agrees


def test_files_that_are_no_run_are_refused() -> None:
    was = recorded("random-user")
    with pytest.raises(LabError, match=r"x\.trace\.txt: no trace"):
        read_run("x", was.settings, "hello\n", was.log)
    with pytest.raises(LabError, match=r"x\.vmm\.txt: no log"):
        read_run("x", was.settings, was.trace, "hello\n")
    with pytest.raises(LabError, match="has no queued asynchronous fault"):
        read_run("x", was.settings, "# tracer: nop\n", was.log)


@given(st.text(max_size=300) | st.text(" -0123456789abxtasklofei", max_size=100).map(lambda text: f"# vmm {text}"))
def test_a_heading_that_is_damaged_is_refused_in_a_line(text: str) -> None:
    with contextlib.suppress(LabError):  # which is one line; nothing else may be raised
        assert isinstance(settings_in(text, "name"), Settings)


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("# vmm --tasks", "--tasks '' is no value"),
        ("# vmm --tasks many", "--tasks 'many' is no value"),
        ("# vmm --tasks 400", "--tasks: 400 is out of range"),
        ("# vmm --delay nan", "nan is no finite number"),
        ("# cmd: vmm -o 9", "-o '9' is no value"),
        ("G 1 host_tsc=1", "do not say the settings"),
        ("# vmm " + "-" * 2000, "do not say the settings"),
    ],
)
def test_what_is_wrong_with_a_heading_is_said(heading: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        settings_in(heading, "name")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    was = recorded("over-64")
    bare = dataclasses.replace(was, log=was.log.split("\n", 1)[1])  # without the line that `write_run` writes
    written = write_run(bare, tmp_path / "new")
    assert written.trace_file == str(tmp_path / "new" / "over-64.trace.txt")
    again = load_run(Path(written.trace_file))
    assert (again.name, again.settings, again.kernel, again.accel) == (was.name, was.settings, was.kernel, was.accel)
    assert again.trace == was.trace
    assert again.log == was.log
    assert again.comparison == was.comparison
    with pytest.raises(LabError, match="is no file NAME"):
        load_run(tmp_path / "new")


@pytest.mark.parametrize("name", [*NEW, *EARLIER])
def test_lanes_of_both_have_the_same_faults(name: str) -> None:
    found = recorded(name)
    (real, first), (predicted, second) = lanes(found)
    assert (real, predicted) == (REAL, PREDICTED)
    assert first.unit == second.unit == "ticks"
    assert set(first.group) == set(second.group)
    assert first.names[0] == second.names[0] == "vCPU 0"


def test_lanes_by_order_show_where_the_two_part() -> None:
    same = order_lanes(recorded("random-user"))
    assert set(same.state) == {0}
    assert len(same.names) == 16
    assert same.unit == "events"
    assert same.span == (0.0, 64.0)
    half = len(same) // 2
    assert list(same.start[:half]) == list(same.start[half:])
    assert list(same.group[:half]) == list(same.group[half:])
    other = order_lanes(recorded("on-int-lifo"))
    assert set(other.state) == {0, 1}
    many = order_lanes(recorded("over-64"))
    assert len(many.names) == 2 * MOST_ROWS
    assert many.notes[MOST_ROWS - 1] == "56 more"


def test_the_tables_have_every_count_and_event() -> None:
    found = recorded("random-user")
    assert [row[0] for row in found.to_table().rows] == list(found.comparison.counts)
    assert all(row[1] == row[2] and row[3] for row in found.to_table().rows)
    assert len(found.events_table().rows) == 64
    assert [row[0] for row in found.events_table(24).rows] == list(range(24))
    table = overview([found, recorded("over-64")])
    assert [row[0] for row in table.rows] == ["random-user", "over-64"]
    assert [row[4] for row in table.rows] == [0, 1]


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(["kernel", "asyncpf", *words])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_command_answers_from_a_recording(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, text = ask(capsys, "--recorded", "random-user", "--json", "-o", str(tmp_path))
    assert status == 0
    data = json.loads(text)
    assert {"settings", "kernel", "accel", "seconds", "counts", "order", "tokens", "replay", "trace_file"} <= set(data)
    assert data["counts"]["not_present"] == {"real": 32, "predicted": 32}
    assert data["order"] == {"same": True, "first_difference": None}
    assert data["tokens"] == {"same": True}
    assert data["replay"]["same_order"] is True
    assert data["trace_file"] == str(tmp_path / "random-user.trace.txt")
    status, text = ask(capsys, "--recorded", data["trace_file"])
    assert status == 0
    assert "all 64 not_present and ready as predicted" in text
    assert "durations are not" in text


def test_the_command_fails_where_a_run_is_not_as_predicted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = Path(write_run(recorded("random-user"), tmp_path).trace_file or "")
    path.write_text(without(path.read_text("utf-8"), "kvm_async_pf_ready: token 0x5000 "), "utf-8")
    status, text = ask(capsys, "--recorded", str(path))
    assert status == 1
    assert "counts: ready 31 instead of 32" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recorded", "on-int", "--tasks", "3"], "--tasks: with --recorded the recording says the settings"),
        (["--recorded", "on-int", "--preset", "A1"], "--preset: with --recorded"),
        (["--tasks", "many"], "--tasks: 'many' is not a whole number"),
        (["--flags", "32"], "--flags: '0x20' is not one of"),
        (["--preset", "A99"], "--preset: 'A99' is not one of A1"),
        (["--recorded", "/no/such.trace.txt"], "--recorded: '/no/such.trace.txt' is not one of"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    status, text = ask(capsys, *words)
    assert status == 2
    assert said in text
    assert text.count("\n") == 1


def test_a_result_says_that_its_stamps_are_no_durations() -> None:
    found: AsyncPfResult = recorded("on-int")
    assert found.to_json()["seconds"] is None
    assert "durations are not" in found.notes()[-1]


@pytest.mark.parametrize("name", names())
def test_what_is_said_fits_a_terminal(name: str) -> None:
    lines = recorded(name).text().split("\n")
    assert max(map(len, lines)) < 120
