"""The rule of each bus on a machine made up for it; what 247, 252, 257 and 262 say was read off the real binaries."""

import os

import pytest

from lab.naming import Candidate, predict
from lab.naming.model import machine_of
from lab.naming.schemes.releases import release
from tests.naming.synthetic import Board

REAL = (247, 252, 257, 262)


def asked(board: Board, systemd: int = 262, ifname: str = "eth0", scheme: str | None = None) -> dict[str, Candidate]:
    machine = machine_of("made up", "synthetic", board.tree())
    known = release(systemd)
    return dict(predict(machine, machine.interface(ifname), known.scheme(scheme or known.default)))


def names(board: Board, systemd: int = 262, ifname: str = "eth0", scheme: str | None = None) -> dict[str, str]:
    """All names but that of the MAC, and each answer must be certain."""
    answers = asked(board, systemd, ifname, scheme)
    assert all(c.certain for c in answers.values()), [c.gaps for c in answers.values()]
    return {p: c.name for p, c in answers.items() if c.name and p != "MAC"}


def on(path: str, bus: str, uevent: str = "", **attributes: str) -> Board:
    board = Board()
    device = board.device(path, bus)
    board.files[f"{device}/uevent"] = uevent.encode()
    board.net(device, **attributes)
    return board


def usb(host: str, sysname: str = "1-1.2:1.0", board: Board | None = None, **attributes: str) -> Board:
    built = board or Board()
    device = built.device(f"{host}/usb1/1-1/1-1.2/{sysname}", "usb")
    built.files[f"{device}/uevent"] = b"DEVTYPE=usb_interface\n"
    built.net(device, **attributes)
    return built


# -- USB, Broadcom --------------------------------------------------------------------------------


@pytest.mark.parametrize("systemd", REAL)
def test_usb_is_named_by_the_address_and_the_slot_of_its_host(systemd: int) -> None:
    board = Board()
    usb(board.pci("0000:00:14.0", "", {"index": "5"}), board=board, dev_port="1")
    board.slot("4", "0000:00:14")
    assert names(board, systemd) == {"PATH": "enp0s20d1u1u2", "SLOT": "ens4d1u1u2"}


def test_a_usb_host_that_is_a_virtual_function_is_one_up_to_254_only() -> None:
    board = Board()
    usb(board.virtual_function(board.pci("0000:00:14.0"), "0000:00:14.3", 7), board=board)
    found = {systemd: names(board, systemd)["PATH"] for systemd in REAL}
    assert found == {247: "enp0s20v7u1u2", 252: "enp0s20v7u1u2", 257: "enp0s20f3u1u2", 262: "enp0s20f3u1u2"}


def test_a_usb_host_without_pci_counts_from_v253_on() -> None:
    board = usb("/devices/platform/soc", "1-1.2:2.1", dev_port="2")
    assert [names(board, systemd) for systemd in REAL] == [{}, {}, {"PATH": "enu1u2c2i1"}, {"PATH": "enu1u2c2i1"}]
    assert names(board, 262, scheme="v252") == {}
    assert asked(board, 252)["PATH"].because.endswith("get names from v253 on")
    assert asked(board)["SLOT"].because == "bus usb gives no SLOT name"


def test_a_usb_device_is_no_usb_interface_and_a_strange_name_is_refused() -> None:
    board = usb("/devices/platform/soc")
    for path in list(board.files):
        if path.endswith("1-1.2:1.0/uevent"):
            board.files[path] = b"DEVTYPE=usb_device\n"
    assert names(board) == {}
    assert asked(usb("/devices/platform/soc", "rubbish"))["PATH"].because == "`rubbish` names no USB interface"


@pytest.mark.parametrize("systemd", REAL)
def test_cores_of_a_broadcom_chip(systemd: int) -> None:
    for core, end in ((3, "b3"), (0, "")):
        board = Board()
        board.net(board.device(f"{board.pci('0000:02:00.0')}/bcma0:{core}", "bcma"))
        board.slot("6", "0000:02:00")
        assert names(board, systemd) == {"PATH": f"enp2s0{end}", "SLOT": f"ens6{end}"}
    assert names(on("/devices/platform/bcma0:1", "bcma"), systemd) == {}


# -- IBM Z, IBM Power, ACPI, Xen, simulated devices -------------------------------------------------


@pytest.mark.parametrize("systemd", REAL)
def test_channel_devices(systemd: int) -> None:
    assert names(on("/devices/css0/0.0.0007/0.0.f5f0", "ccwgroup"), systemd) == {"PATH": "encf5f0"}
    assert names(on("/devices/css0/1.0.0600", "ccw"), systemd) == {"PATH": "enc1.0.0600"}
    assert names(on("/devices/css0/0.0", "ccw"), systemd) == {}
    board = Board()
    virtio = board.device(f"{board.device('/devices/css0/0.0.0000', 'ccw')}/virtio0", "virtio")
    board.net(virtio)
    assert names(board, systemd) == {"PATH": "enc0"}


