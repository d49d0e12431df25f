"""Copies of sysfs that lack what makes a folder a device: no answer that hangs on it may look certain."""

from __future__ import annotations

import pytest

from lab.naming import SCHEMES, Candidate, predict
from lab.naming.model import machine_of
from lab.naming.nodes.mapping import node_tree
from lab.naming.schemes.flags import NEWEST
from lab.naming.sources.lacks import lacks
from lab.naming.tree import Tree
from tests.naming.synthetic import Board

ROOT = "/devices/pci0000:00"
BRIDGE, CARD = f"{ROOT}/0000:00:05.0", f"{ROOT}/0000:00:05.0/0000:01:00.0"
NET = f"{CARD}/net/eth0"


def behind_a_bridge() -> Board:
    board = Board()
    board.net(board.pci("0000:01:00.0", board.pci("0000:00:05.0", bridge=True)))
    board.slot("3", "0000:00:05")
    return board


def asked(tree: Tree, under: str) -> dict[str, Candidate]:
    machine = machine_of("copy", "synthetic", tree)
    return dict(predict(machine, machine.interfaces[0], SCHEMES[under]))


def missing(candidate: Candidate) -> set[str]:
    return {gap.missing for gap in candidate.gaps}


def test_a_whole_copy_is_certain() -> None:
    tree = behind_a_bridge().tree()
    assert f"{ROOT}/subsystem" not in tree.links
    for under in SCHEMES:
        assert all(candidate.certain for candidate in asked(tree, under).values())
    assert asked(tree, "v245")["SLOT"].name == "ens3"
    nodes = node_tree(machine_of("copy", "synthetic", tree)).offered[NET]
    assert nodes["by-path"].certain
    assert nodes["by-slot"].certain
    assert not [
        lack for lack in lacks(machine_of("copy", "synthetic", tree)) if lack.missing.startswith("/devices/pci")
    ]


@pytest.mark.parametrize("lacking", [f"{BRIDGE}/uevent", f"{BRIDGE}/subsystem", f"{CARD}/uevent", f"{CARD}/subsystem"])
def test_a_device_that_cannot_be_told_from_a_folder_makes_what_hangs_on_it_uncertain(lacking: str) -> None:
    tree = behind_a_bridge().tree().without(lacking)
    for under in ("v245", NEWEST):
        found = asked(tree, under)
        assert lacking in missing(found["SLOT"])
        assert (lacking in missing(found["PATH"])) == lacking.startswith(CARD)
        assert f"{ROOT}/subsystem" not in missing(found["PATH"])
        assert found["MAC"].certain
    machine = machine_of("copy", "synthetic", tree)
    nodes = node_tree(machine).offered[NET]
    assert all(lacking in missing(nodes[kind]) for kind in ("by-path", "by-slot"))
    assert nodes["by-mac"].certain
    assert lacking in {lack.missing for lack in lacks(machine)}


def test_the_name_of_a_folder_is_enough() -> None:
    board = behind_a_bridge()
    tree = board.tree()
    for entry in tree.entries(BRIDGE):
        tree = tree.without(f"{BRIDGE}/{entry}") if f"{BRIDGE}/{entry}" != CARD else tree
    assert tree.entries(BRIDGE) == ("0000:01:00.0",)
    assert missing(asked(tree, "v245")["SLOT"]) == {f"{BRIDGE}/uevent", f"{BRIDGE}/subsystem"}


def test_the_card_alone_without_a_uevent_does_not_blame_the_root_of_the_bus() -> None:
    board = Board()
    path = board.pci("0000:00:03.0")
    board.net(path)
    found = asked(board.tree().without(f"{path}/uevent"), NEWEST)
    for policy in ("PATH", "SLOT", "ONBOARD"):
        assert missing(found[policy]) == {f"{path}/uevent"}


def test_a_usb_host_without_a_uevent_is_not_passed_over() -> None:
    board = Board()
    host = board.pci("0000:01:00.0", board.pci("0000:00:05.0", bridge=True))
    board.net(board.usb(host, 1, "2"))
    assert asked(board.tree(), NEWEST)["PATH"].name == "enp1s0u2"
    found = asked(board.tree().without(f"{host}/uevent"), NEWEST)["PATH"]
    assert missing(found) >= {f"{host}/uevent"}


def test_without_its_uevent_an_interface_may_be_wireless() -> None:
    tree = behind_a_bridge().tree().without(f"{NET}/uevent")
    for candidate in asked(tree, NEWEST).values():
        assert f"{NET}/uevent" in missing(candidate)
    assert "uevent" in {lack.missing for lack in lacks(machine_of("copy", "synthetic", tree))}


def test_a_card_that_does_not_lead_back_to_its_virtual_function_makes_the_name_uncertain() -> None:
    board = Board()
    physical = board.pci("0000:01:00.0", board.pci("0000:00:05.0", bridge=True))
    board.net(board.virtual_function(physical, "0000:01:00.2", 1))
    assert asked(board.tree(), NEWEST)["PATH"].name == "enp1s0v1"
    found = asked(board.tree().without(f"{physical}/virtfn1"), NEWEST)["PATH"]
    assert (found.name, missing(found)) == ("enp1s0f2", {f"{physical}/virtfn*"})
