"""Every way in which a guest can end: well, late, in a panic, by itself, with garbage. No process and no file stays."""

import dataclasses
import glob
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.realkernel.boot import boot
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.accel import AUTO, choose
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG

LONG = 150.0  # seconds; only a machine that is very busy needs them
WELL = "mark one\nuname -r >/out/release\nmkdir /out/deep\nprintf 'a\\0b\\n\\r\\n' >/out/deep/bytes\n"


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After each test: no QEMU of ours, nothing in the folder for temporary files but the console logs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    mine = f"path={tmp_path}/"
    assert not [name for name in glob.glob("/proc/[0-9]*/cmdline") if mine.encode() in _read(name)]
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".log") and p.name.startswith("kernel-lab")] == []


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""


def guest(kernel: Kernel, script: str, **more: object) -> Guest:
    return dataclasses.replace(Guest("ends", kernel, script, memory=256), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def usual(kernel_cloud: Kernel, accel: str) -> float:
    """Seconds that a good boot takes on this machine, now."""
    return boot(guest(kernel_cloud, "true\n"), accel, LONG).seconds


def refused(asked: Guest, accel: str, limit: float = LONG) -> tuple[str, str]:
    """The message, and the console that it names."""
    with pytest.raises(LabError) as caught:
        boot(asked, accel, limit)
    said = str(caught.value)
    assert "\n" not in said
    path = re.search(r"its console is kept in (\S+)$", said)
    assert path is not None, said
    return said, Path(path[1]).read_text("utf-8")


@pytest.mark.parametrize("machine", ["microvm", "q35", "pc"])
def test_it_ends_well(kernel_cloud: Kernel, accel: str, machine: str, tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    made = boot(
        guest(kernel_cloud, WELL, machine=machine, steps=("one",)), accel, LONG,
        lambda done, total, label: heard.append((done, total, label)), keep=tmp_path / "kept",
    )  # fmt: skip
    assert made.text("release") == kernel_cloud.release + "\n"
    assert made.files["deep/bytes"] == b"a\0b\n\r\n"
    assert [mark.text for mark in made.marks] == ["up", "one"]
    assert 0 < made.marks[0].seconds < made.seconds
    assert heard[0][:2] == (0, 3)
    assert heard[-1][:2] == (3, 3)
    assert (tmp_path / "kept/out/deep/bytes").read_bytes() == b"a\0b\n\r\n"
    assert "##lab end 0" in (tmp_path / "kept/console.txt").read_text()


def test_two_counted_runs_take_the_same_time(kernel_cloud: Kernel) -> None:
    asked = guest(kernel_cloud, "cat /proc/uptime >/out/uptime\n")
    assert boot(asked, ICOUNT, LONG).files["uptime"] == boot(asked, ICOUNT, LONG).files["uptime"]


def test_a_script_that_fails(kernel_cloud: Kernel, accel: str) -> None:
    said, console = refused(guest(kernel_cloud, "echo it went wrong; exit 7\n"), accel)
    assert "guest ends: its script ended with status 7: it went wrong; its console" in said
    assert "##lab end 7" in console
    assert boot(guest(kernel_cloud, "exit 7\n", may_fail=True), accel, LONG).status == 7


def test_a_guest_that_hangs(kernel_cloud: Kernel, accel: str, usual: float) -> None:
    limit = max(30, round(3 * usual + 2))  # one quiet boot says little of a machine that gets busy
    start = time.monotonic()
    said, console = refused(guest(kernel_cloud, "mark before\necho now I wait\nsleep 1000\n"), accel, limit)
    assert (
        f"did not end within {limit} s (--limit gives it more); its last mark is 'before', its last lines: now" in said
    )
    assert "now I wait" in console
    assert time.monotonic() - start < limit + 20


def test_a_counted_guest_has_the_limit_that_was_given(kernel_cloud: Kernel) -> None:
    start = time.monotonic()
    said, _ = refused(guest(kernel_cloud, "while :; do :; done\n"), ICOUNT, 5)
    assert "did not end within 5 s" in said
    assert time.monotonic() - start < 5 + 20


def test_a_line_that_the_script_leaves_unfinished(
    kernel_cloud: Kernel, accel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a comma in the path of what it sends."""
    (tmp_path / "a,b").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a,b"))
    made = boot(guest(kernel_cloud, "printf before; mark one; echo x >/out/x; printf abc\n"), accel, LONG)
    assert [mark.text for mark in made.marks] == ["up", "one"]
    assert made.files == {"x": b"x\n"}
    assert "\nabc\n" in made.console.replace("\r", "")


def test_a_guest_without_the_second_line(kernel_cloud: Kernel, accel: str) -> None:
    said, _ = refused(guest(kernel_cloud, "rm /dev/ttyS1\n"), accel)
    assert "its init could not go on: /dev/ttyS1 is no serial line" in said


def test_a_guest_that_panics(kernel_cloud: Kernel, accel: str) -> None:
    said, console = refused(guest(kernel_cloud, "echo c >/proc/sysrq-trigger\n"), accel)
    assert "guest ends: its kernel panicked: sysrq triggered crash" in said
    assert "Kernel panic - not syncing" in console


def test_a_guest_that_ends_by_itself(kernel_cloud: Kernel, accel: str) -> None:
    said, _ = refused(guest(kernel_cloud, "echo bye\nreboot -f\n"), accel)
    assert "ended before its script did (QEMU's status 0): bye; its" in said


def test_a_guest_that_prints_garbage(kernel_cloud: Kernel, accel: str) -> None:
    said, _ = refused(guest(kernel_cloud, "cat /dev/urandom\n"), accel)
    assert "prints without end: more than 2 MiB on its console" in said


def test_a_guest_that_sends_garbage(kernel_cloud: Kernel, accel: str) -> None:
    said, _ = refused(guest(kernel_cloud, "head -c 999 /dev/urandom >/dev/ttyS1\n"), accel)
    assert re.search(r"sent [0-9,]+ bytes of results, of which [0-9,]+ came", said)


def test_no_kernel_at_all(kernel_cloud: Kernel, accel: str, tmp_path: Path) -> None:
    broken = tmp_path / "vmlinuz"
    broken.write_bytes(b"no kernel" * 100)
    said, console = refused(guest(dataclasses.replace(kernel_cloud, image=broken), WELL), accel, 20)
    assert "ended before its script did (QEMU's status 1): qemu: " in said  # it looks at the header
    assert str(broken) in console


def test_it_can_be_stopped(kernel_cloud: Kernel, accel: str) -> None:
    def stop(done: int, total: int, label: str) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        boot(guest(kernel_cloud, "sleep 1000\n"), accel, LONG, stop)


def test_the_choice_says_why(kernel_cloud: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    chosen = choose(AUTO, kernel_cloud)
    assert chosen.name in (KVM, TCG)
    assert chosen.why
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        assert (tmp_path / "kernel-feature-lab/kvm.json").is_file()
        assert choose(AUTO, kernel_cloud) == chosen