@pytest.mark.parametrize(
    ("path", "bus", "property_", "name"),
    [
        ("/devices/vio/30000002", "vio", "SLOT", "env2"),
        ("/devices/vio/3000000a", "vio", "SLOT", "env10"),
        ("/devices/platform/HISI00C2:00", "platform", "PATH", "enahisic2i0"),
        ("/devices/platform/APM0D05:1a", "platform", "PATH", "enaapmd05i26"),
    ],
)
def test_power_and_acpi_and_the_name_that_the_kernel_gave(path: str, bus: str, property_: str, name: str) -> None:
    board = on(path, bus)
    board.net(path, "lan0")
    board.net(path, "lan1", name_assign_type="4")
    for systemd in REAL:
        assert names(board, systemd) == {property_: name}
        assert names(board, systemd, "lan0") == ({property_: name} if systemd >= 255 else {})
        renamed = asked(board, systemd, "lan1")[property_]
        assert (renamed.name, renamed.certain) == (name, systemd >= 255), "was it eth<N>?"


@pytest.mark.parametrize("systemd", REAL)
@pytest.mark.parametrize(
    ("path", "bus"),
    [
        ("/devices/vio/3000002", "vio"),
        ("/devices/vio/3000000x", "vio"),
        ("/devices/other/30000002", "vio"),
        ("/devices/platform/soc", "platform"),
        ("/devices/platform/hisi00C2:00", "platform"),
        ("/devices/platform/HI500C2:00", "platform"),
        ("/devices/platform/HISI00X2:00", "platform"),
        ("/devices/vif-x", "xen"),
        ("/devices/vif-01", "xen"),
        ("/devices/xen/vif-1", "xen"),
        ("/devices/vbd-1", "xen-backend"),
        ("/devices/netdevsim0", "netdevsim"),
        ("/devices/vmbus/0-1-2", "vmbus"),
    ],
)
def test_identities_that_are_none_give_no_name(systemd: int, path: str, bus: str) -> None:
    if (systemd, path) != (247, "/devices/vio/3000002") and (systemd, path) != (252, "/devices/vio/3000002"):
        assert names(on(path, bus), systemd) == {}
    else:
        assert names(on(path, bus), systemd) == {"SLOT": "env2"}, "up to 254 the slot could be shorter"


def test_xen_from_v250_on_and_simulated_devices_from_v243_on() -> None:
    xen = on("/devices/vif-3", "xen")
    assert [names(xen, systemd) for systemd in REAL] == [{}, *[{"SLOT": "enX3"}] * 3]
    board = on("/devices/netdevsim12", "netdevsim", phys_port_name="p1")
    board.net("/devices/netdevsim12", phys_port_name="")
    assert [names(board, systemd) for systemd in REAL] == [{"PATH": "eni12np1"}] * 4
    assert [names(board, systemd, "eth1") for systemd in REAL] == [{"PATH": "eni12n"}, {}, {}, {}]
    assert names(board, 262, scheme="v241") == {}


# -- devicetree -------------------------------------------------------------------------------------

BASE = "/firmware/devicetree/base"
NODE = "/soc/ethernet@0"


def of_node(board: Board, holder: str, node: str) -> None:
    board.links[f"{holder}/of_node"] = os.path.relpath(f"{BASE}{node}", holder)


def tree(aliases: dict[str, str], devtype: str = "", own: str = "", pci: bool = True) -> Board:
    board = Board()
    device = board.pci("0000:00:03.0") if pci else board.device("/devices/platform/30be0000.ethernet", "platform")
    net = board.net(device)
    board.files[f"{net}/uevent"] = f"{f'DEVTYPE={devtype}' if devtype else 'INTERFACE=eth0'}\n".encode()
    of_node(board, device, NODE)
    if own:
        of_node(board, net, own)
    for name, path in aliases.items():
        board.files[f"{BASE}/aliases/{name}"] = path.encode() + b"\0"
    board.folders.append(f"{BASE}/aliases")
    return board


@pytest.mark.parametrize(
    ("aliases", "found"),
    [
        ({"ethernet1": NODE}, "end1"),
        ({"ethernet": NODE}, "end0"),
        ({"ethernet0x1f": NODE}, "end31"),
        ({"ethernet1": "//soc/./ethernet@0/"}, "end1"),
        ({"ethernet": NODE, "ethernet0": "/soc/x"}, None),
        ({"ethernet0": NODE, "ethernet": "/soc/x"}, None),
        ({"ethernetx": NODE}, None),
        ({"ethernet1": "soc/ethernet@0"}, None),
        ({"wifi1": NODE}, None),
        ({}, None),
    ],
)
def test_devicetree_aliases_from_v252_on(aliases: dict[str, str], found: str | None) -> None:
    board = tree(aliases)
    assert [names(board, systemd).get("ONBOARD") for systemd in REAL] == [None, found, found, found]
    assert {names(board, systemd)["PATH"] for systemd in REAL} == {"enp0s3"}
    assert names(tree(aliases, pci=False)) == ({"ONBOARD": found} if found else {})


