"""Declared machines: their file, what is refused, the presets, and where a command can take one."""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.core.errors import LabError
from lab.naming import open_source
from lab.naming.schemes.slot import SLOTS
from lab.naming.smbios import ENTRY, version
from lab.naming.topologies import (
    ALIASES,
    PRESETS,
    Device,
    Onboard,
    Topology,
    machine,
    parse_topology,
    preset,
    topology_of,
    topology_text,
)
from lab.naming.topologies.check import checked
from lab.naming.topologies.layout import layout
from lab.naming.topologies.slots import slots
from lab.naming.topologies.steps import after
from lab.naming.tree import lacking_above, parent_device
from lab.naming.whatif import apply, parse_step
from tests.naming.random_topologies import topologies

MAC = "52:54:00:00:00:01"
FILE = """
name = "two"
chipset = "q35"
append = ["net.ifnames=0"]

[[device]]
id = "rp1"
kind = "root-port"
device = 4
slot = 11

[[device]]
id = "nic1"
kind = "e1000e"
on = "rp1"
mac = "52:54:00:00:00:01"
"""


def with_devices(*devices: Device, chipset: str = "q35", hotplug: str = "native", **more: object) -> Topology:
    return dataclasses.replace(Topology("x", "", chipset, hotplug, devices), **more)  # type: ignore[arg-type]


def outcome(data: bytes) -> str:
    """What is said about a file: "fine", or why it is no topology."""
    try:
        return "fine" if parse_topology(data, "file") else ""
    except LabError as error:
        return str(error)


@settings(max_examples=100, deadline=None)
@given(topologies())
def test_what_is_written_is_read_again(topology: Topology) -> None:
    assert parse_topology(topology_text(topology).encode(), "file") == topology


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_file_too(name: str) -> None:
    assert parse_topology(topology_text(PRESETS[name]).encode(), name) == PRESETS[name]
    assert PRESETS[name].name == name
    assert PRESETS[name].title


