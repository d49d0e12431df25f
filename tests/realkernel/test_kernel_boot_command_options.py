"""The options that the commands of real kernels share: which kernel, how long, which recording."""

import argparse
import shutil
from pathlib import Path
from typing import Any

import pytest

from lab import cli
from lab.core.errors import LabError
from lab.realkernel import doctor
from lab.realkernel.asyncpf import run as asyncpf_run
from lab.realkernel.boot import Boot
from lab.realkernel.commands import asyncpf, naming, netnode, symbols
from lab.realkernel.commands.options import add_boot, boot_asked, recorded_asked
from lab.realkernel.kernel import CLOUD
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine import qemu
from lab.realkernel.naming import run as naming_run
from lab.realkernel.naming.race import race
from lab.realkernel.naming.step import step_really
from lab.realkernel.netnode import run as netnode_run
from lab.realkernel.symbols import run as symbols_run
from tests.realkernel import kernel_trees as made

COMMANDS = {"naming": naming, "netnode": netnode, "symbols": symbols, "asyncpf": asyncpf}
RUNS = {"naming": naming_run, "netnode": netnode_run, "symbols": symbols_run, "asyncpf": asyncpf_run}
OLD, NEW = "6.1.0-56-amd64", "6.12.9-amd64"
needs_qemu = pytest.mark.skipif(not shutil.which(qemu.PROGRAM), reason=f"{qemu.PROGRAM} is not here")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with a newer kernel without headers and an older one with them."""
    made.kernel(tmp_path, OLD)
    made.headers(tmp_path, OLD, "6.1.0-56")
    made.kernel(tmp_path, NEW)
    return tmp_path


def parsed(*words: str, limit: float = 99.0) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_boot(parser, limit)
    return parser.parse_args(words)


def options_of(name: str) -> dict[str, argparse.Action]:
    parser = argparse.ArgumentParser()
    COMMANDS[name].fill(parser)
    return {word: action for action in parser._actions for word in action.option_strings}


@needs_qemu
@pytest.mark.parametrize("headers", [False, True])
def test_the_kernel_of_a_command_is_the_one_that_the_doctor_names(root: Path, headers: bool) -> None:
    found = {f.part: f.found for f in doctor.examine(root, root / "none", shutil.which, try_kvm=False)}
    how = boot_asked(parsed("--kernel", str(root), "--accel", "tcg"), headers=headers)
    assert how.kernel.release == (OLD if headers else NEW)
    if headers:
        assert found["headers"] == f"{how.kernel.release}, in {how.kernel.headers}"
    else:
        assert found["kernel"] == f"{how.kernel.release}, in {how.kernel.image.parent}"


@needs_qemu
@pytest.mark.parametrize("name", ["netnode", "symbols"])
def test_a_command_that_builds_takes_a_kernel_with_headers(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(kernel: Any, *_: object) -> None:
        raise LabError(f"asked to run on {kernel.release}, headers in {kernel.headers}")

    monkeypatch.setattr(RUNS[name], f"run_{name}", run)
    monkeypatch.setattr("lab.realkernel.root.udev_root.udev_root", lambda _: None)
    assert cli.main(["kernel", name, "--kernel", str(root), "--accel", "tcg"]) == 2
    assert f"asked to run on {OLD}, headers in {root}" in capsys.readouterr().err


@needs_qemu
def test_what_the_options_say(root: Path, tmp_path: Path) -> None:
    keep = tmp_path / "a folder, with=signs"
    how = boot_asked(parsed("--kernel", str(root), "--accel", "icount", "--limit", "7.5", "--keep", str(keep)), CLOUD)
    assert (how.kernel.release, how.accel.name, how.limit, how.keep) == (NEW, "icount", 7.5, keep)
    assert not keep.exists()
    how = boot_asked(parsed("--kernel", str(root), "--accel", "tcg"))
    assert (how.limit, how.keep) == (99.0, None)


@pytest.mark.parametrize("limit", ["0", "0.5", "-1", "3601", "nan", "inf"])
def test_a_limit_out_of_range_is_refused_before_a_kernel_is_looked_for(limit: str) -> None:
    with pytest.raises(LabError, match=r"--limit: .* is out of range; write 1 to 3600 seconds"):
        boot_asked(parsed("--kernel", "/nowhere", "--limit", limit))


def test_a_kernel_that_is_not_here_is_refused() -> None:
    with pytest.raises(LabError, match="/nowhere: is no folder"):
        boot_asked(parsed("--kernel", "/nowhere"))


@pytest.mark.parametrize("name", COMMANDS)
def test_command_function_and_help_have_one_limit(name: str) -> None:
    """None stands for an option that was not given: beside --recorded one that was is refused."""
    parser = argparse.ArgumentParser()
    COMMANDS[name].fill(parser)
    _accel, limit = parser.get_default("by_default")
    assert limit == LIMITS[name] == RUNS[name].LIMIT
    action = options_of(name)["--limit"]
    assert action.default is None
    assert f"(default {LIMITS[name]:g})" in str(action.help)


def test_every_function_that_boots_a_topology_has_that_limit() -> None:
    for function in (naming_run.name_really, race, step_really):
        assert (function.__kwdefaults__ or {})["limit"] == LIMITS["naming"]


@needs_qemu
@pytest.mark.parametrize("accel", ["icount", "tcg"])
def test_a_given_limit_reaches_the_boot_as_it_is(
    accel: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def boot(_guest: object, accel: str, limit: float, *_: object) -> Boot:
        raise LabError(f"booted under {accel} for {limit:g} s")

    monkeypatch.setattr(asyncpf_run, "boot", boot)
    monkeypatch.setattr(asyncpf_run, "vmm_program", lambda _: b"")
    assert cli.main(["kernel", "asyncpf", "--kernel", str(root), "--accel", accel, "--limit", "60"]) == 2
    assert f"booted under {accel} for 60 s" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_recorded_and_output_are_alike_everywhere(name: str) -> None:
    options = options_of(name)
    recorded, output = options["--recorded"], options["--output"]
    assert options["-o"] is output
    assert (recorded.metavar, recorded.nargs, recorded.const, recorded.default) == ("NAME|FILE", "?", "", None)
    assert (output.type, output.default) == (Path, None)
    assert str(recorded.help).startswith("boot nothing: show a bundled run by its NAME (list: which there are), or ")


@pytest.mark.parametrize("name", COMMANDS)
def test_recorded_list_says_which_there_are_and_each_can_be_shown(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["kernel", name, "--recorded", "list"]) == 0
    first = capsys.readouterr().out.splitlines()[-3 if name == "naming" else 0].split()[0]
    assert cli.main(["kernel", name, "--recorded", first]) == 0
    assert capsys.readouterr().out
    assert cli.main(["kernel", name, "--recorded", "no-such-run"]) == 2
    error = capsys.readouterr().err
    assert "--recorded: 'no-such-run' is not one of " in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["netnode", "symbols"])
def test_the_only_recording_needs_no_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for words in ([], [name]):
        assert cli.main(["kernel", name, "--recorded", *words]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert cli.main(["kernel", name, "--recorded", __file__]) == 2
    assert f"{Path(__file__).name}: " in capsys.readouterr().err


def test_which_recording_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.touch()
    assert recorded_asked("", ("only",)) == "only"
    assert recorded_asked("", ("a", "b")) is None
    assert recorded_asked("list", ("only",)) is None
    assert recorded_asked("b", ("a", "b")) == "b"
    assert recorded_asked("c", ("a", "b"), also=("c",)) == "c"
    assert recorded_asked(str(file), ("a",)) == file
    with pytest.raises(LabError, match="--recorded: 'x' is not one of a, b, nor a file"):
        recorded_asked("x", ("a", "b"))
