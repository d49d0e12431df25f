"""A declared machine as QEMU's words, word by word; and QEMU itself, where it is, takes those of every preset."""

import dataclasses
import shutil
import subprocess

import pytest

from lab.core.errors import LabError
from lab.naming.topologies import KINDS, PRESETS, Device, Onboard, Topology, preset
from lab.realkernel.topology_qemu import MODELS, QemuMachine, qemu_release, qemu_words

MAC = "52:54:00:00:00:{:02x}"
QEMU = shutil.which("qemu-system-x86_64")


def devices(found: QemuMachine) -> list[str]:
    """The values of -device, in order."""
    return [v for word, v in zip(found.devices, found.devices[1:], strict=False) if word == "-device"]


def test_cards_in_numbered_slots_word_by_word() -> None:
    assert qemu_words(preset("native-slots")) == QemuMachine(
        machine="q35",
        devices=(
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
            "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=4.0,chassis=1,slot=11",
            "-device", "pcie-root-port,id=rp2,bus=pcie.0,addr=5.0,chassis=2,slot=42",
            "-netdev", "hubport,id=net-nic1,hubid=0",
            "-device", "e1000e,id=nic1,netdev=net-nic1,mac=52:54:00:00:00:01,bus=rp1,addr=0.0",
            "-netdev", "hubport,id=net-nic2,hubid=0",
            "-device", "virtio-net-pci,id=nic2,netdev=net-nic2,mac=52:54:00:00:00:02,bus=rp2,addr=0.0",
        ),
        cpus=1,
        append=(),
        premod=(),
        modules=("e1000e", "virtio_net", "virtio_pci"),
    )  # fmt: skip


def test_the_other_hotplug_differs_in_one_switch_only() -> None:
    native, acpi = qemu_words(preset("native-slots")), qemu_words(preset("acpi-slots"))
    assert acpi.devices == native.devices[2:]
    assert dataclasses.replace(acpi, devices=native.devices) == native


def test_addresses_are_hexadecimal_and_functions_are_said() -> None:
    assert devices(qemu_words(preset("conventional")))[2] == (
        f"rtl8139,id=nic3,netdev=net-nic3,mac={MAC.format(3)},bus=pci.0,addr=10.0"
    )
    several = devices(qemu_words(preset("multifunction")))
    assert several[1].endswith(",bus=rp1,addr=0.0,multifunction=on")
    assert several[2].endswith(",bus=rp1,addr=0.1")


def test_what_only_some_devices_have() -> None:
    assert devices(qemu_words(preset("acpi-index")))[2].endswith(",bus=rp1,addr=0.0,acpi-index=7")
    assert devices(qemu_words(preset("second-host-bridge")))[:3] == [
        "pxb-pcie,id=pxb1,bus=pcie.0,addr=8.0,bus_nr=128",
        "pcie-root-port,id=rp1,bus=pcie.0,addr=4.0,chassis=2",
        "pcie-root-port,id=rp2,bus=pxb1,addr=0.0,chassis=3",
    ]
    assert devices(qemu_words(preset("bridge-in-slot")))[1:3] == [
        "pcie-pci-bridge,id=br1,bus=rp1,addr=0.0",
        "pci-bridge,id=br2,bus=br1,addr=2.0,chassis_nr=3,shpc=off",
    ]
    assert devices(qemu_words(preset("usb")))[:2] == [
        "qemu-xhci,id=xhci,bus=pcie.0,addr=6.0",
        f"usb-net,id=nic9,netdev=net-nic9,mac={MAC.format(9)},bus=xhci.0,port=2",
    ]


def test_a_label_of_smbios_may_hold_what_parts_qemus_options() -> None:
    topology = dataclasses.replace(preset("smbios-onboard"), onboard=(Onboard("nic2", 7, "LAN, 2=x"),))
    assert qemu_words(topology).devices[-2:] == (
        "-smbios",
        "type=41,designation=LAN,, 2=x,instance=7,kind=ethernet,pcidev=nic2",
    )


def test_the_order_of_drivers_and_the_kernels_words_are_kept() -> None:
    found = qemu_words(preset("driver-order-2"))
    assert found.premod == ("virtio_net", "virtio_pci", "e1000e")
    assert found.append == ("net.ifnames=0",)
    assert set(found.modules) == {"e1000e", "virtio_net", "virtio_pci"}
    assert qemu_words(preset("race-two-cpus")).cpus == 2


def test_without_hotplug_ports_have_none() -> None:
    found = qemu_words(dataclasses.replace(preset("native-slots"), hotplug="none"))
    assert all(d.endswith(",hotplug=off") for d in devices(found)[:2])
    assert qemu_words(Topology("x", "", "pc", "none", ())).devices == (
        "-global", "PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off",
        "-global", "PIIX4_PM.acpi-root-pci-hotplug=off",
    )  # fmt: skip


def test_a_card_that_this_qemu_has_not_is_refused() -> None:
    topology = Topology("new", "", "q35", "native", (Device("nic1", "igb", "", 3, mac=MAC.format(1)),))
    with pytest.raises(LabError, match=r"topology new: nic1: QEMU 7\.2 has no igb; 8\.0 has"):
        qemu_words(topology)
    assert devices(qemu_words(topology, (8, 0)))[0].startswith("igb,id=nic1")


@pytest.mark.parametrize(
    ("text", "release"),
    [("7.2.22", (7, 2)), ("8.0", (8, 0)), ("10.0.2-rc1", (10, 0)), ("", None), ("x7.2", None), ("7", None)],
)
def test_the_release_of_a_version(text: str, release: tuple[int, int] | None) -> None:
    assert qemu_release(text) == release


def test_every_module_is_known_and_every_model_is_a_kinds() -> None:
    assert all(kind.modules for kind in KINDS.values() if kind.is_card)
    assert set(MODELS) <= set(KINDS)


@pytest.mark.skipif(QEMU is None, reason="qemu-system-x86_64 is not here: what it takes cannot be asked")
@pytest.mark.parametrize("name", PRESETS)
def test_qemu_takes_the_words_of_every_preset(name: str) -> None:
    """It builds the machine, is asked for its devices and ends: -S means that no guest runs."""
    words = qemu_words(PRESETS[name])
    command = [str(QEMU), "-M", words.machine, "-m", "64", "-nodefaults", "-no-user-config", "-display", "none", "-S"]
    command += ["-accel", "tcg", "-smp", str(words.cpus), "-monitor", "stdio", *words.devices]
    done = subprocess.run(command, input="info qtree\nquit\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for device in PRESETS[name].devices:
        assert f'id "{device.id}"' in done.stdout
