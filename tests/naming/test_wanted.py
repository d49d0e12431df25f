"""What is read of a machine: all that a rule reads, no serial numbers, and it is said what a source lacks."""

import dataclasses
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.dataset import find
from lab.naming import SCHEMES, open_source, predict
from lab.naming.model import machine_of
from lab.naming.schemes import MACHINE_WIDE
from lab.naming.schemes.biosdevname.vpd import partitions
from lab.naming.smbios import onboards, parse_table, slots
from lab.naming.sources import snapshot
from lab.naming.sources.firmware import slots_and_ports, vpd_ports
from lab.naming.sources.lacks import LIVE, lacks
from lab.naming.sources.live import udev_properties
from lab.naming.sources.redact import redact
from lab.naming.sources.wanted import keep
from lab.naming.trace import Candidate, Gap
from lab.naming.tree import tree_of
from tests.naming.random_machines import draw
from tests.naming.synthetic import Board, write_machine, write_tree

PLACES = ("ONBOARD", "SLOT", "PATH")
RECORDINGS = [path.name for path in sorted(find("naming/t04").path.parent.glob("t*"))]


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_kept_gives_the_same_names_with_the_same_reasons(name: str) -> None:
    machine = open_source(name)
    kept = keep(machine.tree, name)
    assert keep(kept, name) == kept
    assert set(kept.files) <= set(machine.tree.files)
    small = machine_of(machine.name, machine.source, kept)
    assert small.interfaces == machine.interfaces
    for interface in machine.interfaces:
        for under in SCHEMES.values():
            assert predict(small, interface, under) == predict(machine, interface, under)
    for word, names in MACHINE_WIDE.items():
        assert named(names(small)) == named(names(machine)), word


def named(found: Mapping[str, Candidate]) -> dict[str, tuple[str | None, str, tuple[Gap, ...]]]:
    return {path: (c.name, c.because, c.gaps) for path, c in found.items()}


@pytest.mark.parametrize("seeds", [range(40), range(40, 80)])
def test_random_machines_on_every_bus_keep_their_names_their_reasons_and_their_line(seeds: range) -> None:
    for seed in seeds:
        machine = draw(random.Random(seed)).machine(f"machine {seed}")
        small = dataclasses.replace(machine, tree=keep(machine.tree, machine.name))
        assert snapshot.decode(snapshot.encode(small), "x") == small
        hidden = redact(small, b"k")
        told = dict(zip((i.ifindex for i in machine.interfaces), machine.interfaces, strict=True))
        for other in hidden.interfaces:
            interface = told[other.ifindex]
            for under in (SCHEMES["v239"], SCHEMES["v255"], SCHEMES["v261"]):
                found = predict(machine, interface, under)
                assert predict(small, interface, under) == found, (seed, interface.ifname)
                redacted = predict(hidden, other, under)
                assert {p: redacted[p].name for p in PLACES} == {p: found[p].name for p in PLACES}, seed


def test_udevs_own_files_give_the_properties_of_random_machines(tmp_path: Path) -> None:
    machines = [draw(random.Random(seed)).machine(f"machine {seed}") for seed in range(60)]
    with_properties = [machine for machine in machines if machine.properties]
    assert with_properties
    for number, machine in enumerate(with_properties):
        write_machine(machine, tmp_path / str(number))
        assert udev_properties(machine, tmp_path / str(number) / "udev" / "data") == machine.properties


def structure(kind: int, data: bytes, *strings: bytes) -> bytes:
    tail = b"".join(s + b"\0" for s in strings) if strings else b"\0"
    return bytes([kind, len(data) + 4, kind, 0]) + data + tail + b"\0"


FIRMWARE = structure(0, bytes([1, 2]) + bytes(12), b"Dell Inc.", b"2.1")
SYSTEM = structure(1, bytes([1, 2, 0, 3]) + bytes(range(16)) + bytes(3), b"Dell Inc.", b"R740", b"SERIAL7")
NAMELESS = structure(1, bytes([7, 1]) + bytes(2), b"only")
SLOT = structure(9, bytes([1, 0xA5, 8, 4, 3, 6, 0, 0, 1, 0, 0, 0, 0, 0]), b"PCIe Slot 6")
ONBOARD = structure(41, bytes([1, 0x85, 1, 0, 0, 1, 0]), b"Integrated NIC 1")
END = structure(127, b"")


