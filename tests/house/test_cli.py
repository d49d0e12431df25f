"""The command line as a whole: help, exit statuses, one line for a user's error, JSON that is JSON."""

import argparse
import json
import os
import re
import subprocess
import sys
from typing import NoReturn

import pytest

from lab import __version__, cli
from lab.core.errors import LabError
from lab.core.report import Report


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lab", *words], capture_output=True, text=True, check=False)


def leaves(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Every command that can be run, with its parser."""
    if isinstance(parser, cli.Parser):
        parser.complete()
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        return {path: parser}
    assert all(choice.help for group in groups for choice in group._choices_actions), f"{path}: without help"
    return {k: v for g in groups for name, sub in g.choices.items() for k, v in leaves(sub, (*path, name)).items()}


COMMANDS = leaves(cli.build_parser(None))


def test_the_version() -> None:
    assert run("--version").stdout == f"kernel-lab {__version__}\n"


def test_help_names_every_first_word() -> None:
    text = run("--help").stdout
    for word in cli.COMMANDS:
        assert re.search(rf"^ +{word}\b", text, re.MULTILINE)


@pytest.mark.parametrize("word", cli.COMMANDS)
def test_a_first_word_loads_its_own_room_only(word: str) -> None:
    assert {path for path in COMMANDS if path[0] == word} == {
        path for path in leaves(cli.build_parser(word)) if path[0] == word
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_json_help_and_a_function(path: tuple[str, ...]) -> None:
    parser = COMMANDS[path]
    assert "--json" in parser._option_string_actions
    assert callable(parser.get_default("run"))
    for action in parser._actions:
        assert action.help, f"{path}: {action.dest}"
    assert parser.format_help()


@pytest.mark.parametrize("words", [[], ["nonsense"], ["doctor", "--nonsense"], ["notebooks"], ["doctor", "a\nb\x1b"]])
def test_a_wrong_line_is_a_usage_error_in_one_line(words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert re.fullmatch(r"kernel-lab: [^\x1b]+ \(see kernel-lab( \w+)? --help\)\n", done.stderr)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_wrong_line_in_one_line(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*path, "--json=1"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.endswith(f"(see kernel-lab {' '.join(path)} --help)\n")


@pytest.mark.parametrize("text", ["９９", "٢٥٢", "1e3", "253.5", "abc", "1_0", "", " 252", "9" * 5000])
def test_a_number_is_ascii_digits(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["naming", "predict", "t04", f"--systemd={text}"])
    assert ended.value.code == 2
    assert re.fullmatch(
        r"kernel-lab: argument --systemd: '.{0,60}' is no whole number \(.*\)\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["٢.٥", "nan", "inf", "1_0.5", "abc", "", "1e"])
def test_a_time_is_an_ascii_number(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["naming", "nodes", "t04", f"--seconds={text}"])
    assert ended.value.code == 2
    assert re.fullmatch(rf"kernel-lab: .*'{re.escape(text)}' is no number \(.*\)\n", capsys.readouterr().err)


def test_what_a_terminal_obeys_is_shown_as_an_escape(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one_command(monkeypatch, Report({}, "a\x1b[2J\r\x7f\x9b\u202e\u2066\tb\nµ – °"))
    assert cli.main(["x"]) == 0
    assert capsys.readouterr().out == "a\\x1b[2J\\x0d\\x7f\\x9b\\x202e\\x2066\tb\nµ – °\n"


def one_command(monkeypatch: pytest.MonkeyPatch, report: Report | BaseException) -> None:
    """Let `kernel-lab doctor` answer `report` or raise it."""

    def answer(options: argparse.Namespace) -> Report:
        if isinstance(report, BaseException):
            raise report
        return report

    def build(word: str | None) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        parser.add_argument("word")
        parser.add_argument("--json", action="store_true")
        parser.set_defaults(run=answer)
        return parser

    monkeypatch.setattr(cli, "build_parser", build)


def refuse(word: str) -> NoReturn:
    raise AssertionError(word)


def test_json_holds_no_nan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    one_command(monkeypatch, Report({"a": [float("nan"), float("inf")]}, "text", 3))
    assert cli.main(["x", "--json"]) == 3
    assert json.loads(capsys.readouterr().out, parse_constant=refuse) == {"a": [None, "inf"]}
    assert cli.main(["x"]) == 3
    assert capsys.readouterr().out == "text\n"


def test_a_users_error_is_one_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one_command(monkeypatch, LabError("x.ko: is no\nmodule"))
    assert cli.main(["x"]) == 2
    assert capsys.readouterr() == ("", "kernel-lab: x.ko: is no module\n")


def test_control_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    one_command(monkeypatch, KeyboardInterrupt())
    assert cli.main(["x"]) == 130
    assert capsys.readouterr() == ("", "kernel-lab: stopped\n")


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    one_command(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        cli.main(["x"])


def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f"{sys.executable} -m lab doctor --json | head -c 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{", "")


def test_a_terminal_without_a_character_still_shows_the_rest() -> None:
    line = [sys.executable, "-m", "lab", "naming", "compare", "--preset", "N1"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(line, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"enp1s0" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_or_closed_output_is_one_line() -> None:
    lab = f"{sys.executable} -m lab pagefault theory"
    for where, word in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
        done = subprocess.run(["sh", "-c", f"exec {lab} {where}"], capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("kernel-lab: standard output: cannot be written")
        assert word in done.stderr
        assert done.stderr.count("\n") == 1
