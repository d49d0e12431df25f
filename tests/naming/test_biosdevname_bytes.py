"""biosdevname: virtual functions, Dell's product data, and configuration space: made up, recorded, and hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.dataset import listed
from lab.naming.model import Machine
from lab.naming.schemes.biosdevname import biosdevname
from lab.naming.schemes.biosdevname.config import Config, Unreadable
from lab.naming.schemes.biosdevname.functions import functions
from lab.naming.schemes.biosdevname.vpd import Partition, partitions
from lab.naming.sources import open_source
from lab.naming.whatif import apply, parse_step
from tests.naming.dmi_board import Bench, names
from tests.naming.dmi_table import config, onboard, slot

RECORDINGS = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


# -- virtual functions, partitions, several ports -------------------------------------------------


def test_virtual_functions_are_named_after_their_card() -> None:
    bench = Bench()
    for number in (0, 1):
        bench.card(f"0000:05:00.{number}")
    for number in (0, 1):
        virtual = bench.card(f"0000:05:10.{number}")
        bench.board.links[f"/devices/pci0000:05/0000:05:00.0/virtfn{number}"] = f"../{virtual.rpartition('/')[2]}"
        bench.board.links[f"{virtual}/physfn"] = "../0000:05:00.0"
    found = names(bench.machine(slot("0000:05:00.0", 2)))
    assert found == {"0000:05:00.0": "p2p1", "0000:05:00.1": "p2p2", "0000:05:10.0": "p2p1_0", "0000:05:10.1": "p2p1_1"}


def test_virtual_functions_of_the_mainboard() -> None:
    bench = Bench()
    bench.card("0000:01:00.0")
    bench.card("0000:01:10.0")
    bench.board.links["/devices/pci0000:01/0000:01:00.0/virtfn3"] = "../0000:01:10.0"
    assert names(bench.machine(onboard("0000:01:00.0", 1))) == {"0000:01:00.0": "em1", "0000:01:10.0": "em1_3"}


def vpd(*fields: tuple[bytes, bytes]) -> bytes:
    """Product data: an identifier, then the read-only area with these fields."""
    area = b"".join(key + bytes([len(data)]) + data for key, data in fields)
    return b"\x82" + bytes([4, 0]) + b"Card" + b"\x90" + len(area).to_bytes(2, "little") + area + b"\x78"


DSV = (b"V0", b"DSV1028VPDR.VER1.0")
DCM = (b"V1", b"DCM" + b"1001d20000" + b"1401d20000" + b"2101d20000" + b"2502d20000")


def npar(vendor: str, data: bytes = vpd(DSV, DCM)) -> Machine:
    """A card of two ports, two partitions each: functions 0 and 4 are port 1, functions 1 and 5 port 2."""
    bench = Bench()
    for function in (0, 1, 4, 5):
        path = bench.card(f"0000:01:00.{function}", driver="bnx2x")
        bench.board.files[f"{path}/vpd"] = data
    return bench.machine(onboard("0000:01:00.0", 1), onboard("0000:01:00.1", 2), vendor=vendor)


def test_dells_partitions_on_the_mainboard() -> None:
    expected = {"0000:01:00.0": "em1_1", "0000:01:00.4": "em1_1", "0000:01:00.1": "em2_1", "0000:01:00.5": "em2_2"}
    first = vpd(DSV, (b"V1", b"DCM" + b"1001d20000" + b"1402d20000" + b"2101d20000" + b"2502d20000"))
    expected["0000:01:00.4"] = "em1_2"
    assert names(npar("Dell Inc.", first)) == expected


def test_partitions_that_are_offered_one_name_get_none() -> None:
    found = names(npar("Dell Inc."))  # DCM above says partition 1 twice for port 1
    assert found == {"0000:01:00.0": None, "0000:01:00.4": None, "0000:01:00.1": "em2_1", "0000:01:00.5": "em2_2"}


def test_nobody_elses_product_data_is_read() -> None:
    found = names(npar("ACME"))
    assert found == {"0000:01:00.0": "em1", "0000:01:00.1": "em2", "0000:01:00.4": None, "0000:01:00.5": None}


def test_a_port_with_a_single_function_is_no_partition() -> None:
    single = vpd(DSV, (b"V1", b"DCM1001d200002101d20000"))
    assert names(npar("Dell Inc.", single))["0000:01:00.0"] == "em1"


def test_partitions_in_a_slot_by_the_longer_keyword() -> None:
    bench = Bench()
    for device, function in ((0, 0), (1, 0)):
        path = bench.card(f"0000:07:0{device}.{function}")
        bench.board.files[f"{path}/vpd"] = vpd(DSV, (b"V1", b"DC2" + b"10001d20000" + b"10802d20000"))
    machine = bench.machine(slot("0000:07:00.0", 4), slot("0000:07:01.0", 4), vendor="Dell Inc.")
    assert names(machine) == {"0000:07:00.0": "p4p1_1", "0000:07:01.0": "p4p1_2"}


@pytest.mark.parametrize("vendor", ["0x1969", "0x168c"])
def test_cards_whose_product_data_hangs_are_not_read(vendor: str) -> None:
    bench = Bench()
    for function in (0, 1):
        path = bench.card(f"0000:01:00.{function}")
        bench.board.files[f"{path}/vendor"] = vendor.encode() + b"\n"
        bench.board.files[f"{path}/vpd"] = vpd(DSV, (b"V1", b"DCM1001d200001102d20000"))
    assert names(bench.machine(onboard("0000:01:00.0", 1), vendor="Dell Inc."))["0000:01:00.0"] == "em1"


@pytest.mark.parametrize("driver", ["mlx4_core", "cxgb4", "exanic"])
def test_drivers_with_several_ports_on_one_function(driver: str) -> None:
    bench = Bench()
    path = bench.card("0000:05:00.0", driver=driver)
    bench.board.net(path, dev_port="1")
    found = names(bench.machine(slot("0000:05:00.0", 3)))
    assert found == {"0000:05:00.0": "p3p1", "0000:05:00.0 eth1": "p3p2"}


def test_other_drivers_ports_on_one_function_are_duplicates() -> None:
    bench = Bench()
    path = bench.card("0000:05:00.0", driver="mlx5_core")
    bench.board.net(path, dev_port="1")
    assert set(names(bench.machine(slot("0000:05:00.0", 3))).values()) == {None}


def test_netronomes_port_is_in_its_port_name() -> None:
    bench = Bench()
    path = bench.card("0000:05:00.0", driver="nfp", phys_port_name="p0")
    bench.board.net(path, phys_port_name="p1")
    assert set(names(bench.machine(slot("0000:05:00.0", 3))).values()) == {"p3p1", "p3p2"}


# -- real bytes -----------------------------------------------------------------------------------


def test_pci_express_slot_numbers_are_what_the_kernel_calls_its_slots() -> None:
    """Slots that pciehp made have the number of the capability; two with one number are told apart by -1, -2."""
    seen = []
    for name in RECORDINGS:
        tree = open_source(name).tree
        for entry_ in tree.entries("/bus/pci/slots"):
            if not tree.links.get(f"/bus/pci/slots/{entry_}/module", "").endswith("/pciehp"):
                continue
            bus = int((tree.text(f"/bus/pci/slots/{entry_}/address") or "").split(":")[1], 16)
            port = next(f.config for f in functions(tree).values() if f.config.secondary_bus == bus)
            assert port.is_root_port
            assert (port.slot or 0) == int(entry_.partition("-")[0]), (name, entry_)
            seen.append(port.slot)
    assert len([number for number in seen if number]) >= 5
    assert None in seen


def test_a_recorded_board_if_it_were_no_virtual_machine() -> None:
    machine = open_source("t03")
    assert {c.name for c in biosdevname(machine).values()} == {None}
    steps = ["set /devices/virtual/dmi/id/sys_vendor=ACME", "set /devices/virtual/dmi/id/product_name=Board"]
    real = apply(machine, [parse_step(text) for text in steps])
    assert names(real) == {"0000:00:03.0": "em1", "0000:00:05.0": "em2"}


# -- hostile bytes --------------------------------------------------------------------------------


@given(st.binary(max_size=256), st.sampled_from(["slot", "is_root_port", "secondary_bus", "device_class"]))
def test_any_configuration_space_gives_an_answer_or_says_that_bytes_are_lacking(data: bytes, question: str) -> None:
    try:
        answer = getattr(Config(data), question)
    except Unreadable:
        assert len(data) < 256 or data[0x06] & 0x10
    else:
        assert answer is None or 0 <= answer < 1 << 16


def test_a_ring_of_capabilities_ends() -> None:
    data = bytearray(config(port=4, slot_number=3))
    data[0x50], data[0x51] = 1, 0x50
    assert Config(bytes(data)).slot is None


@given(st.binary(max_size=300))
def test_any_product_data_is_read_without_an_error(data: bytes) -> None:
    for part in (*partitions(data), *partitions(vpd(DSV, (b"V1", b"DCM" + data[:200])))):
        assert part.device < 32
        assert part.function < 8


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (vpd(DSV, DCM), 4),
        (vpd(DSV, DCM)[:-12], 0),
        (vpd(DCM), 0),
        (vpd(DSV, (b"V1", b"DCM1001d2000")), 0),
        (vpd(DSV, (b"V1", b"DCM1001d20000x401d20000")), 1),
        (b"\x90" + vpd(DSV, DCM), 0),
        (b"\x82\xff\xff" + vpd(DSV, DCM), 0),
        (b"", 0),
    ],
)
def test_product_data_that_is_cut_off_or_no_dells(data: bytes, count: int) -> None:
    found = partitions(data)
    assert len(found) == count
    if found:
        assert found[0] == Partition(0, 0, 1, 1)
