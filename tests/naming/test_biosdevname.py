"""biosdevname: worked cases of its documented rules on made-up boards, and what the recordings' real bytes say."""

import pytest

from lab.naming.model import Machine, machine_of
from lab.naming.schemes import MACHINE_WIDE
from lab.naming.schemes.biosdevname import all_ethn, biosdevname
from lab.naming.smbios import TABLE
from lab.naming.sources import udevdb
from tests.naming.dmi_board import DEVICES, Bench, by_place, names, only
from tests.naming.dmi_table import bios, hp_ports, onboard, slot

# -- on the mainboard -----------------------------------------------------------------------------


def test_two_ports_on_the_mainboard_by_type_41() -> None:
    bench = Bench()
    bench.card("0000:00:03.0")
    bench.card("0000:00:04.0")
    machine = bench.machine(onboard("0000:00:03.0", 2), onboard("0000:00:04.0", 1))
    assert names(machine) == {"0000:00:03.0": "em2", "0000:00:04.0": "em1"}
    answer = biosdevname(machine)[machine.interface("eth0").devpath]
    assert answer.certain
    assert answer.because == "on the mainboard, instance 2 of the SMBIOS table"
    assert [e.path for e in answer.evidence if e.verdict == "used"][1:] == [f"{TABLE}#type 41 handle 0x2902"]


@pytest.mark.parametrize(("kind", "enabled"), [(3, True), (5, False)])
def test_type_41_counts_only_for_enabled_ethernet(kind: int, enabled: bool) -> None:
    bench = Bench()
    bench.card("0000:00:03.0")
    answer = only(bench.machine(onboard("0000:00:03.0", 1, kind, enabled)))
    assert (answer.name, answer.because) == (None, "in no known slot")


def test_the_kernels_index_goes_before_the_tables_instance() -> None:
    bench = Bench()
    path = bench.card("0000:00:03.0")
    bench.board.files[f"{path}/index"] = b"7\n"
    assert only(bench.machine(onboard("0000:00:03.0", 1))).name == "em7"


def test_slot_0_is_the_mainboard_where_ports_without_a_number_are_counted() -> None:
    bench = Bench()
    bench.card("0000:00:03.0")
    bench.card("0000:00:05.0", net=False)
    bench.card("0000:00:19.0")
    machine = bench.machine(*(slot(f"0000:00:{n}.0", 0) for n in ("03", "05", "19")))
    assert names(machine) == {"0000:00:03.0": "em1", "0000:00:19.0": "em3"}


def test_hp_lists_the_ports_of_the_mainboard_in_a_structure_of_its_own() -> None:
    bench = Bench()
    bench.card("0000:02:00.0", bench.bridge("0000:00:1c.0", 2))
    bench.card("0000:03:00.0", bench.bridge("0000:00:1d.0", 3))
    ports = hp_ports("0000:03:00.0", "0000:02:00.0")
    assert names(bench.machine(bios("HP"), ports)) == {"0000:02:00.0": "em2", "0000:03:00.0": "em1"}
    assert set(names(bench.machine(bios("ACME"), ports)).values()) == {None}


# -- in a slot ------------------------------------------------------------------------------------


def test_all_functions_of_a_card_in_a_slot_of_type_9() -> None:
    bench = Bench()
    for function in (0, 1):
        bench.card(f"0000:05:00.{function}")
    assert names(bench.machine(slot("0000:05:00.0", 3))) == {"0000:05:00.0": "p3p1", "0000:05:00.1": "p3p2"}


def test_a_slot_whose_address_is_a_bridge_holds_all_behind_it() -> None:
    bench = Bench()
    top = bench.bridge("0000:03:00.0", 4)
    deep = bench.bridge("0000:04:02.0", 5, top)
    bench.card("0000:05:00.0", deep)
    bench.card("0000:05:00.1", deep)
    machine = bench.machine(slot("0000:03:00.0", 6))
    assert names(machine) == {"0000:05:00.0": "p6p1", "0000:05:00.1": "p6p2"}
    rules = [e.rule for e in biosdevname(machine)[machine.interface("eth0").devpath].evidence]
    assert "system slot 6, behind the bridge 0000:03:00.0, behind the bridge 0000:04:02.0" in rules


def test_root_ports_are_slots_of_their_own_other_functions_are_not() -> None:
    def built(port: int) -> Machine:
        bench = Bench()
        for function in (0, 1):
            above = bench.bridge(f"0000:00:1c.{function}", 2 + function, port=port)
            bench.card(f"0000:0{2 + function}:00.0", above)
        return bench.machine(slot("0000:00:1c.0", 1), slot("0000:00:1c.1", 2))

    assert names(built(4)) == {"0000:02:00.0": "p1p1", "0000:03:00.0": "p2p1"}
    assert names(built(6)) == {"0000:02:00.0": "p2p1", "0000:03:00.0": "p2p2"}