def test_the_firmware_table_keeps_slots_and_ports_and_no_serial_number() -> None:
    kept = slots_and_ports(FIRMWARE + SYSTEM + SLOT + structure(17, bytes(20), b"DIMM7") + ONBOARD + END)
    assert kept == FIRMWARE + structure(1, bytes([1, 2]) + bytes(21), b"Dell Inc.", b"R740") + SLOT + ONBOARD + END
    assert slots_and_ports(kept) == kept
    table = parse_table(kept)
    assert ([s.label for s in slots(table)], [o.label for o in onboards(table)]) == (
        ["PCIe Slot 6"],
        ["Integrated NIC 1"],
    )


def test_hps_list_keeps_the_functions_and_no_hardware_address() -> None:
    vendor = structure(0, bytes([1, 0]) + bytes(12), b"HP")
    ports = structure(209, bytes([0x18, 2]) + b"\x52\x54\0\1\2\3" + bytes([0x19, 2]) + b"\x52\x54\0\1\2\4")
    kept = structure(209, bytes([0x18, 2]) + bytes(6) + bytes([0x19, 2]) + bytes(6))
    assert slots_and_ports(vendor + ports + END) == vendor + kept + END
    assert slots_and_ports(FIRMWARE + ports + END) == FIRMWARE + END


@given(st.lists(st.sampled_from([FIRMWARE, SYSTEM, NAMELESS, SLOT, ONBOARD, END]), max_size=5), st.binary(max_size=6))
def test_any_firmware_table_says_the_same_of_slots_and_ports(parts: list[bytes], tail: bytes) -> None:
    whole = parse_table(b"".join(parts) + tail)
    kept = parse_table(slots_and_ports(b"".join(parts) + tail))
    assert bool(kept.damage) == bool(whole.damage)
    assert (kept.vendor, kept.product, kept.bios_vendor) == (whole.vendor, whole.product, whole.bios_vendor)
    assert [(s.number, s.label, s.place) for s in slots(kept)] == [(s.number, s.label, s.place) for s in slots(whole)]
    assert [(o.instance, o.place) for o in onboards(kept)] == [(o.instance, o.place) for o in onboards(whole)]
    assert slots_and_ports(slots_and_ports(b"".join(parts) + tail)) == slots_and_ports(b"".join(parts) + tail)


def resource(tag: int, data: bytes) -> bytes:
    return bytes([tag]) + len(data).to_bytes(2, "little") + data


def field(keyword: bytes, data: bytes) -> bytes:
    return keyword + bytes([len(data)]) + data


VERSION, PORT = field(b"V0", b"DSV1028VPDR.VER1.0"), field(b"V1", b"DCM1001FFFFFF")
SERIAL = field(b"SN", b"SERIAL7")


def test_vital_product_data_keeps_the_ports_and_no_serial_number() -> None:
    read_only = resource(0x90, SERIAL + VERSION + PORT + field(b"RV", b"\1"))
    data = resource(0x82, b"A card") + read_only + resource(0x91, field(b"YA", b"ASSET7")) + b"\x78"
    hidden = resource(0x90, field(b"SN", bytes(7)) + VERSION + PORT + field(b"RV", b"\0"))
    assert vpd_ports(data) == resource(0x82, bytes(6)) + hidden
    assert partitions(vpd_ports(data)) == partitions(data) != ()


@given(
    st.lists(st.sampled_from([VERSION, PORT, SERIAL, field(b"V1", b"DC2100101FFFFF")]), max_size=5),
    st.binary(max_size=4),
    st.integers(0, 120),
)
def test_any_vital_product_data_says_the_same_of_ports(fields: list[bytes], tail: bytes, cut: int) -> None:
    data = (resource(0x82, b"A card") + resource(0x90, b"".join(fields) + tail) + tail)[:cut]
    kept = vpd_ports(data)
    assert partitions(kept) == partitions(data)
    assert vpd_ports(kept) == kept
    assert b"SERIAL7" not in kept