def test_the_node_of_the_port_comes_first_from_v257_on() -> None:
    port = f"{NODE}/port@1"
    board = tree({"ethernet1": NODE, "ethernet4": port}, own=port)
    assert [names(board, systemd).get("ONBOARD") for systemd in REAL] == [None, "end1", "end4", "end4"]
    board = tree({"ethernet1": NODE}, own=port)
    assert [names(board, systemd).get("ONBOARD") for systemd in REAL] == [None, "end1", None, None]


@pytest.mark.parametrize(
    ("aliases", "found"),
    [
        ({"ethernet1": NODE}, "wld1"),
        ({"wifi2": NODE, "ethernet1": NODE}, "wld2"),
        ({"wifi": NODE, "wifi0": "/soc/x", "ethernet1": NODE}, None),
    ],
)
def test_wireless_cards_have_aliases_from_v259_on(aliases: dict[str, str], found: str | None) -> None:
    board = tree(aliases, "wlan")
    assert [names(board, systemd).get("ONBOARD") for systemd in REAL] == [None, None, None, found]
    assert names(tree(aliases, "wwan")).get("ONBOARD") is None


def test_the_firmwares_index_beats_the_alias() -> None:
    board = tree({"ethernet1": NODE})
    board.files["/devices/pci0000:00/0000:00:03.0/index"] = b"7\n"
    assert names(board)["ONBOARD"] == "eno7"


def test_a_source_without_devicetree_or_with_two_aliases_for_a_node_is_uncertain() -> None:
    board = tree({})
    board.folders.remove(f"{BASE}/aliases")
    assert [gap.missing for gap in asked(board)["ONBOARD"].gaps] == [f"{BASE}/aliases"]
    board.folders.append(BASE)
    assert asked(board)["ONBOARD"].certain, "a devicetree that is there and has no aliases"
    twice = asked(tree({"ethernet1": NODE, "ethernet2": NODE}))["ONBOARD"]
    assert (twice.certain, twice.gaps[0].missing) == (False, f"{BASE}/aliases (order)")
    elsewhere = tree({"ethernet1": NODE})
    elsewhere.links["/devices/pci0000:00/0000:00:03.0/of_node"] = "../../../firmware/other"
    assert "ONBOARD" not in names(elsewhere)


# -- sub-functions ----------------------------------------------------------------------------------


def subfunction(number: str | None, virtual: bool = False, functions: bool = False) -> Board:
    board = Board()
    device = board.pci("0000:08:00.0", "", {"index": "3"}, functions=functions)
    if virtual:
        device = board.virtual_function(device, "0000:08:00.4", 2)
    attributes = {} if number is None else {"sfnum": number}
    board.net(board.device(f"{device}/mlx5_core.sf.4", "auxiliary", **attributes), phys_port_name="p0")
    return board


def test_sub_functions_from_v261_on() -> None:
    board = subfunction("88")
    board.slot("5", "0000:08:00")
    wanted = {"ONBOARD": "eno3np0S88", "PATH": "enp8s0np0S88", "SLOT": "ens5np0S88"}
    assert [names(board, systemd) for systemd in REAL] == [{}, {}, {}, wanted]
    assert names(board, 262, scheme="v260") == {}
    assert asked(board, 257)["PATH"].because == "sub-functions get names from v261 on"
    assert names(subfunction("0x10", functions=True))["PATH"] == "enp8s0f0np0S16"
    assert names(subfunction("88", virtual=True)) == {"ONBOARD": "eno3np0v2S88", "PATH": "enp8s0np0v2S88"}


@pytest.mark.parametrize("number", [None, "", "x", "-1", "4294967296"])
def test_an_auxiliary_device_without_a_number_is_no_sub_function(number: str | None) -> None:
    assert names(subfunction(number)) == {}


def test_a_sub_function_of_no_pci_device_has_no_name() -> None:
    board = Board()
    board.net(board.device("/devices/platform/soc/mlx5_core.sf.4", "auxiliary", sfnum="7"))
    assert names(board) == {}


# -- MCTP -------------------------------------------------------------------------------------------


def test_mctp_over_usb_from_v260_on() -> None:
    board = usb("/devices/platform/soc", type="290", address="08")
    assert names(board) == {"PATH": "mcu1u2"}
    assert names(board, 262, scheme="v259") == {}
    assert asked(board)["MAC"].name is None


@pytest.mark.parametrize("systemd", REAL)
def test_everything_read_is_said(systemd: int) -> None:
    boards = (usb("/devices/platform/soc"), tree({"ethernet1": NODE}), subfunction("1"), on("/devices/vif-3", "xen"))
    for board in boards:
        for answer in asked(board, systemd).values():
            assert answer.evidence, answer
            assert answer.evidence[-1].verdict == "used" or answer.name is None