def test_a_bridge_that_leads_to_its_own_bus_is_no_endless_loop() -> None:
    bench = Bench()
    bench.bridge("0000:03:00.0", 3)
    bench.card("0000:03:01.0")
    assert names(bench.machine(slot("0000:03:00.0", 6))) == {"0000:03:01.0": "p6p1"}


def test_without_a_word_in_the_table_the_pci_express_slot_counts() -> None:
    bench = Bench()
    bench.card("0000:02:00.0", bench.bridge("0000:00:1c.0", 2, port=4, slot_number=5))
    answer = only(bench.machine())
    assert (answer.name, answer.because, answer.certain) == ("p5p1", "in slot 5, network function 1 there", True)


@pytest.mark.parametrize("number", [None, 0])
def test_a_port_without_a_slot_or_with_slot_0_says_nothing(number: int | None) -> None:
    bench = Bench()
    bench.card("0000:02:00.0", bench.bridge("0000:00:1c.0", 2, port=4, slot_number=number))
    assert only(bench.machine()).because == "in no known slot"


def test_any_pci_express_slot_above_goes_before_the_tables_word_on_the_bridge() -> None:
    bench = Bench()
    root = bench.bridge("0000:00:1c.0", 2, port=4, slot_number=5)
    bench.bridge("0000:02:00.0", 3, root)
    bench.card("0000:03:00.0", f"{root}/0000:02:00.0")
    inside = only(bench.machine())
    assert inside.name == "p5p1"
    # the table names the root port: then all behind it are set at once, and nobody asks the capability
    assert only(bench.machine(slot("0000:00:1c.0", 8))).name == "p8p1"


def test_the_count_of_a_slot_begins_again_when_another_lies_between() -> None:
    bench = Bench()
    for bus in (1, 2, 3):
        bench.card(f"0000:0{bus}:00.0")
    machine = bench.machine(slot("0000:01:00.0", 4), slot("0000:02:00.0", 9), slot("0000:03:00.0", 4))
    assert names(machine) == {"0000:01:00.0": None, "0000:02:00.0": "p9p1", "0000:03:00.0": None}
    answers = biosdevname(machine)
    assert answers[machine.interface("eth0").devpath].because.startswith("`p4p1` is offered to 2 cards")


def test_addresses_that_stand_for_nothing() -> None:
    bench = Bench()
    bench.card("0000:00:00.0")
    assert only(bench.machine(onboard("0000:00:00.0", 1))).name is None
    assert only(bench.machine(slot("ffff:00:00.0", 1))).name is None


def test_smbios_older_than_2_6_counts_for_nothing() -> None:
    bench = Bench()
    bench.card("0000:02:00.0", bench.bridge("0000:00:1c.0", 2, port=4, slot_number=5))
    answer = only(bench.machine(slot("0000:02:00.0", 3), version=(2, 5)))
    assert (answer.name, answer.certain) == (None, True)
    assert "older than SMBIOS 2.6: neither it nor PCIe counts" in [e.rule for e in answer.evidence]


# -- who is asked at all --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "product", "silent"),
    [
        ("QEMU", "Standard PC", True),
        ("VMware, Inc.", "VMware7,1", True),
        ("Microsoft Corporation", "Virtual Machine", True),
        ("Microsoft Corporation", "Surface", False),
        ("innotek GmbH", "VirtualBox", True),
        ("Amazon EC2", "m5.large", True),
        ("Amazon EC2", "m5.metal", False),
        ("Oracle Corporation", "SUN SERVER X4-2", False),
        ("Dell Inc.", "PowerEdge R640", False),
    ],
)
def test_in_a_virtual_machine_it_says_nothing(vendor: str, product: str, silent: bool) -> None:
    bench = Bench()
    bench.card("0000:00:03.0")
    for name, value in (("sys_vendor", vendor), ("product_name", product)):
        bench.board.files[f"/devices/virtual/dmi/id/{name}"] = f"{value}\n".encode()
    machine = bench.machine(onboard("0000:00:03.0", 1))
    assert only(machine).name == (None if silent else "em1")
    assert (next(iter(all_ethn(machine).values())).name is None) == silent
    assert f"{vendor} {product}" in [e.value for e in only(machine).evidence]


