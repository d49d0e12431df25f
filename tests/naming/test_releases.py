"""Each release of systemd: what it knows, what it did before schemes, and what changed without a scheme."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import Candidate, predict
from lab.naming.model import Machine
from lab.naming.schemes.releases import OLDEST, release
from tests.naming.synthetic import Board

CARD = "0000:00:03.0"
DEVICE = f"/devices/pci0000:00/{CARD}"
NET = f"{DEVICE}/net/eth0"
KNOWN = range(OLDEST, 263)
Properties = Mapping[str, Mapping[str, str]]


def asked(board: Board, systemd: int, properties: Properties | None = None) -> dict[str, Candidate]:
    from lab.naming.model import interfaces

    tree = board.tree()
    found = tuple(interfaces(tree, "made up"))
    machine = Machine("made up", "synthetic", tree, found, properties=properties or {})
    known = release(systemd)
    return dict(predict(machine, machine.interface("eth0"), known.scheme(known.default)))


def path(board: Board, systemd: int, properties: Properties | None = None) -> str | None:
    answer = asked(board, systemd, properties)["PATH"]
    assert answer.certain, answer.gaps
    return answer.name


def card(
    place: str = CARD, attributes: Mapping[str, str] | None = None, net: Mapping[str, str] | None = None, **more: str
) -> Board:
    """A PCI card with these attributes, and an interface with `net` and `more`."""
    board = Board()
    board.net(board.pci(place, "", attributes), **{**(net or {}), **more})
    return board


def steps(board: Board, policy: str = "PATH") -> list[tuple[int, str | None]]:
    """What `policy` gives, and from which release on: only where it changes."""
    found: list[tuple[int, str | None]] = []
    for systemd in KNOWN:
        name = asked(board, systemd)[policy].name
        if not found or found[-1][1] != name:
            found.append((systemd, name))
    return found


# -- the table --------------------------------------------------------------------------------------


def test_every_release_and_its_default_scheme() -> None:
    assert {n: release(n).default for n in (197, 237, 238, 242, 247, 248, 252)} == {
        197: "systemd-197", 237: "systemd-237", 238: "v238", 242: "v241", 247: "v247", 248: "v247", 252: "v252"
    }  # fmt: skip
    assert {n: release(n).default for n in (253, 254, 255, 256, 257, 260, 261, 262)} == {
        253: "v253", 254: "v253", 255: "v255", 256: "v255", 257: "v257", 260: "v260", 261: "v261", 262: "v261"
    }  # fmt: skip
    assert [len(release(n).schemes) for n in (197, 238, 247, 252, 254, 255, 257, 262)] == [1, 1, 7, 11, 12, 14, 15, 19]


@settings(deadline=None)
@given(st.integers(-10, 400))
def test_a_release_outside_of_the_table_is_unknown(number: int) -> None:
    if number in KNOWN:
        found = release(number)
        assert found.scheme(found.default).release == number
        assert not found.scheme(found.default).since(number + 1)
    else:
        with pytest.raises(LabError, match=rf"release {number} unknown; known are 197 to 262"):
            release(number)


def test_a_scheme_that_the_release_does_not_know_is_an_error() -> None:
    with pytest.raises(LabError, match=r"'v257' is unknown to systemd 252; it knows v238, "):
        release(252).scheme("v257")
    with pytest.raises(LabError, match=r"it knows systemd-220$"):
        release(220).scheme("v238")


# -- before schemes ---------------------------------------------------------------------------------


def test_domains_from_205_on() -> None:
    assert steps(card("0001:00:03.0")) == [(197, None), (205, "enP1p0s3")]
    assert steps(card()) == [(197, "enp0s3")]


def test_ports_dev_id_up_to_214_dev_port_from_215_on_and_their_names_from_232_on() -> None:
    board = card(attributes={"index": "1"}, dev_id="0x1a", dev_port="2", phys_port_name="p0")
    assert steps(board) == [(197, "enp0s3d26"), (215, "enp0s3d2"), (232, "enp0s3np0")]
    assert steps(board, "ONBOARD") == [(197, "eno1"), (220, "eno1d2"), (232, "eno1np0")]


def test_a_name_of_more_than_15_bytes_from_245_on() -> None:
    assert steps(card(phys_port_name="abcdefghij")) == [(197, "enp0s3"), (232, None), (245, "enp0s3nabcdefghij")]


def test_the_cut_off_of_indexes_from_229_on() -> None:
    assert steps(card(attributes={"index": "16777215"}), "ONBOARD") == [(197, "eno16777215"), (229, None)]
    assert steps(card(attributes={"index": "20000"}), "ONBOARD") == [(197, "eno20000"), (229, None), (249, "eno20000")]


def test_virtio() -> None:
    board = Board()
    board.net(board.device(f"{board.pci(CARD)}/virtio2", "virtio"))
    assert steps(board) == [(197, None), (209, "enp0s3v2"), (213, None), (226, "enp0s3")]


def test_channel_devices_and_their_short_names() -> None:
    board = Board()
    board.net(board.device("/devices/css0/0.0.0600", "ccwgroup"))
    assert steps(board) == [(197, None), (209, "enccw0.0.0600"), (229, "enc600")]
    virtio = Board()
    device = virtio.device("/devices/css0/0.0.0600", "ccw")
    virtio.net(virtio.device(f"{device}/virtio0", "virtio"))
    assert steps(virtio) == [(197, None), (233, "enc600")]


@pytest.mark.parametrize(
    ("place", "bus", "policy", "name", "first"),
    [
        ("/devices/vio/30000002", "vio", "SLOT", "env2", 234),
        ("/devices/platform/HISI00C2:00", "platform", "PATH", "enahisic2i0", 234),
        ("/devices/vif-3", "xen", "SLOT", "enX3", 250),
        (f"{DEVICE}/bcma0:3", "bcma", "PATH", "enp0s3b3", 198),
    ],
)
def test_from_which_release_on_a_bus_has_names(place: str, bus: str, policy: str, name: str, first: int) -> None:
    board = Board()
    board.pci(CARD)
    board.net(board.device(place, bus))
    assert steps(board, policy) == [(197, None), (first, name)]


def test_stacked_interfaces_have_no_names_from_198_on() -> None:
    assert steps(card(iflink="9")) == [(197, "enp0s3"), (198, None)]


def test_slots_of_bridges_above_from_239_on_and_238_wanted_the_whole_address() -> None:
    board = Board()
    bridge = board.pci("0000:00:02.0", bridge=True)
    board.net(board.pci("0000:01:05.0", bridge))
    board.slot("6", "0000:00:02")
    assert steps(board, "SLOT") == [(197, None), (239, "ens6"), (247, None)]
    board = card()
    board.slot("7", "0000:00:03")
    assert steps(board, "SLOT") == [(197, "ens7"), (238, None), (239, "ens7")]


def test_slots_are_numbers_of_base_10_up_to_246() -> None:
    board = card()
    board.slot("012", "0000:00:03")
    assert [asked(board, n)["SLOT"].name for n in (237, 246, 247, 262)] == ["ens12", "ens12", "ens10", "ens10"]
    board = card()
    board.slot("3000000000", "0000:00:03")
    assert [asked(board, n)["SLOT"].name for n in (247, 252)] == [None, "ens3000000000"]


# -- changes without a scheme, as 247, 252, 257 and 262 really answer ---------------------------------


@pytest.mark.parametrize(
    ("net", "found"),
    [
        ({"type": "32", "dev_id": "0x1"}, ["ibp0s3d1", "ibp0s3", "ibp0s3d1", "ibp0s3"]),
        ({"type": "32", "dev_id": "0x0"}, ["ibp0s3"] * 4),
        ({"type": "32", "dev_id": "zz"}, ["ibp0s3", "ibp0s3", None, "ibp0s3"]),
        ({"type": "32", "dev_id": "0x1", "dev_port": "2"}, ["ibp0s3d2"] * 4),
        ({"type": "32", "dev_id": "0x1", "phys_port_name": "p0"}, ["ibp0s3np0"] * 4),
        ({"type": "1", "dev_id": "0x1"}, ["enp0s3"] * 4),
        ({"dev_port": "010"}, ["enp0s3d10", "enp0s3d10", "enp0s3d8", "enp0s3d8"]),
        ({"dev_port": "0x2"}, ["enp0s3", "enp0s3", "enp0s3d2", "enp0s3d2"]),
        ({"dev_port": "2x"}, ["enp0s3d2", "enp0s3", None, None]),
        ({"dev_port": ""}, ["enp0s3", "enp0s3", None, None]),
        ({"phys_port_name": ""}, ["enp0s3n", "enp0s3", "enp0s3", "enp0s3"]),
        ({"phys_port_name": "p\tx", "dev_port": "2"}, ["enp0s3d2", "enp0s3d2", None, "enp0s3d2"]),
        ({"phys_port_name": "p 0"}, ["enp0s3np 0"] * 4),
    ],
)
def test_ports_release_by_release(net: dict[str, str], found: list[str | None]) -> None:
    assert [path(card(net=net), systemd) for systemd in (247, 252, 257, 262)] == found


def test_infiniband_and_dev_id_over_all_releases() -> None:
    board = card(type="32", dev_id="0x1")
    assert steps(board) == [(197, None), (240, "ibp0s3d1"), (249, "ibp0s3"), (255, "ibp0s3d1"), (258, "ibp0s3")]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"acpi_index": "x", "index": "2"}, [None, None, "eno2", "eno2"]),
        ({"acpi_index": "5000000000", "index": "2"}, [None, None, "eno2", "eno2"]),
        ({"acpi_index": "70000", "index": "2"}, [None] * 4),
        ({"acpi_index": "3", "index": "2"}, ["eno3"] * 4),
        ({"index": "x"}, [None] * 4),
    ],
)
def test_firmware_indexes_release_by_release(attributes: dict[str, str], found: list[str | None]) -> None:
    board = card(attributes=attributes)
    assert [asked(board, systemd)["ONBOARD"].name for systemd in (247, 252, 257, 262)] == found


def test_an_address_of_zeros_counts_from_250_on_and_a_strange_kind_of_address_up_to_248() -> None:
    board = card(address="00:00:00:00:00:00")
    assert steps(board, "MAC") == [(197, None), (250, "enx000000000000")]
    assert steps(card(addr_assign_type="x"), "MAC") == [(197, "enx525400000001"), (249, None)]


def test_a_wireless_infiniband_card_and_words_for_yes() -> None:
    board = card(type="32")
    board.files[f"{NET}/uevent"] = b"DEVTYPE=wlan\n"
    assert [path(board, n) for n in (247, 257)] == ["wlp0s3", "ibp0s3"]
    yes = card(attributes={"ari_enabled": "Y"})
    assert [path(yes, n) for n in (247, 252, 257)] == ["enp0s3", "enp0s3", "enp0s3f24"]


@pytest.mark.parametrize(
    ("address", "value", "name"),
    [
        ("0002:00:03.0", None, "enP2p0s3"),
        ("0002:00:03.0", "0", "enp0s3"),
        ("0002:00:03.0", "no", "enp0s3"),
        ("0002:00:03.0", "1", "enP2p0s3"),
        ("0002:00:03.0", "x", "enP2p0s3"),
        ("0000:00:03.0", "1", "enP0p0s3"),
        ("0000:00:03.0", "0", "enp0s3"),
    ],
)
def test_the_property_that_takes_the_domain_out_from_258_on(address: str, value: str | None, name: str) -> None:
    device = f"/devices/pci{address[:7]}/{address}"
    properties = {} if value is None else {device: {"ID_NET_NAME_INCLUDE_DOMAIN": value}}
    board = card(address)
    assert path(board, 262, properties) == name
    assert path(board, 257, properties) == ("enP2p0s3" if address.startswith("0002") else "enp0s3")
    if value is not None:
        board.files[f"{device}/uevent"] = f"ID_NET_NAME_INCLUDE_DOMAIN={value}\n".encode()
        assert path(board, 262) == name


def test_azures_mana_has_no_domain_from_258_on() -> None:
    board = card("7870:00:00.0", {"vendor": "0x1414", "device": "0x00ba"})
    assert steps(board) == [(197, None), (205, "enP30832p0s0"), (258, "enp0s0")]
    assert steps(card("7870:00:00.0", {"vendor": "0x8086", "device": "0x00ba"}))[-1] == (205, "enP30832p0s0")
    del board.files["/devices/pci7870:00/7870:00:00.0/vendor"]
    assert not asked(board, 258)["PATH"].certain
    assert asked(board, 257)["PATH"].certain


def test_what_the_source_lacks_and_what_each_release_makes_of_it() -> None:
    board = card()
    del board.files[f"{NET}/dev_port"]
    for systemd, name in ((214, "enp0s3"), (254, "enp0s3"), (255, None)):
        answer = asked(board, systemd)["PATH"]
        assert (answer.name, answer.certain) == (name, systemd < 215)


# -- attributes that udev's properties hide, from 256 on ------------------------------------------------


ONLY = {"ID_NET_NAME_ALLOW": "0", **{f"ID_NET_NAME_ALLOW_{a}": "1" for a in ("TYPE", "IFLINK", "DEV_PORT")}}


@pytest.mark.parametrize(
    ("properties", "onboard", "path_", "mac"),
    [
        ({}, "eno1np0", "enp0s3np0", True),
        ({NET: {"ID_NET_NAME_ALLOW": "0"}}, None, None, False),
        ({NET: {"ID_NET_NAME_ALLOW_PHYS_PORT_NAME": "0"}}, "eno1", "enp0s3", True),
        ({NET: {"ID_NET_NAME_ALLOW_PHYS_PORT_NAME": "rubbish"}}, "eno1", "enp0s3", True),
        ({NET: {"ID_NET_NAME_ALLOW_ADDRESS": "no"}}, "eno1np0", "enp0s3np0", False),
        ({DEVICE: {"ID_NET_NAME_ALLOW_INDEX": "0"}}, None, "enp0s3np0", True),
        ({DEVICE: {"ID_NET_NAME_ALLOW": "0", "ID_NET_NAME_ALLOW_INDEX": "1"}}, "eno1np0", "enp0s3np0", True),
        ({NET: ONLY}, "eno1", "enp0s3", False),
    ],
)
def test_hidden_attributes(properties: Properties, onboard: str | None, path_: str | None, mac: bool) -> None:
    board = card(attributes={"index": "1"}, phys_port_name="p0")
    for systemd in (256, 262):
        answers = asked(board, systemd, properties)
        assert all(c.certain for c in answers.values()), "what is hidden is not lacking"
        assert (answers["ONBOARD"].name, answers["PATH"].name) == (onboard, path_)
        assert (answers["MAC"].name is not None) == mac
    assert asked(board, 255, properties)["ONBOARD"].name == "eno1np0"


def test_the_property_that_hides_is_in_the_provenance() -> None:
    board = card(phys_port_name="p0")
    answer = asked(board, 262, {NET: {"ID_NET_NAME_ALLOW_PHYS_PORT_NAME": "0"}})["PATH"]
    said = [(e.value, e.rule, e.verdict) for e in answer.evidence if e.path == f"{NET}/phys_port_name"]
    assert said[0] == ("p0", "hidden by ID_NET_NAME_ALLOW_PHYS_PORT_NAME=0", "refused")


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({}, ["ens3", "ens3"]),
        ({"ID_NET_NAME_ALLOW_FIRMWARE_NODE/SUN": "0"}, [None, "ens3"]),
        ({"ID_NET_NAME_ALLOW_FIRMWARE_NODE_SUN": "0"}, ["ens3", "ens3"]),
        ({"ID_NET_NAME_ALLOW": "0"}, [None, None]),
        ({"ID_NET_NAME_ALLOW": "0", "ID_NET_NAME_ALLOW_FIRMWARE_NODE/SUN": "1"}, ["ens3", None]),
    ],
)
def test_a_property_with_a_slash_hid_the_firmwares_slot_in_257(
    properties: dict[str, str], found: list[str | None]
) -> None:
    board = card()
    board.firmware(DEVICE, "3")
    assert [asked(board, systemd, {DEVICE: properties})["SLOT"].name for systemd in (257, 262)] == found