def dell() -> Board:
    board = Board()
    device = board.pci("0000:00:03.0", attributes={"class": "0x020000"})
    board.net(device)
    board.files[f"{device}/vpd"] = resource(0x82, b"x") + resource(0x90, SERIAL + VERSION + PORT) + b"\x78"
    for name, value in {"sys_vendor": "Dell Inc.", "product_serial": "SERIAL7", "product_uuid": "UUID7"}.items():
        board.files[f"/devices/virtual/dmi/id/{name}"] = f"{value}\n".encode()
    board.files["/firmware/dmi/tables/DMI"] = SYSTEM + SLOT + ONBOARD + END
    idle = board.pci("0000:00:04.0", attributes={"class": "0x020000"})
    disk = board.pci("0000:00:05.0", attributes={"class": "0x010000"})
    for path in (device, idle, disk):
        board.links[f"/bus/pci/devices/{path.rpartition('/')[2]}"] = f"../../..{path}"
    board.files["/firmware/devicetree/base/aliases/ethernet0"] = b"/soc/eth@0\0"
    return board


@pytest.mark.parametrize("as_tree", [False, True], ids=["folder", "tree"])
def test_a_folder_and_an_archive_are_read_alike_and_without_secrets(tmp_path: Path, as_tree: bool) -> None:
    write_tree(dell().tree(), tmp_path / "sys")
    machine = open_source(str(tmp_path / "sys"))
    if as_tree:
        kept = keep(dell().tree(), "x")
        assert (kept.files, kept.links, set(kept.folders)) == (
            machine.tree.files,
            machine.tree.links,
            set(machine.tree.folders),
        )
        return
    assert "7" not in "".join(p for p in machine.tree.files if "serial" in p or "uuid" in p)
    assert b"SERIAL7" not in b"".join(machine.tree.files.values())
    vpd = machine.tree.read("/bus/pci/devices/0000:00:03.0/vpd") or b""
    assert [(p.port, p.number) for p in partitions(vpd)] == [(1, 1)]
    assert set(machine.tree.entries("/bus/pci/devices")) == {"0000:00:03.0", "0000:00:04.0", "0000:00:05.0"}
    assert machine.tree.text("/bus/pci/devices/0000:00:04.0/vendor") == "0x8086"
    assert machine.tree.text("/bus/pci/devices/0000:00:05.0/class") == "0x010000"
    assert machine.tree.text("/bus/pci/devices/0000:00:05.0/vendor") is None
    assert machine.tree.read("/firmware/devicetree/base/aliases/ethernet0") == b"/soc/eth@0\0"


def test_vital_product_data_is_read_of_one_vendors_machines_only(tmp_path: Path) -> None:
    board = dell()
    board.files["/devices/virtual/dmi/id/sys_vendor"] = b"QEMU\n"
    write_tree(board.tree(), tmp_path / "sys")
    assert not [path for path in open_source(str(tmp_path / "sys")).tree.files if path.endswith("/vpd")]


def test_lacks_says_what_a_copy_by_an_ordinary_user_does_not_tell() -> None:
    board = dell()
    device = "/devices/pci0000:00/0000:00:03.0"
    del board.files["/firmware/dmi/tables/DMI"]
    board.files["/firmware/dmi/tables/smbios_entry_point"] = b"_SM3_"
    del board.files[f"{device}/vpd"]
    config = bytearray(board.files[f"{device}/config"])
    config[6] |= 0x10
    board.files[f"{device}/config"] = bytes(config)
    board.firmware(device, "3", dangling=True)
    found = {lack.missing: lack.of for lack in lacks(machine_of("x", "sysfs folder", board.tree()))}
    assert found.pop("altnames (netlink)") == ()
    assert found.pop("udev's properties") == ()
    assert found == {
        "/firmware/dmi/tables/DMI (only the superuser may read it)": (),
        "config beyond 64 bytes (superuser)": ("eth0",),
        "firmware_node (leads to nothing here)": ("eth0",),
        "vpd": ("eth0",),
    }


def test_lacks_is_empty_only_for_what_is_complete() -> None:
    machine = dataclasses.replace(machine_of("x", LIVE, dell().tree()), properties={"/devices/x": {"ID_PATH": "y"}})
    assert lacks(machine) == ()
    path = machine.cards[0].devpath
    less = dataclasses.replace(machine, tree=machine.tree.without(f"{path}/dev_port"))
    assert [(lack.missing, lack.of) for lack in lacks(less)] == [("dev_port", ("eth0",))]
    assert lacks(dataclasses.replace(machine, tree=tree_of({}, {})))[0].missing == "/bus/pci/slots"