def test_a_file_is_read_with_its_defaults() -> None:
    found = parse_topology(FILE.encode(), "file")
    port = Device("rp1", "root-port", device=4, slot=11)
    assert found == Topology(
        "two", "", "q35", "native", (port, Device("nic1", "e1000e", "rp1", mac=MAC)), append=("net.ifnames=0",)
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_topology_or_one_line(data: bytes) -> None:
    assert outcome(data).startswith(("file", "topology", "fine"))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_file_with_any_value_anywhere_is_a_topology_or_one_line(data: st.DataObject) -> None:
    lines = FILE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    odd = [
        "-1",
        "1e400",
        "nan",
        "true",
        "'x'",
        "'\\u0007'",
        "[]",
        "[1]",
        "[['x']]",
        "{}",
        "{a = 1}",
        "9" * 30,
        "1979-05-27",
        "''",
    ]
    key = data.draw(
        st.sampled_from([*dict.fromkeys(k.split(" =")[0] for k in lines if "=" in k), "cpus", "onboard", "device", "x"])
    )
    lines.insert(at, f"{key} = {data.draw(st.sampled_from(odd))}")
    assert "\n" not in outcome("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "two"', 'name = "two"\nnome = "two"'), "'nome' is no key"),
        (('chipset = "q35"', ""), "has no chipset"),
        (('"q35"', '"q36"'), "'q36' is no chipset"),
        (('"two"', '"../two"'), "is no name"),
        (("[[device]]\nid", "[[device]]\nspeed = 3\nid"), "device 1: 'speed' is no key"),
        (("slot = 11", "slot = true"), "device 1: slot is not a number"),
        (("slot = 11", "slot = 8192"), "rp1: slot: 8192 is not from 0 to 8191"),
        (("device = 4", "device = 31"), "rp1: there is no device 31"),
        (("device = 4", "device = 4\nfunction = 1"), "function 1 is not found"),
        (('on = "rp1"', 'on = "rp2"'), "nic1: sits on 'rp2', which is none"),
        (('on = "rp1"', 'on = "rp1"\ndevice = 1'), "nic1: there is no device 1 there"),
        (('on = "rp1"', 'on = "rp1"\nslot = 3'), "a e1000e has no slot"),
        (('"e1000e"', '"ne3210"'), "'ne3210' is no kind"),
        (('"e1000e"', '"pci-bridge"'), "a pci-bridge cannot sit on rp1"),
        (('"52:54:00:00:00:01"', '"53:54:00:00:00:01"'), "is no MAC"),
        (('"nic1"', '"rp1"'), "two devices are called rp1"),
        (('"nic1"', '"nic1,bus=x"'), "is no id"),
        (('"net.ifnames=0"', '"a b"'), "append: 'a b' is no word"),
        (('"net.ifnames=0"', "1"), "append is not a list of texts"),
        (('"net.ifnames=0"', '"pci=noacpi"'), "append: what 'pci=noacpi' does to the machine is not predicted"),
        (('"net.ifnames=0"', '"acpi=off"'), "append: what 'acpi=off' does"),
        (('"net.ifnames=0"', '"--"'), "append: what '--' does"),
        (('"net.ifnames=0"', '"pciehp.pciehp_force=1"'), "append: what 'pciehp.pciehp_force=1' does"),
        (('"net.ifnames=0"', '"rdinit=/x"'), "append: what 'rdinit=/x' does"),
        (("[[device]]", "[device]"), "is no TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(change: tuple[str, str], said: str) -> None:
    with pytest.raises(LabError, match=said.replace("(", r"\(")) as error:
        parse_topology(FILE.replace(*change).encode(), "file")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x = " + b"9" * 5000, "a number that is too long"),
        (b"x = " + b"[" * 5000, "is nested too deeply"),
        (b"\xff", "no UTF-8 text"),
        (b"#" * 70_000, "larger than 65,536 bytes"),
        (b"", "has no name"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(data: bytes, said: str) -> None:
    assert said in outcome(data)


def test_machines_that_cannot_be_built_are_refused() -> None:
    one = Device("a", "virtio", "", 3, mac=MAC)
    two = Device("b", "virtio", "", 3, mac="52:54:00:00:00:02")
    for devices, said in (
        ((one, two), "two devices have the place"),
        ((one, dataclasses.replace(two, device=4, mac=MAC)), "two devices have the MAC"),
        ((one, dataclasses.replace(two, function=1)), "set multifunction"),
        (
            (dataclasses.replace(one, multifunction=True, acpi_index=3), dataclasses.replace(two, function=1)),
            "acpi_index is for a card alone",
        ),
        ((Device("p", "pxb-pcie", "", 3),), "bus: 0 is not from 1"),
        ((Device("p", "pxb-pcie", "", 3, bus=1), Device("r", "root-port", "", 4)), "1 is not free any more"),
        ((Device("b", "pci-bridge", "", 3, shpc=True), Device("c", "e1000", "b", 0, mac=MAC)), "no device 0 there"),
        (tuple(Device(f"n{n}", "virtio", "", n, mac=f"52:54:00:00:00:{n:02x}") for n in range(65)), "more than"),
    ):
        with pytest.raises(LabError, match=said):
            checked(with_devices(*devices))
    with pytest.raises(LabError, match="root-port cannot sit on the root bus"):
        checked(with_devices(Device("r", "root-port", "", 4), chipset="pc"))


@settings(max_examples=60, deadline=None)
@given(topologies())
def test_every_machine_is_whole_and_needs_no_step(topology: Topology) -> None:
    found = machine(topology)
    tree = found.tree
    assert {i.mac for i in found.cards} == {d.mac for d in topology.cards}
    for card in found.cards:
        assert lacking_above(tree, card.devpath) == ()
        assert parent_device(tree, card.devpath) is not None
    dangling = {p for p in tree.links if tree.resolve(p) is None} - {p for p in tree.links if p.endswith("/subsystem")}
    assert {p for p in dangling if not p.startswith("/devices/virtual")} == set()
    assert [i.ifindex for i in sorted(found.interfaces, key=lambda i: i.ifindex or 0)] == list(
        range(1, 2 + len(found.cards))
    )
    again = apply(found, [parse_step("renumber")]).tree
    assert (again.files, again.links, set(again.folders)) == (tree.files, tree.links, set(tree.folders))
    assert len({p.folder for p in layout(topology)}) == len(layout(topology))
    assert version(tree.files[ENTRY]) == (2, 8)


def test_sixty_four_cards_are_named_at_once() -> None:
    """The limit of a topology; some 2 s would be a mistake in the way that it is put together."""
    ports = [Device(f"r{n}", "root-port", "", 1 + n % 30, n // 30, n < 30, slot=n + 1) for n in range(64)]
    nics = [Device(f"n{n}", "e1000e", f"r{n}", mac=f"52:54:00:00:00:{n:02x}") for n in range(64)]
    topology = checked(with_devices(*ports, *nics))
    start = time.process_time()
    found = machine(topology)
    assert time.process_time() - start < 2
    assert sorted(i.ifname for i in found.cards) == sorted(f"ens{n + 1}" for n in range(64))


def test_presets_are_found_by_name_alias_and_its_beginning() -> None:
    assert preset("t09b") is preset("t09b-card-added") is preset("card-added")
    assert topology_of("topology:t09b") is preset("card-added")
    assert set(ALIASES.values()) == set(PRESETS)
    for word, said in (
        ("t09", "is several topologies; choose card-before, card-added"),
        ("", "is no topology"),
        ("nope", "choose flat, acpi-index; kernel-lab kernel naming lists all"),
        ("card-aded", "is no topology; choose card-added"),
    ):
        with pytest.raises(LabError, match=said):
            preset(word)
    with pytest.raises(LabError, match=r"ends in \.toml"):
        topology_of("./card-added")


def test_every_command_takes_a_declared_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace('append = ["net.ifnames=0"]', ""), "utf-8")
    assert [i.ifname for i in open_source(str(path)).cards] == ["ens11"]
    assert open_source("topology:native-slots").tree.text(f"{SLOTS}/42/address") == "0000:02:00"
    assert main(["naming", "predict", str(path)]) == 0
    assert "ens11" in capsys.readouterr().out
    assert main(["naming", "compare", "topology:card-before", "topology:card-added"]) == 0
    assert "enp2s0" in capsys.readouterr().out
    assert main(["naming", "show", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_classic_accidents_happen_on_declared_machines() -> None:
    def names(name: str) -> dict[str, str]:
        return {i.mac or "": i.ifname for i in machine(preset(name)).cards}

    assert names("card-added")["52:54:00:00:00:02"] == names("card-before")[MAC] == "enp1s0"
    assert list(names("driver-order-1").values()) == list(names("driver-order-2").values())[::-1] == ["eth0", "eth1"]
    assert set(names("native-slots").values()) == {"ens11", "ens42"}
    assert set(names("acpi-slots").values()) == {"enp1s0", "enp2s0"}
    assert "enp129s0" in names("second-host-bridge").values()
    assert "enp0s6u2" in names("usb").values()


def test_declaring_a_machine_imports_no_qemu_and_nothing_heavy() -> None:
    code = (
        "import lab.naming.topologies, sys; print(sorted({'numpy', 'pyroute2', 'lab.realkernel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_slot_is_named_again_when_its_driver_takes_it_over() -> None:
    """Seen on Linux 6.1: the second of two slots 0 is first called 0-1, then 0-2, since its own name is taken."""
    ports = [Device(f"r{n}", "root-port", "", 3 + n) for n in range(4)]

    def names(hotplug: str, *append: str) -> list[str]:
        return list(slots(checked(with_devices(*ports, hotplug=hotplug, append=append))).values())

    assert names("native") == ["0", "0-1", "0-2", "0-3"]
    assert names("acpi") == ["0", "0-2", "0-3", "0-4"]
    assert names("acpi", "acpiphp.disable=1") == ["0", "0-1", "0-2", "0-3"]
    assert names("none") == []


def test_hotplug_below_a_second_host_bridge_is_native_and_a_pc_has_no_shpc() -> None:
    """Both were seen on a real guest (Linux 6.1 in QEMU 7.2)."""
    assert slots(preset("second-host-bridge")) == {"0000:01:00": "0", "0000:81:00": "0-1"}
    bridge = Device("br1", "pci-bridge", "", 5, shpc=True)
    assert slots(checked(with_devices(bridge, chipset="pc"))) == {}
    assert len(slots(checked(with_devices(bridge)))) == 31


def test_an_index_comes_by_acpi_where_qemu_tells_it_else_by_smbios() -> None:
    by_acpi = after(preset("acpi-slots"), "index enp1s0 = 3")
    assert by_acpi.find("nic1") == dataclasses.replace(preset("acpi-slots").devices[2], acpi_index=3)
    by_smbios = after(preset("native-slots"), "index ens11 = 3")
    assert by_smbios.onboard == (Onboard("nic1", 3, "Onboard LAN 3"),)
    for topology in (by_acpi, by_smbios):
        assert "eno3" in {i.ifname for i in machine(topology).cards}
    assert after(by_smbios, "index eno3 = none") == preset("native-slots")
    assert after(by_smbios, "label eno3 = left").onboard[0].label == "left"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("sun enp1s0 = 3", "cannot be done to a declared machine"),
        ("set enp1s0/dev_port=1", "cannot be done to a declared machine"),
        ("clone t05", "cannot be done to a declared machine"),
        ("add gpu at 0000:00:07", "is no card of QEMU's"),
        ("add nic driver=sky2 at 0000:00:07", "is no card of QEMU's"),
        ("add nic at 0000:00:05.0", "nothing is free behind"),
        ("remove 0000:00:1f.2", "is the chipset's own"),
        ("slot enp1s0 = left", "is no number"),
        ("label enp1s0 = x", "with an index of SMBIOS only"),
        ("fly away", "is no step"),
    ],
)
def test_a_step_that_no_declaration_can_take_is_refused(step: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        after(preset("card-before"), step)


def test_the_card_that_is_added_makes_the_other_preset() -> None:
    found = after(preset("card-before"), "add virtio mac=52:54:00:00:00:02 at port 0000:00:04")
    assert set(found.devices) == set(preset("card-added").devices)


@pytest.mark.parametrize(
    ("words", "kernel"),
    [
        (("net.ifnames=0",), True),
        (("net.ifnames=0", "net.ifnames=1"), False),
        (("net.ifnames=1", "net.ifnames=0"), True),
        (("net.ifnames=no",), True),
        (("xnet.ifnames=0",), False),
    ],
)
def test_the_last_word_decides_whose_names_they_are(words: tuple[str, ...], kernel: bool) -> None:
    topology = dataclasses.replace(preset("flat"), append=words)
    assert topology.kernel_names == kernel
    assert {i.ifname.startswith("eth") for i in machine(topology).cards} == {kernel}
