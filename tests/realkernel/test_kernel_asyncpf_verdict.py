"""`agrees` is everything that trace, log and settings tell of each other: each lie in a bundled run is found."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli import main
from lab.realkernel.asyncpf.recorded import load_run, names, recorded
from lab.realkernel.asyncpf.result import AsyncPfResult, read_run
from lab.realkernel.asyncpf.run import write_run
from lab.realkernel.asyncpf.settings import Settings

Lie = Callable[[str, str], tuple[str, str]]


def lines(text: str, keep: Callable[[str], bool]) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if keep(line))


def tokens(word: str) -> Lie:
    """The guest was told of other tokens, as often as KVM traced it."""

    def other(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2], 16) ^ 0x7000000:#x}"

    return lambda trace, log: (trace, re.sub(rf"(G .* {word} )(0x[0-9a-f]+)", other, log))


def cut(trace: str, log: str) -> tuple[str, str]:
    """50 lines of KVM's exits are gone; no event of a fault is among them."""
    left, found = 50, []
    for line in trace.splitlines(keepends=True):
        if left and "kvm_page_fault" in line:
            left -= 1
        else:
            found.append(line)
    return "".join(found), log


LIES: dict[str, tuple[Lie, str]] = {
    "other tokens told": (tokens("NOT_PRESENT"), "the guest heard 32 NOT_PRESENT of 32"),
    "other tokens woken": (tokens("READY"), "the guest heard 32 READY of 32"),
    "lost events": (lambda t, g: (f"{t}CPU:0 [LOST 500 EVENTS]\n", g), "events of the trace were lost"),
    "garbage": (lambda t, g: (t + "no event of anything\n" * 50, g), "50 lines of trace and log are not understood"),
    "cut trace": (cut, "the heading counts 389 events, the file has 3"),
    "overwritten": (
        lambda t, g: (t.replace("written: 389/389", "written: 389/400"), g), "11 older events were overwritten",
    ),
    "no pager": (lambda t, g: (t, lines(g, lambda line: not line.startswith("UFFD"))), "no arrival in the VMM's log"),
    "no DONE": (lambda t, g: (t, lines(g, lambda line: " DONE 0" not in line)), "0 lines DONE instead of 1"),
    "a task less": (lambda t, g: (t, lines(g, lambda line: "TASKDONE 0x3" not in line)), "the end of 3 tasks of 4"),
    "no RESULT": (lambda t, g: (t, lines(g, lambda line: not line.startswith("RESULT"))), "has no RESULT line"),
    "RESULT of other counts": (lambda t, g: (t, g.replace("ready=32", "ready=31")), "RESULT is unlike its log"),
    "it stopped": (lambda t, g: (t, g.replace("RESULT rc=0", "RESULT rc=98")), "RESULT says rc 98 instead of 0"),
    "other flags at boot": (lambda t, g: (t, g.replace("BOOT 0xb", "BOOT 0")), "the guest began with flags 0x0"),
    "no BOOT": (lambda t, g: (t, lines(g, lambda line: " BOOT " not in line)), "0 lines BOOT instead of 1"),
    "other flags in RESULT": (lambda t, g: (t, g.replace("flags=0xb", "flags=0x9")), "RESULT says flags 0x9"),
    "other tasks": (lambda t, g: (t, g.replace("RESULT rc=0 flags=0xb tasks=4", "RESULT rc=0 flags=0xb tasks=5")),
                    "RESULT says tasks 5 instead of 4"),
}  # fmt: skip


def lying(lie: Lie) -> AsyncPfResult:
    was = recorded("told")
    trace, log = lie(was.trace, was.log)
    assert (trace, log) != (was.trace, was.log)
    return read_run("told", was.settings, trace, log, accel=was.accel, kernel=was.kernel)


@pytest.mark.parametrize("name", LIES)
def test_evidence_that_contradicts_itself_does_not_agree(name: str) -> None:
    lie, said = LIES[name]
    found = lying(lie)
    assert found.comparison.same_counts, "counts alone would not have told"
    assert not found.agrees
    assert any(said in one for one in found.odd), found.odd
    assert [one for one in found.failed if one.startswith("evidence: ") and said in one]
    data = found.to_json()
    assert data["agrees"] is False
    assert data["odd"] == list(found.odd)
    assert any(said in note for note in data["notes"])


def test_the_command_fails_for_it_and_says_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_run(lying(tokens("NOT_PRESENT")), tmp_path).trace_file
    assert main(["kernel", "asyncpf", "--recorded", str(path)]) == 1
    assert "odd: the guest heard 32 NOT_PRESENT of 32" in capsys.readouterr().out


