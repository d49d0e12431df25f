"""The rules one by one, on machines made up for the purpose; each figure follows from a documented rule."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import SCHEMES, Candidate, predict
from lab.naming.model import machine_of
from lab.naming.schemes import POLICIES, flags
from lab.naming.schemes.flags import ALL_FLAGS, MEANING, NEWEST, scheme
from lab.naming.schemes.kernel import kernel_names, lowest_free
from lab.naming.schemes.releases import release
from lab.naming.schemes.writers import WRITERS
from tests.naming.synthetic import Board

CARD = "0000:00:03.0"


def named(board: Board, ifname: str = "eth0", under: str = NEWEST) -> dict[str, str | None]:
    return {policy: c.name for policy, c in asked(board, ifname, under).items()}


def asked(board: Board, ifname: str = "eth0", under: str = NEWEST) -> dict[str, Candidate]:
    machine = machine_of("made up", "synthetic", board.tree())
    return dict(predict(machine, machine.interface(ifname), SCHEMES[under]))


def plain(address: str = CARD, functions: bool = False, **attributes: str) -> Board:
    board = Board()
    board.net(board.pci(address, "", attributes, functions=functions))
    return board


# -- PATH -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "functions", "name"),
    [
        ("0000:00:03.0", False, "enp0s3"),
        ("0000:01:00.0", True, "enp1s0f0"),
        ("0000:01:00.3", False, "enp1s0f3"),
        ("0001:0a:1f.0", False, "enP1p10s31"),
        ("10000:e1:00.0", False, "enP65536p225s0"),
    ],
)
def test_path_is_the_address_in_decimal(address: str, functions: bool, name: str) -> None:
    assert named(plain(address, functions))["PATH"] == name


def test_ari_makes_the_function_eight_bits_from_v239_on() -> None:
    board = plain("0000:02:02.1", ari_enabled="1")
    assert named(board, under="v238")["PATH"] == "enp2s2f1"
    assert named(board, under="v239")["PATH"] == "enp2s2f17"


def test_a_port_is_part_of_every_name_by_place() -> None:
    board = Board()
    device = board.pci(CARD, "", {"index": "1"})
    board.slot("7", "0000:00:03")
    board.net(device, phys_port_name="p0")
    board.net(device, dev_port="2")
    assert named(board, "eth0") == {
        "ONBOARD": "eno1np0", "SLOT": "ens7np0", "PATH": "enp0s3np0", "MAC": "enx525400000001"
    }  # fmt: skip
    assert named(board, "eth1")["PATH"] == "enp0s3d2"


def test_the_representor_of_a_virtual_function_from_v254_on() -> None:
    board = Board()
    board.net(board.pci(CARD), phys_port_name="pf0vf12")
    assert named(board, under="v253")["PATH"] == "enp0s3npf0vf12"
    assert named(board, under="v254")["PATH"] == "enp0s3r12"


def test_a_virtual_function_is_named_after_its_card_from_v239_on() -> None:
    board = Board()
    device = board.pci("0000:03:00.0", "", {"index": "4"})
    board.net(board.virtual_function(device, "0000:03:02.1", 9))
    assert named(board, under="v238")["PATH"] == "enp3s2f1"
    assert named(board, under="v239")["PATH"] == "enp3s0v9"
    assert named(board, under="v239")["ONBOARD"] == "eno4v9"


# -- ONBOARD --------------------------------------------------------------------------------------


def test_the_acpi_index_comes_first_and_one_that_does_not_count_is_no_reason_for_the_other() -> None:
    assert named(plain(index="2"))["ONBOARD"] == "eno2"
    assert named(plain(acpi_index="1", index="2"))["ONBOARD"] == "eno1"
    answer = asked(plain(acpi_index="70000", index="2"))["ONBOARD"]
    assert answer.name is None
    assert "above 65535" in answer.because


@pytest.mark.parametrize(
    ("index", "first"),
    [("0", "v240"), ("16383", "v238"), ("16384", "v249"), ("65535", "v249"), ("65536", None), ("x", None)],
)
def test_from_which_scheme_on_an_index_counts(index: str, first: str | None) -> None:
    counts = [name for name in SCHEMES if named(plain(index=index), under=name)["ONBOARD"]]
    order = list(SCHEMES)
    assert counts == ([] if first is None else order[order.index(first) :])


# -- SLOT -----------------------------------------------------------------------------------------


def bridged(functions: bool = False) -> Board:
    board = Board()
    bridge = board.pci("0000:00:02.0", bridge=True)
    board.net(board.pci("0000:01:05.0", bridge, functions=functions))
    board.slot("6", "0000:00:02")
    return board


def test_the_slot_of_a_bridge_by_scheme() -> None:
    one = {name for name in SCHEMES if named(bridged(), under=name)["SLOT"] == "ens6"}
    assert one == {"v238", "v239", "v240", "v241", "v243", "v245"}
    several = {name for name in SCHEMES if named(bridged(functions=True), under=name)["SLOT"] == "ens6f0"}
    assert several == one | {"v251", "v252", "v253", "v254"}


def test_the_nearest_slot_with_a_number_counts() -> None:
    board = bridged()
    assert asked(board)["SLOT"].because == "`slots/6` holds a bridge"
    board.slot("0", "0000:01:05")
    assert asked(board)["SLOT"].because == "`slots/6` holds a bridge"
    board.slot("0x11", "0000:01:05")
    assert named(board)["SLOT"] == "ens17"


def test_a_slot_called_zero_or_with_a_dash_is_refused_by_name() -> None:
    board = plain()
    board.slot("0-1", "0000:00:03")
    answer = asked(board)["SLOT"]
    assert answer.because == "`slots/0-1` is no number above 0"
    assert [e.verdict for e in answer.evidence if e.path == "/bus/pci/slots/0-1/address"] == ["refused"]


def test_two_slots_for_one_card_make_the_name_uncertain() -> None:
    board = plain()
    board.slot("4", "0000:00:03")
    board.slot("5", "0000:00:03.0")
    assert not asked(board)["SLOT"].certain
    assert asked(board)["PATH"].certain


def test_every_slot_whose_address_the_cards_begins_with_counts_in_the_order_of_the_folder() -> None:
    board = plain()
    for slot, address in (("7", "0000:00:04"), ("6", "0000:00"), ("5", ""), ("4", "0000:00:03"), ("3", CARD)):
        board.slot(slot, address)
    for under, name in ((NEWEST, "ens6"), ("v239", "ens6")):
        found = asked(board, under=under)["SLOT"]
        assert (found.name, found.certain) == (name, False)
    exact = predict(board.machine("m"), board.machine("m").interfaces[0], release(238).scheme("v238"))["SLOT"]
    assert (exact.name, exact.certain) == ("ens3", True)


def test_the_firmwares_slot_number_comes_first_from_v257_on() -> None:
    board = plain()
    board.slot("9", "0000:00:03")
    board.firmware("/devices/pci0000:00/0000:00:03.0", "3")
    assert named(board, under="v255")["SLOT"] == "ens9"
    assert named(board, under="v257")["SLOT"] == "ens3"


def test_the_firmwares_number_of_the_bridge_counts_for_several_functions_only() -> None:
    for functions, name in ((False, None), (True, "ens8f0")):
        board = Board()
        bridge = board.pci("0000:00:02.0", bridge=True)
        board.net(board.pci("0000:01:00.0", bridge, functions=functions))
        board.firmware(bridge, "8")
        assert named(board)["SLOT"] == name


def test_a_dangling_firmware_node_makes_slot_uncertain_never_silently_absent() -> None:
    board = plain()
    board.firmware("/devices/pci0000:00/0000:00:03.0", "3", dangling=True)
    for name in SCHEMES:
        answer = asked(board, under=name)["SLOT"]
        assert answer.name is None
        assert answer.certain == (int(name[1:]) < 257)
        assert [gap.missing for gap in answer.gaps] == ([] if answer.certain else [f"{DEVICE}/firmware_node/sun"])


DEVICE = "/devices/pci0000:00/0000:00:03.0"


def test_the_function_id_of_s390_is_the_slot_without_domain_from_v249_on() -> None:
    board = plain("0004:00:00.0", function_id="0x0000002a")
    board.slot("0000002a", "0004:00:00.0")
    assert named(board, under="v249")["SLOT"] == "ens42"
    assert named(plain("0004:00:00.0", function_id="0x0000002a"), under="v249")["SLOT"] is None


# -- MAC, prefix, other buses ---------------------------------------------------------------------


@pytest.mark.parametrize("assigned", ["1", "2", "3"])
def test_only_a_permanent_address_gives_a_name(assigned: str) -> None:
    board = Board()
    board.net(board.pci(CARD), addr_assign_type=assigned)
    assert named(board)["MAC"] is None


def test_wireless_and_infiniband_begin_otherwise() -> None:
    board = Board()
    path = board.net(board.pci(CARD))
    board.files[f"{path}/uevent"] = b"DEVTYPE=wlan\nINTERFACE=eth0\n"
    assert named(board)["PATH"] == "wlp0s3"
    infiniband = Board()
    infiniband.net(infiniband.pci(CARD), type="32", address=":".join(["80"] * 20))
    assert named(infiniband, under="v239") == dict.fromkeys(("ONBOARD", "SLOT", "PATH", "MAC"))
    assert named(infiniband, under="v240")["PATH"] == "ibp0s3"
    assert named(infiniband, under="v240")["MAC"] is None


def test_a_stacked_interface_and_another_link_type_get_no_name() -> None:
    for attribute, value in (("iflink", "99"), ("type", "512")):
        board = Board()
        board.net(board.pci(CARD), **{attribute: value})
        assert set(named(board).values()) == {None}
        assert all(c.certain for c in asked(board).values())


def test_a_bus_without_a_rule_has_certainly_no_name_but_the_address() -> None:
    board = Board()
    board.net(board.device(f"{board.pci('0000:00:14.0')}/mmc1/mmc1:0001", "mmc"))
    answers = asked(board)
    assert all(c.certain for c in answers.values())
    assert {p: c.name for p, c in answers.items() if c.name} == {"MAC": "enx525400000001"}
    for policy in ("SLOT", "PATH", "ONBOARD"):
        assert answers[policy].because == "no rule for bus mmc"
        assert answers[policy].evidence[-1].verdict == "refused"


def test_a_virtual_interface_certainly_has_no_name() -> None:
    board = Board()
    board.net("/devices/virtual", addr_assign_type="1")
    answers = asked(board)
    assert {c.name for c in answers.values()} == {None}
    assert all(c.certain for c in answers.values())


@pytest.mark.parametrize("attribute", ["config", "net/eth0/dev_port", "net/eth0/type", "net/eth0/iflink"])
def test_what_every_machine_has_and_the_source_lacks_makes_path_uncertain(attribute: str) -> None:
    board = plain()
    del board.files[f"{DEVICE}/{attribute}"]
    answer = asked(board)["PATH"]
    assert [gap.missing for gap in answer.gaps] == [f"{DEVICE}/{attribute}"]
    assert "unreadable" in {item.verdict for item in answer.evidence}
    assert answer.name == ("enp0s3" if attribute == "config" else None)


def test_each_property_is_asked_from_the_rules_of_every_bus() -> None:
    files = {p.stem for p in Path(flags.__file__).parent.glob("*.py")}
    assert set(POLICIES) == set(WRITERS) == {"ONBOARD", "SLOT", "PATH", "MAC"}
    assert {w.bus for w in WRITERS["SLOT"]} == {"virtio", "bcma", "usb", "pci", "auxiliary", "xen", "vio"}
    assert {w.bus for w in WRITERS["PATH"]} == {
        "virtio", "bcma", "usb", "pci", "auxiliary", "netdevsim", "platform", "ccw", "ccwgroup"
    }  # fmt: skip
    assert files >= {"bcma", "ccw", "devicetree", "netdevsim", "platform", "subfunction", "usb", "vio", "virtio", "xen"}


def test_a_name_of_more_than_127_bytes_is_none() -> None:
    board = Board()
    board.net(board.pci(CARD), phys_port_name="x" * 130)
    assert named(board)["PATH"] is None


def test_a_physical_function_that_the_source_lacks_makes_the_name_uncertain() -> None:
    board = plain()
    board.links[f"{DEVICE}/physfn"] = "../0000:00:02.0"
    answer = asked(board)["PATH"]
    assert (answer.name, [gap.missing for gap in answer.gaps]) == ("enp0s3", [f"{DEVICE}/physfn"])
    assert asked(board, under="v238")["PATH"].certain


# -- kernel ---------------------------------------------------------------------------------------


def test_the_kernel_takes_the_lowest_free_unit_in_the_order_of_ifindex() -> None:
    board = Board()
    board.net(board.pci("0000:00:05.0"), "enp0s5", ifindex="9", iflink="9", name_assign_type="4")
    board.net(board.pci("0000:00:04.0"), "eth0", ifindex="3", iflink="3")
    board.net(board.pci("0000:00:03.0"), "lan0", ifindex="2", iflink="2", name_assign_type="4")
    machine = machine_of("made up", "synthetic", board.tree())
    names = {machine.interface(i.ifname).ifname: kernel_names(machine)[i.devpath] for i in machine.cards}
    assert {k: c.name for k, c in names.items()} == {"eth0": "eth0", "lan0": "eth1", "enp0s5": "eth2"}
    assert {k: c.certain for k, c in names.items()} == {"eth0": True, "lan0": False, "enp0s5": False}


@settings(deadline=None)
@given(st.sets(st.integers(0, 40)))
def test_the_lowest_free_unit_is_free_and_all_below_are_not(units: set[int]) -> None:
    taken = {f"eth{n}" for n in units} | {"eth", "eth01", "wlan0", "ethx"}
    unit = int(lowest_free("eth", taken).removeprefix("eth"))
    assert unit not in units
    assert set(range(unit)) <= units


# -- scheme table ---------------------------------------------------------------------------------


def test_the_table_of_schemes() -> None:
    assert list(SCHEMES) == sorted(SCHEMES)
    assert (len(SCHEMES), NEWEST) == (19, "v261")
    assert SCHEMES["v238"].flags == frozenset()
    assert SCHEMES["v254"].flags - SCHEMES["v255"].flags == {"BRIDGE_MULTIFUNCTION_SLOT"}
    assert set(MEANING) <= ALL_FLAGS
    folder = Path(flags.__file__).parent
    read = {f for p in folder.glob("*.py") for f in re.findall(r'scheme\.has\("(\w+)"\)', p.read_text("utf-8"))}
    assert read == set(MEANING), "every flag that a rule reads is explained, and no other"


def test_an_unknown_scheme_is_an_error_and_an_unknown_flag_a_bug() -> None:
    with pytest.raises(LabError, match=r"'v242' is unknown; known are v238"):
        scheme("v242")
    with pytest.raises(ValueError, match="NO_SUCH"):
        SCHEMES[NEWEST].has("NO_SUCH")
