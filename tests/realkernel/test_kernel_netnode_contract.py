"""The bundled run keeps every promise, and each promise can be broken."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main
from lab.core import dataset
from lab.core.errors import LabError
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.netnode import NetnodeResult, recorded, write_run
from lab.realkernel.netnode.contract import STEPS
from lab.realkernel.netnode.recorded import BUNDLED
from lab.realkernel.netnode.result import judged


@pytest.fixture(scope="module")
def run() -> NetnodeResult:
    return recorded()


def rejudged(run: NetnodeResult, name: str, old: str, new: str) -> NetnodeResult:
    """The same run, had the guest sent something else."""
    raw = dict(run.raw)
    assert old in raw[name], f"{old!r} is not in {name}: this test would prove nothing"
    return judged({**raw, name: raw[name].replace(old, new)}, run.accel, run.seconds, run.source)


def test_the_bundled_run_keeps_every_promise(run: NetnodeResult) -> None:
    assert run.broken == ()
    assert [*dict.fromkeys(row.step for row in run.rows)] == [*STEPS, "log"]
    assert run.kernel.startswith("6.")
    assert run.accel == "tcg"


def test_the_recording_says_where_it_comes_from(run: NetnodeResult) -> None:
    entry = dataset.find(BUNDLED)
    entry.verify()
    body = json.loads(entry.path.read_text())["provenance"]
    assert run.kernel in body["origin"]
    assert "QEMU" in body["origin"]
    assert run.source == f"recorded {body['date']}: {body['origin']}"


def test_every_value_matters(run: NetnodeResult) -> None:
    """What the guest saw, each line in turn replaced by something else, breaks a promise."""
    lines = dict(run.raw)["seen.txt"].splitlines()
    free = ("machine.release", "machine.udev")  # where it ran: any will do
    idle = []
    for i, line in enumerate(lines):
        changed = [*lines[:i], f"{line.partition(chr(9))[0]}\tchanged", *lines[i + 1 :]]
        if line.startswith(free):
            continue
        try:
            other = judged({**dict(run.raw), "seen.txt": "\n".join(changed)}, run.accel, run.seconds, "")
        except LabError:  # a node that is none
            continue
        if not other.broken:
            idle.append(line)
    assert idle == []


@pytest.mark.parametrize(
    ("name", "old", "new", "promise"),
    [
        ("seen.txt", "rename.open\t3 lan0", "rename.open\t3 ens11", "the open file gives the new name"),
        ("seen.txt", "remove.open\tread: ENODEV", "remove.open\t3 inner0", "every open file gives ENODEV"),
        ("seen.txt", "IN PRI after", "IN after", "a sleeping reader wakes with IN and PRI"),
        ("seen.txt", "ERR HUP after", "nothing after", "the reader wakes with ERR and HUP"),
        ("seen.txt", "open: EACCES", "3 lan2", "who has no right there gets EACCES"),
        ("events.txt", "INTERFACE_OLD=ens11", "INTERFACE_OLD=x", "udev hears of the change"),
        ("events.txt", "NETNS_INODE", "NETNS", "its uevents say"),
        ("dmesg.txt", " freed;", "1 freed;", "as many nodes were freed as made"),
        ("dmesg.txt", " closed", "1 closed", "as many nodes were freed as made"),
    ],
)
def test_a_promise_that_is_not_kept_is_told(run: NetnodeResult, name: str, old: str, new: str, promise: str) -> None:
    other = rejudged(run, name, old, new)
    assert any(row.promised.startswith(promise) for row in other.broken), other.text()
    assert "NOT KEPT" in other.text()
    assert not other.to_json()["ok"]


def test_a_warning_of_the_kernel_breaks_the_last_promise(run: NetnodeResult) -> None:
    line = "[   40.0] WARNING: CPU: 0 PID: 77 at fs/sysfs/dir.c:31"
    raw = dict(run.raw)
    other = judged({**raw, "dmesg.txt": f"{raw['dmesg.txt']}\n{line}"}, run.accel, run.seconds, "")
    assert [row.promised for row in other.broken] == ["the kernel warned of nothing"]
    assert other.dmesg == (line,)
    assert line in other.text()


def test_json_has_the_agreed_keys(run: NetnodeResult) -> None:
    data = run.to_json()
    assert {"ok", "steps", "kernel", "accel", "seconds", "dmesg"} <= set(data)
    assert set(data["steps"][0]) == {"step", "done", "promised", "seen", "ok"}
    assert len(run.to_table().rows) == len(run.rows) == len(data["steps"])


def test_what_is_written_is_read_again(run: NetnodeResult, tmp_path: Path) -> None:
    write_run(tmp_path / "run.json", run, "7.2.0")
    again = recorded(tmp_path / "run.json")
    assert dataclasses.replace(again, source="", seconds=0) == dataclasses.replace(run, source="", seconds=0)
    assert "QEMU 7.2.0 (tcg)" in again.source


@pytest.mark.parametrize("key", ["accel", "seconds", "files"])
def test_a_damaged_recording_is_refused(run: NetnodeResult, tmp_path: Path, key: str) -> None:
    write_run(tmp_path / "run.json", run)
    whole = json.loads((tmp_path / "run.json").read_text())
    del whole["body"][key]
    (tmp_path / "run.json").write_text(json.dumps(whole))
    with pytest.raises(LabError, match="record it again with -o"):
        recorded(tmp_path / "run.json")


def test_the_command_shows_the_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernel", "netnode", "--recorded"]) == 0
    out = capsys.readouterr().out
    assert "promises kept (Linux 6." in out
    assert "NOT KEPT" not in out


def test_the_command_fails_where_a_promise_is_broken(run: NetnodeResult, tmp_path: Path, capsys: Any) -> None:
    write_run(tmp_path / "run.json", rejudged(run, "seen.txt", "unload.left\t0", "unload.left\t1"))
    assert main(["kernel", "netnode", "--recorded", str(tmp_path / "run.json"), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [row["step"] for row in data["steps"] if not row["ok"]] == ["unload"]


def test_options_that_do_not_go_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["kernel", "netnode", "--recorded", "-o", str(tmp_path / "x")]) == 2
    assert "-o: writes what is booted now" in capsys.readouterr().err


def test_the_story_lives_through_the_steps_in_order() -> None:
    story = (linux_sources("netnode") / "story.sh").read_text()
    assert [line.split()[1] for line in story.splitlines() if line.startswith("mark ")] == list(STEPS)


def test_the_readme_names_every_ioctl_and_every_uevent_property() -> None:
    folder = linux_sources("netnode")
    readme = (folder / "README.md").read_text()
    for line in (folder / "netnode.h").read_text().splitlines():
        if line.startswith("#define NETNODE_GET"):
            name, number = line.split()[1], line.split("'N', ")[1][:4]
            assert f"`{name}` | {number} |" in readme
    for part in (folder / "class.c").read_text().split('add_uevent_var(env, "')[1:]:
        assert f"`{part.partition('=')[0]}`" in readme


def test_its_ioctls_are_in_no_block_of_others() -> None:
    """Of 'N': 00-1F, 40-7F and 80-8F (Documentation/userspace-api/ioctl/ioctl-number.rst, Linux 6.14 and later)."""
    lines = (linux_sources("netnode") / "netnode.h").read_text().splitlines()
    numbers = [int(line.split("'N', ")[1][:4], 16) for line in lines if line.startswith("#define NETNODE_GET")]
    assert len(numbers) == len(set(numbers)) == 3
    assert all(number >= 0x90 for number in numbers)


def test_importing_is_light() -> None:
    heavy = ("IPython", "ipywidgets", "anywidget", "numpy", "numba", "pyroute2", "jupyterlab")
    code = f"import sys, lab.realkernel.netnode; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seconds", float("nan")), ("seconds", float("inf")), ("seconds", -1), ("seconds", 10**400), ("seconds", True),
        ("seconds", "1"), ("seconds", 1e6), ("accel", "\x1b[31mred"), ("accel", "tcg\n"), ("accel", ["tcg"]),
        ("accel", ""),
    ],
)  # fmt: skip
def test_a_recording_of_an_absurd_boot_is_refused(
    key: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = json.loads(dataset.find(BUNDLED).path.read_text("utf-8"))
    raw["body"][key] = value
    path = tmp_path / "run.json"
    path.write_text(json.dumps(raw), "utf-8")
    assert main(["kernel", "netnode", "--recorded", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "does not say how the run was booted" in said


def test_a_recording_cannot_mislead_a_terminal(tmp_path: Path) -> None:
    raw = json.loads(dataset.find(BUNDLED).path.read_text("utf-8"))
    raw["provenance"] |= {"origin": "\x1b[2Jnowhere\n60 of 60", "date": "today\x07"}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(raw), "utf-8")
    found = recorded(path)
    assert found.headline().isprintable()
    assert "\x1b" not in found.text()
    assert "\\x1b[2Jnowhere\\x0a60 of 60" in found.source


def test_the_story_fits_a_terminal(run: NetnodeResult) -> None:
    lines = run.text().split("\n")
    assert max(map(len, lines)) < 120
    words = " ".join(run.text().split())
    for row in run.rows:
        assert " ".join(f"{row.promised}: {row.seen or '–'}".split()) in words
