"""How a guest is to run: the choice, its reason, and that it is remembered."""

import json
import re
import stat
import time
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine import accel
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG

KERNEL = Kernel("6.1.0-1-amd64", Path("/k/vmlinuz"), Path("/k/lib/modules/6.1.0-1-amd64"))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a /dev/kvm, and a QEMU that does what `tmp_path/does` says, on which no test has been run."""
    (tmp_path / "kvm").touch()
    qemu = tmp_path / "qemu"
    qemu.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "QEMU emulator version 7.2.99 (x)"; exit 0; }\n'
        "case $* in *-monitor*) exit 1 ;; esac\n"  # built without seccomp
        f"echo run >>{tmp_path}/runs\n. {tmp_path}/does\n"
    )
    qemu.chmod(qemu.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(accel, "DEVICE", tmp_path / "kvm")
    monkeypatch.setattr(accel, "SECONDS", 0.7)
    monkeypatch.setattr("lab.realkernel.machine.qemu.PROGRAM", str(qemu))
    return tmp_path


def runs(machine: Path) -> int:
    return len((machine / "runs").read_text().splitlines()) if (machine / "runs").exists() else 0


def test_what_is_asked_for_is_taken(machine: Path) -> None:
    for name in (KVM, TCG, ICOUNT):
        assert accel.choose(name, KERNEL).name == name
    assert runs(machine) == 0


def test_without_the_device(machine: Path) -> None:
    (machine / "kvm").unlink()
    chosen = accel.choose(accel.AUTO, KERNEL)
    assert chosen.name == TCG
    assert "is not here or not open to this user" in chosen.why


@pytest.mark.parametrize(
    ("does", "name", "why"),
    [
        ("echo 'Linux version 6.1'; sleep 30", KVM, "KVM works here"),
        ("echo SeaBIOS; sleep 30", TCG, r"stands still: not a line within 0\.7 s"),
        ("echo 'failed to set MSR' >&2; exit 134", TCG, "QEMU ended with status 134"),
    ],
)
def test_a_kernel_is_tried_once(machine: Path, does: str, name: str, why: str) -> None:
    (machine / "does").write_text(does)
    chosen = accel.choose(accel.AUTO, KERNEL)
    assert chosen.name == name
    assert re.search(why, chosen.why)
    assert accel.choose(accel.AUTO, KERNEL) == chosen
    assert runs(machine) == 1


def test_another_start_of_the_machine_is_another_test(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "does").write_text("exit 1")
    assert accel.choose(accel.AUTO, KERNEL).name == TCG
    monkeypatch.setattr(accel, "_boot_id", lambda: "another")
    (machine / "does").write_text("echo 'Linux version 6.1'")
    assert accel.choose(accel.AUTO, KERNEL).name == KVM
    assert runs(machine) == 2


def test_a_guest_that_was_late_is_tried_again_after_an_hour(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "does").write_text("sleep 30")
    assert accel.choose(accel.AUTO, KERNEL).name == TCG
    (machine / "does").write_text("echo 'Linux version 6.1'")
    assert accel.choose(accel.AUTO, KERNEL).name == TCG
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + accel.AGAIN + 1)
    assert accel.choose(accel.AUTO, KERNEL).name == KVM
    monkeypatch.setattr(time, "time", lambda: now + 9 * accel.AGAIN)
    assert accel.choose(accel.AUTO, KERNEL).name == KVM
    assert runs(machine) == 2


def test_a_module_that_was_loaded_again_is_another_test(machine: Path) -> None:
    (machine / "does").write_text("exit 1")
    assert accel.choose(accel.AUTO, KERNEL).name == TCG
    (machine / "new").touch()
    (machine / "new").replace(machine / "kvm")
    (machine / "does").write_text("echo 'Linux version 6.1'")
    assert accel.choose(accel.AUTO, KERNEL).name == KVM


def test_a_cache_that_cannot_be_written_costs_a_test_each_time(machine: Path) -> None:
    (machine / "does").write_text("echo 'Linux version 6.1'")
    (machine / "cache").write_text("a file")
    for _ in range(2):
        assert accel.choose(accel.AUTO, KERNEL).name == KVM
    assert runs(machine) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 3}', b"[" * 60_000, b"\xff"])
def test_a_damaged_memory_is_asked_again(machine: Path, content: bytes) -> None:
    (machine / "does").write_text("exit 1")
    path = machine / "cache" / "kernel-feature-lab" / "kvm.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert accel.choose(accel.AUTO, KERNEL).name == TCG
    assert json.loads(path.read_bytes())["why"] == "QEMU ended with status 1"


def test_without_qemu(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.realkernel.machine.qemu.PROGRAM", "qemu-that-is-not-here")
    with pytest.raises(LabError, match="qemu-that-is-not-here is not here"):
        accel.choose(accel.AUTO, KERNEL)
