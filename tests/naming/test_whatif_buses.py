"""Bus numbers: what the firmware of real machines gave is what a depth-first walk gives."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import SCHEMES, Machine, Tree, open_source, predict
from lab.naming.model import machine_of
from lab.naming.whatif import applied, apply, parse_step
from lab.naming.whatif.buses import Bridge, bridges, is_complete, numbered, rooms
from tests.naming.synthetic import Board

RECORDINGS = ("01", "02", "03", "04", "05", "06", "08", "09a", "09b", "10a", "10b", "11", "13", "17")


def equal(one: Tree, two: Tree) -> bool:
    return (dict(one.files), dict(one.links), set(one.folders)) == (dict(two.files), dict(two.links), set(two.folders))


def names(machine: Machine, scheme: str = "v261") -> dict[str | None, dict[str, str | None]]:
    return {i.mac: {p: c.name for p, c in predict(machine, i, SCHEMES[scheme]).items()} for i in machine.cards}


def after(recording: str, *steps: str) -> Machine:
    return apply(open_source(recording), [parse_step(text) for text in steps])


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_real_machine_is_numbered_depth_first(recording: str) -> None:
    tree = open_source(recording).tree
    for kept in ({}, rooms(tree)):
        again, renaming = numbered(tree, kept)
        assert renaming.buses == {}
        assert equal(again, tree)


def test_the_recordings_have_buses_to_number() -> None:
    counts = {r: sum(1 for root in bridges(open_source(r).tree) for _ in root.walk()) for r in ("01", "04", "11", "13")}
    assert counts == {"01": 1, "04": 3, "11": 3, "13": 4}


def test_a_card_added_to_09a_gives_every_name_of_the_recorded_09b() -> None:
    edited = after("09a", "add virtio mac=52:54:00:00:00:02 at port 0000:00:04")
    recorded = open_source("09b")
    for scheme in SCHEMES:
        assert names(edited, scheme) == names(recorded, scheme)
    assert {i.mac: (i.bus_path, i.driver) for i in edited.cards} == {
        i.mac: (i.bus_path, i.driver) for i in recorded.cards
    }


def test_the_port_taken_out_of_09b_gives_every_name_of_the_recorded_09a() -> None:
    edited = after("09b", "remove 0000:00:04.0")
    for scheme in SCHEMES:
        assert names(edited, scheme) == names(open_source("09a"), scheme)
    assert edited.tree.text("/bus/pci/slots/0-1/address") == "0000:01:00"  # that of the port that is left
    assert edited.tree.entries("/bus/pci/slots") == ("0-1",)


def test_the_bridge_registers_of_09b_follow_from_09a() -> None:
    edited, recorded = after("09a", "add virtio at port 0000:00:04").tree, open_source("09b").tree
    path = "/devices/pci0000:00/0000:00:05.0"
    assert edited.files[f"{path}/config"][0x18:0x1B] == recorded.files[f"{path}/config"][0x18:0x1B] == bytes([0, 2, 2])
    for name in ("secondary_bus_number", "subordinate_bus_number", "uevent"):
        assert edited.files[f"{path}/{name}"] == recorded.files[f"{path}/{name}"]
    assert edited.files[f"{path}/0000:02:00.0/uevent"] == recorded.files[f"{path}/0000:02:00.0/uevent"]


def ports(*buses: tuple[str, int, int]) -> Tree:
    """Root ports at these addresses, each with its bus, the last bus below it, and a card behind it."""
    board = Board()
    for address, bus, last in buses:
        port = board.pci(address, bridge=True)
        config = bytearray(board.files[f"{port}/config"])
        config[0x18:0x1B] = bytes([0, bus, last])
        board.files[f"{port}/config"] = bytes(config)
        board.net(board.pci(f"0000:{bus:02x}:00.0", port))
    return board.tree()


def walked(tree: Tree) -> list[tuple[str, int, int]]:
    return [(b.folder.rpartition("/")[2], b.bus, b.last) for root in bridges(tree) for b in root.below]


def test_what_the_firmware_leaves_free_stays_free_until_all_are_numbered_anew() -> None:
    tree = ports(("0000:00:01.0", 1, 8), ("0000:00:02.0", 12, 12), ("0000:00:03.0", 13, 13))
    assert equal(numbered(tree, rooms(tree))[0], tree)
    assert walked(numbered(tree, {})[0]) == [("0000:00:01.0", 1, 1), ("0000:00:02.0", 2, 2), ("0000:00:03.0", 3, 3)]


def test_a_reserve_takes_a_card_with_bridges_without_renumbering_the_others() -> None:
    tree = ports(("0000:00:01.0", 1, 8), ("0000:00:02.0", 9, 9))
    machine = machine_of("ports", "test", tree)
    edited = apply(machine, [parse_step("remove 0000:01:00.0"), parse_step("add gpu-switch at 0000:00:01.0")])
    assert walked(edited.tree) == [("0000:00:01.0", 1, 8), ("0000:00:02.0", 9, 9)]
    without = ports(("0000:00:01.0", 1, 1), ("0000:00:02.0", 2, 2))
    machine = machine_of("ports", "test", without)
    edited = apply(machine, [parse_step("remove 0000:01:00.0"), parse_step("add gpu-switch at 0000:00:01.0")])
    assert walked(edited.tree) == [("0000:00:01.0", 1, 3), ("0000:00:02.0", 4, 4)]
    edited = apply(edited, [parse_step("remove 0000:02:00.0")])  # the switch goes, and with it its buses
    assert walked(edited.tree) == [("0000:00:01.0", 1, 2), ("0000:00:02.0", 3, 3)]


def test_a_firmware_that_numbers_in_another_order_keeps_its_order() -> None:
    tree = ports(("0000:00:01.0", 2, 2), ("0000:00:02.0", 1, 1))
    assert equal(numbered(tree, rooms(tree))[0], tree)
    again, renaming = numbered(tree, {})
    assert renaming.buses == {"0000:02": "0000:01", "0000:01": "0000:02"}  # they change places in one go
    assert walked(again) == [("0000:00:01.0", 1, 1), ("0000:00:02.0", 2, 2)]


def test_buses_do_not_run_into_the_next_root() -> None:
    board = Board()
    port = board.pci("0000:00:01.0", bridge=True)
    board.net(board.pci("0000:01:00.0", port))
    board.net(board.pci("0000:02:00.0"))
    machine = board.machine("two roots")
    assert [root.name for root in bridges(machine.tree)] == ["0000:00", "0000:02"]
    with pytest.raises(LabError, match="would need numbers above 1"):
        apply(machine, [parse_step("shift 0000:01 by 1")])


def test_more_buses_than_numbers_are_refused() -> None:
    with pytest.raises(LabError, match="would need numbers above 255"):
        after("13", "shift 0000:01 by 254")
    assert names(after("13", "shift 0000:01 by 252"))["52:54:00:00:00:01"]["PATH"] == "enp255s3"


def test_two_bridges_to_one_bus_are_no_machine() -> None:
    tree = ports(("0000:00:01.0", 1, 1), ("0000:00:02.0", 1, 1))
    with pytest.raises(LabError, match="two bridges lead to bus 0000:01"):
        apply(machine_of("ports", "test", tree), [parse_step("renumber")])


def test_a_copy_of_network_devices_alone_is_known_as_such() -> None:
    assert all(is_complete(open_source(r).tree) for r in RECORDINGS)
    tree = ports(("0000:00:01.0", 1, 1))
    assert not is_complete(tree)
    machine = machine_of("ports", "test", tree)
    found = applied(machine, [parse_step("renumber")])
    assert any("holds only the devices above interfaces" in note for note in found.notes)
    assert [d.policies for d in found.doubts] == [("PATH",)]


def in_order(bridge: Bridge) -> Iterator[Bridge]:
    for below in bridge.below:
        yield below
        yield from in_order(below)


@st.composite
def machines(draw: st.DrawFn) -> Tree:
    """Bridges behind bridges, numbered depth-first, with numbers left out before some and kept free behind others."""
    board = Board()

    def below(path: str, on: int, last: int, depth: int) -> int:
        for device in draw(st.sets(st.integers(0, 31), max_size=3)):
            address = f"0000:{on:02x}:{device:02x}.0"
            if depth == 0 or last > 200 or not draw(st.booleans()):
                board.net(board.pci(address, path))
                continue
            folder = board.pci(address, path, bridge=True)
            bus = last + 1 + draw(st.sampled_from([0, 0, 3]))
            last = below(folder, bus, bus, depth - 1) + draw(st.sampled_from([0, 0, 2]))
            config = bytearray(board.files[f"{folder}/config"])
            config[0x18:0x1B] = bytes([on, bus, last])
            board.files[f"{folder}/config"] = bytes(config)
        return last

    below("", 0, 0, 3)
    return board.tree()


@settings(deadline=None, max_examples=60)
@given(machines())
def test_any_machine_is_numbered_without_gaps_in_the_order_of_a_walk(tree: Tree) -> None:
    kept, renaming = numbered(tree, rooms(tree))
    assert renaming.buses == {}
    assert equal(kept, tree)
    again, _ = numbered(tree, {})
    for root in bridges(again):
        assert [b.bus for b in in_order(root)] == [n + 1 for n in range(sum(1 for _ in in_order(root)))]
        for bridge in root.walk():
            assert [b.devfn for b in bridge.below] == sorted(b.devfn for b in bridge.below)
            assert all(bridge.bus < below.bus <= below.last <= bridge.last for below in bridge.below)
    assert numbered(again, {})[1].buses == {}


@settings(deadline=None, max_examples=30)
@given(machines(), st.integers(0, 31))
def test_a_card_added_and_taken_out_again_leaves_every_bus_as_it_was(tree: Tree, device: int) -> None:
    machine = machine_of("a machine", "test", tree)
    port = f"0000:00:{device:02x}"
    try:
        edited = apply(machine, [parse_step(f"add quad at port {port}")])
    except LabError:  # the place is taken, or there are too many buses
        return
    assert len(edited.cards) == len(machine.cards) + 4
    back = apply(edited, [parse_step(f"remove {port}.0")]).tree
    assert dict(back.files) == dict(tree.files)
    assert {p: back.resolve(p) for p in back.links} == {p: tree.resolve(p) for p in tree.links}