def test_a_source_without_the_table_leaves_it_open() -> None:
    bench = Bench()
    bench.card("0000:02:00.0", bench.bridge("0000:00:1c.0", 2, port=4, slot_number=5))
    machine = machine_of("no table", "synthetic", bench.board.tree())
    answer = only(machine)
    assert answer.name == "p5p1"
    assert {g.missing for g in answer.gaps} >= {TABLE, "/devices/virtual/dmi/id/sys_vendor, product_name", DEVICES}


def test_64_bytes_of_configuration_space_leave_the_slot_open() -> None:
    bench = Bench()
    root = bench.bridge("0000:00:1c.0", 2, port=4, slot_number=5)
    bench.card("0000:02:00.0", root)
    bench.board.files[f"{root}/config"] = bench.board.files[f"{root}/config"][:64]
    answer = only(bench.machine())
    assert (answer.name, [g.missing for g in answer.gaps]) == (None, [f"{root}/config"])


def test_a_damaged_table_is_told() -> None:
    bench = Bench()
    bench.card("0000:00:03.0")
    machine = bench.machine(onboard("0000:00:03.0", 1))
    cut = machine.tree.with_file(TABLE, (machine.tree.read(TABLE) or b"")[:-6] + b"\x7f\x01\0\0\0\0")
    answer = only(machine_of("cut", "synthetic", cut))
    assert answer.name == "em1"
    assert "the table is damaged" in answer.gaps[0].reason


def test_wireless_infiniband_and_usb_are_not_asked() -> None:
    bench = Bench()
    path = bench.card("0000:03:00.0")
    net = f"{path}/net/eth0"
    machine = bench.machine(onboard("0000:03:00.0", 1))
    assert only(machine).name == "em1"
    bench.board.files[f"{net}/uevent"] = b"DEVTYPE=wlan\nINTERFACE=eth0\n"
    assert "wlan: the udev rule asks" in only(bench.machine(onboard("0000:03:00.0", 1))).because
    bench.board.files[f"{net}/uevent"] = b"INTERFACE=eth0\n"
    bench.board.files[f"{net}/type"] = b"32\n"
    assert "link type 32" in only(bench.machine(onboard("0000:03:00.0", 1))).because
    usb = Bench()
    usb.board.net(usb.board.device("/devices/pci0000:00/usb1/1-1/1-1:1.0", "usb"))
    assert only(usb.machine()).because.startswith("on usb")


def test_a_udev_database_cannot_tell() -> None:
    text = b"P: /devices/pci0000:00/0000:00:03.0\nE: SUBSYSTEM=pci\n\n"
    text += b"P: /devices/pci0000:00/0000:00:03.0/net/eth0\nE: SUBSYSTEM=net\nE: INTERFACE=eth0\n\n"
    for answers in (biosdevname(udevdb.parse(text, "db")), all_ethn(udevdb.parse(text, "db"))):
        assert [(a.name, a.certain) for a in answers.values()] == [(None, False)]


# -- all_ethN -------------------------------------------------------------------------------------


def test_mainboard_first_then_slots_then_the_rest() -> None:
    bench = Bench()
    bench.card("0000:01:00.0")  # in no slot
    bench.card("0000:02:00.0")  # slot 5
    bench.card("0000:03:00.0")  # slot 2
    bench.card("0000:04:00.0")  # mainboard, instance 2
    bench.card("0000:05:00.0")  # mainboard, instance 1
    bench.board.net(bench.board.device("/devices/pci0000:00/usb1/1-1/1-1:1.0", "usb"))
    machine = bench.machine(
        slot("0000:02:00.0", 5), slot("0000:03:00.0", 2), onboard("0000:04:00.0", 2), onboard("0000:05:00.0", 1)
    )
    found = by_place(machine, all_ethn(machine))
    assert {name: place for place, name in found.items()} == {
        "eth0": "0000:05:00.0",
        "eth1": "0000:04:00.0",
        "eth2": "0000:03:00.0",
        "eth3": "0000:02:00.0",
        "eth4": "0000:01:00.0",
        "eth5": "1-1:1.0",
    }


def test_ports_of_one_function_by_ifindex() -> None:
    bench = Bench()
    path = bench.card("0000:05:00.0", ifindex="9", iflink="9")
    bench.board.net(path, ifindex="4", iflink="4")
    machine = bench.machine()
    assert [all_ethn(machine)[machine.interface(n).devpath].name for n in ("eth0", "eth1")] == ["eth1", "eth0"]


def test_both_policies_are_conventions_of_the_whole_machine() -> None:
    assert (MACHINE_WIDE["biosdevname"], MACHINE_WIDE["all_ethN"]) == (biosdevname, all_ethn)