@pytest.mark.parametrize("name", names())
def test_no_bundled_run_contradicts_itself(name: str) -> None:
    found = recorded(name)
    assert found.odd == found.failed == ()
    assert found.agrees


def test_only_the_last_arrival_may_be_missing_and_only_in_a_log_of_the_earlier_vmm() -> None:
    was = recorded("on-nosendalways")
    assert any(one.name == "try-arrivals" and not one.agrees for one in was.evidence.findings)
    log = lines(was.log, lambda line: "copy" not in line or "gpa=0x1005000 " not in line)
    assert not read_run("x", was.settings, was.trace, log, earlier=True).agrees
    new = recorded("untold")
    log = lines(new.log, lambda line: "copy" not in line or "gpa=0x101f000 " not in line)
    assert log != new.log
    assert not read_run("x", new.settings, new.trace, log, accel="icount").agrees


def test_a_run_without_a_log_does_not_agree() -> None:
    was = recorded("told")
    bare = dataclasses.replace(was, evidence=dataclasses.replace(was.evidence, log=None, findings=()))
    assert bare.odd[0] == "there is no log of the VMM and its guest"
    assert not bare.agrees


def exchanged(was: AsyncPfResult, **changes: object) -> AsyncPfResult:
    """The same counts, two events of the order exchanged."""
    real = list(was.comparison.real)
    at = next(i for i in range(8, len(real)) if real[i][0] != real[i + 1][0])
    real[at], real[at + 1] = real[at + 1], real[at]
    comparison = dataclasses.replace(was.comparison, real=tuple(real))
    return dataclasses.replace(was, comparison=comparison, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "open_because"),
    [
        ({"accel": "icount"}, ""),
        ({"accel": "tcg"}, "under tcg threads run side by side"),
        ({"accel": "kvm"}, "under kvm threads run side by side"),
        ({"accel": ""}, "unknown accelerator: order not judged"),
        ({"settings": Settings(pace="timed")}, "a timed pager: it depends on how long things take"),
        ({"earlier": True}, "another guest's scheduler and another pager"),
    ],
)
def test_why_another_order_is_not_required_is_said_by_case(changes: dict[str, object], open_because: str) -> None:
    found = exchanged(recorded("told"), **changes)
    assert found.order_open == open_because
    assert found.agrees == bool(open_because)
    text = " ".join(found.said())
    assert "order: event 8 is " in text
    assert ("these settings do not fix it" in text) == bool(open_because)
    assert open_because in text
    if not open_because:
        assert found.failed == ("order: not as predicted", "tokens: not as predicted")


@pytest.mark.parametrize("line", ["", "# run: kernel 6.1, magic\n", "# run: kernel 6.1, icounted\n"])
def test_a_file_that_does_not_say_its_accelerator_is_not_excused_in_silence(line: str, tmp_path: Path) -> None:
    path = Path(write_run(recorded("told"), tmp_path).trace_file or "")
    log = tmp_path / "told.vmm.txt"
    log.write_text(line + lines(log.read_text("utf-8"), lambda one: not one.startswith("# run:")), "utf-8")
    found = load_run(path)
    assert found.order_open == "unknown accelerator: order not judged"
    assert "unknown accelerator" in found.text().split("\n", 1)[0]
    assert any("unknown accelerator: order not judged" in note for note in found.said())


def test_what_is_inferred_is_not_called_seen() -> None:
    """6.1 traces no halt of a vCPU for a fault: the count says that nobody was told, the VMM that nothing ran."""
    counts = recorded("untold").comparison.counts
    assert "halts" not in counts
    assert (counts["untold"].real, counts["told"].real) == (32, 0)
    assert "32 not told of; before 32 pages the VMM saw its guest stand still" in recorded("untold").notes()
    assert not any("stand still" in note for note in recorded("told").notes())


def test_the_keys_of_json_are_a_contract() -> None:
    data = recorded("told").to_json()
    assert set(data) == {
        "name", "settings", "kernel", "accel", "seconds", "source", "agrees", "failed", "odd", "order_must_agree",
        "order_open", "counts", "order", "tokens", "replay", "events", "notes", "trace_file",
    }  # fmt: skip
    assert set(data["counts"]) == {
        "try", "not_present", "completed", "ready", "repeated", "wake_all", "told", "woken", "untold", "synchronous",
    }  # fmt: skip
    assert set(data["order"]) == {"same", "first_difference"}
    assert set(data["replay"]) == {"same_order", "stamps_apart", "unit", "why"}
    assert set(data["events"]) == {"real", "predicted"}
    assert set(data["events"]["real"][0]) == {"event", "token", "page"}
