"""A tree whose devices get other addresses: nothing else changes, and every link leads where it led."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.naming import Tree, open_source
from lab.naming.smbios import TABLE, parse_table
from lab.naming.tree import tree_of
from lab.naming.whatif.dmi import renumbered
from lab.naming.whatif.rename import Renaming, renamed
from tests.naming.random_machines import draw


def led(tree: Tree, renaming: Renaming) -> dict[str, str | None]:
    found = {p: tree.resolve(p) for p in tree.links}
    return {renaming.path(p): real and renaming.path(real) for p, real in found.items()}


@pytest.mark.parametrize("recording", ["04", "06", "09b", "11", "13", "17"])
def test_every_link_of_a_renumbered_recording_leads_where_it_led(recording: str) -> None:
    tree = open_source(recording).tree
    renaming = Renaming({f"0000:{n:02x}": f"0000:{n + 7:02x}" for n in range(1, 4)})
    again = renamed(tree, renaming)
    assert {p: again.resolve(p) for p in again.links} == led(tree, renaming)
    assert (len(again.files), len(again.links), len(again.folders)) == tuple(
        len(part) for part in (tree.files, tree.links, tree.folders)
    )
    back = renamed(again, Renaming({new: old for old, new in renaming.buses.items()}))
    assert (back.files, back.links, back.folders) == (tree.files, tree.links, tree.folders)


def test_everything_that_holds_an_address_is_renamed() -> None:
    tree = renamed(open_source("13").tree, Renaming({"0000:02": "0000:20", "0000:03": "0000:02"}))
    card = "/devices/pci0000:00/0000:00:04.0/0000:01:00.0/0000:20:02.0/0000:02:03.0"
    assert "PCI_SLOT_NAME=0000:02:03.0" in (tree.text(f"{card}/uevent") or "")
    assert tree.resolve("/bus/pci/devices/0000:02:03.0") == card
    assert tree.resolve("/class/net/enp3s3") == f"{card}/net/enp3s3"
    assert tree.text("/bus/pci/slots/3/address") == "0000:20:03"
    assert tree.text("/bus/pci/slots/9/address") == "0000:01:00"
    assert f"{card.rpartition('/')[0]}/pci_bus/0000:02" in tree.folders
    assert not [p for p in (*tree.files, *tree.links) if "0000:03:" in p]


def test_a_device_that_is_moved_takes_all_that_is_below_it() -> None:
    tree = open_source("04").tree
    old, new = "/devices/pci0000:00/0000:00:05.0", "/devices/pci0000:00"
    renaming = Renaming(
        devices={"0000:02:00.0": "0000:00:07.0"}, folders={f"{old}/0000:02:00.0": f"{new}/0000:02:00.0"}
    )
    again = renamed(tree, renaming)
    assert again.resolve("/class/net/ens42") == f"{new}/0000:00:07.0/virtio0/net/ens42"
    assert {p: again.resolve(p) for p in again.links} == led(tree, renaming)


def test_two_devices_never_get_one_address() -> None:
    with pytest.raises(ValueError, match="one address"):
        renamed(open_source("11").tree, Renaming(devices={"0000:02:03.0": "0000:02:04.0"}))


def test_only_addresses_are_taken_for_addresses() -> None:
    renaming = Renaming({"0000:01": "0000:02"})
    assert renaming.text("0000:01:00.0 pci:0000:01:1f.7:pcie001") == "0000:02:00.0 pci:0000:02:1f.7:pcie001"
    for text in ("0000:01", "52:54:00:00:01:00.0", "0000:01:00", "10000:01:00.0", "0000:01:00.8", "0000:01:0.0"):
        assert renaming.text(text) == text
    assert renaming.path("/class/pci_bus/0000:01") == "/class/pci_bus/0000:02"
    assert renaming.path("/class/net/0000:01") == "/class/net/0000:01"


def test_a_link_that_leads_nowhere_is_left_as_it_is() -> None:
    links = {"/devices/pci0000:00/0000:00:01.0/x": "../../../nowhere/0000:09:00.0", "/a": "/0000:01:00.0"}
    tree = tree_of({}, links, ["/devices/pci0000:00/0000:00:01.0/0000:01:00.0"])
    assert renamed(tree, Renaming({"0000:01": "0000:02"})).links == links


def test_the_firmwares_table_follows_its_buses() -> None:
    slot = bytes([9, 0x11, 1, 0]) + bytes(9) + b"\x00\x00\x05\x10" + b"\0\0"
    onboard = bytes([41, 0x0B, 2, 0]) + bytes([1, 0x85, 1]) + b"\x00\x00\x06\x08" + b"\0\0"
    short = bytes([9, 0x0D, 3, 0]) + bytes(9) + b"\0\0"
    table = slot + onboard + short + bytes([127, 4, 4, 0, 0, 0])
    assert len(parse_table(table).structures) == 4
    assert renumbered(table, {}) == table
    changed = renumbered(table, {"0000:05": "0000:06", "0000:06": None})
    assert changed[0x0D:0x11] == b"\x00\x00\x06\x10"
    assert changed[len(slot) + 7 : len(slot) + 11] == b"\xff\xff\x06\x08"
    assert len(changed) == len(table)
    recorded = open_source("03").tree.files[TABLE]
    assert renumbered(recorded, {}) == recorded


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.permutations(range(1, 9)))
def test_buses_of_any_machine_may_change_places(seed: int, order: list[int]) -> None:
    tree = draw(random.Random(seed)).machine("a machine").tree
    renaming = Renaming({f"{d}:{n + 1:02x}": f"{d}:{new:02x}" for d in ("0000", "0001") for n, new in enumerate(order)})
    again = renamed(tree, renaming)
    assert {p: again.resolve(p) for p in again.links} == led(tree, renaming)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_table_keeps_its_length(data: bytes) -> None:
    assert len(renumbered(data, {"0000:00": "0000:01", "0000:05": None})) == len(data)
