"""What --recorded would not use is refused, and a machine that cannot boot is told of the recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli import main

RUNS = {"symbols": [], "netnode": [], "asyncpf": ["told"]}
BOOT = (["--kernel", "nosuch"], ["--accel", "tcg"], ["--limit", "0"], ["--keep", "x"])
OWN = {
    "symbols": (["--lookups", "3"], ["--seed", "9"], ["--module", "zz"], ["--no-icount"]),
    "netnode": (["--systemd-root", "/nowhere"],),
    "asyncpf": (["--tasks", "3"],),
}


@pytest.mark.parametrize(("run", "words"), [(run, words) for run in RUNS for words in (*BOOT, *OWN[run])])
def test_an_option_that_a_recording_would_not_use_is_refused(
    run: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernel", run, "--recorded", *RUNS[run], *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{'--accel' if words == ['--no-icount'] else words[0]}: with --recorded" in said


@pytest.mark.parametrize("run", RUNS)
def test_a_machine_that_lacks_something_is_told_of_the_recordings(
    run: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one without any program, compiler or kernel."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["kernel", run]) == 2
    said = capsys.readouterr().err
    assert said.endswith("; or look at a recording: --recorded\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["symbols", "--limit", "0"], "--limit: 0 is out of range; write 1 to 3600 seconds\n"),
        (["asyncpf", "--seed", "-1"], "--seed: -1 is out of range"),
        (["asyncpf", "--delay", "-1"], "--delay: -1 is out of range"),
        (["asyncpf", "--batch", "0"], "--batch: 0 is out of range"),
    ],
)
def test_absurd_numbers_are_refused_without_a_word_of_recordings(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernel", *words]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert "recording" not in found
