"""QEMU's words for a guest."""

import dataclasses
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.machine import qemu

KERNEL = Kernel("6.1.0-1-amd64", Path("/k/vmlinuz"), Path("/k/lib/modules/6.1.0-1-amd64"))
GUEST = Guest("try", KERNEL, "true", append=("lab=1",), devices=("-device", "qemu-xhci"), cpus=2)


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def words(guest: Guest, accel: str) -> list[str]:
    return list(qemu.command(guest, accel, Path("/k/vmlinux"), Path("/t/initramfs"), Path("/t/results")))


def test_no_network_no_disk_no_display() -> None:
    said = words(GUEST, qemu.TCG)
    for wanted in ("-nodefaults", "-no-user-config", "-no-reboot"):
        assert wanted in said
    assert said[said.index("-display") + 1] == "none"
    assert not {"-nic", "-netdev", "-net", "-drive", "-hda", "-monitor"} & set(said)
    assert said[-2:] == ["-device", "qemu-xhci"]
    assert said[said.index("-append") + 1].endswith(" lab=1")


def test_threads() -> None:
    assert words(GUEST, qemu.TCG)[1:3] == ["-accel", "tcg,thread=multi"]
    one = dataclasses.replace(GUEST, cpus=1)
    said = words(one, qemu.ICOUNT)
    assert said[1:3] == ["-accel", "tcg,thread=single"]
    assert "shift=0,sleep=off" in said
    assert "base=2026-01-01,clock=vm" in said
    with pytest.raises(LabError, match="counted with one processor, and try has 2"):
        words(GUEST, qemu.ICOUNT)


def test_the_machine() -> None:
    said = words(dataclasses.replace(GUEST, machine="microvm"), qemu.KVM)
    assert said[said.index("-M") + 1].startswith("microvm,acpi=off")
    assert said[said.index("-accel") + 1] == "kvm"


def test_what_qemu_cannot_take_is_refused() -> None:
    with pytest.raises(LabError, match="'hvf' is no accelerator"):
        words(GUEST, "hvf")


def test_a_comma_in_a_path_is_written_as_qemu_reads_it() -> None:
    paths = (Path("/k,y/vmlinux"), Path("/t,x/initramfs"), Path("/t,x/results"))
    said = list(qemu.command(GUEST, qemu.TCG, *paths))
    assert said[said.index("-kernel") + 1] == "/k,y/vmlinux"
    assert said[said.index("-initrd") + 1] == "/t,x/initramfs"
    assert "file,id=results,path=/t,,x/results" in said


def test_a_counted_run_draws_the_same_random_numbers() -> None:
    said = words(dataclasses.replace(GUEST, cpus=1), qemu.ICOUNT)
    assert said[said.index("-seed") + 1] == "1"
    assert "-seed" not in words(GUEST, qemu.TCG)


@pytest.mark.parametrize("able", [True, False])
def test_rights_are_taken_away_where_this_qemu_can(able: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A made QEMU that knows -sandbox or not, as one built without seccomp."""
    made = tmp_path / "qemu"
    made.write_text(f"#!/bin/sh\ncase $* in *-sandbox*) cat; exit {0 if able else 1} ;; esac\n")
    made.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(made))
    said = words(GUEST, qemu.KVM)
    assert ("-sandbox" in said) == able
    if able:
        assert "spawn=deny" in said[said.index("-sandbox") + 1]


def test_the_kernel_is_told_of_two_serial_lines() -> None:
    said = words(GUEST, qemu.TCG)
    assert "8250.nr_uarts=4" in said[said.index("-append") + 1].split()


@pytest.mark.parametrize("does", ["exit 3", "sleep 9"])
def test_a_qemu_that_does_not_say_its_version(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "qemu"
    made.write_text(f"#!/bin/sh\nexec {does.replace('exit', 'false')}\n")
    made.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(made))
    monkeypatch.setattr(qemu, "PATIENCE", 0.3)
    if does == "exit 3":
        assert qemu.version() == ""
    else:
        with pytest.raises(LabError, match="does not say its version"):
            qemu.version()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"name": "No"}, "no name of a guest"), ({"machine": "isapc"}, "no machine"), ({"cpus": 0}, "1 to 8 processors"),
     ({"memory": 16}, "64 to 8192 MiB")],
)  # fmt: skip
def test_a_guest_out_of_range_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(LabError, match=said):
        dataclasses.replace(GUEST, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("release", "flavour"),
    [("6.1.0-56-amd64", FULL), ("6.1.0-56-cloud-amd64", CLOUD), ("6.12.0-1-generic", FULL), ("6.8.0-31-aws", CLOUD),
     ("6.18.4-fc", FULL)],
)  # fmt: skip
def test_the_flavour_is_in_the_release(release: str, flavour: str) -> None:
    assert dataclasses.replace(KERNEL, release=release).flavour == flavour


def test_without_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(LabError, match="apt-get install qemu-system-x86"):
        words(GUEST, qemu.TCG)
