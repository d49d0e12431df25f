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
    with pytest.raises(LabError, match="no comma in a path"):
        qemu.command(GUEST, qemu.TCG, Path("/k/vmlinux"), Path("/t,x/initramfs"), Path("/t/results"))


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
