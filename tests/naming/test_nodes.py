"""The stable names: what each kind gives, who gets none, both ways through the tree, the same as altnames."""

import json
import shlex
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.core.dataset import listed
from lab.core.errors import LabError
from lab.naming import open_source
from lab.naming.model import Machine, machine_of
from lab.naming.nodes import KINDS, aliases, altname, escape, node_tree, resolve
from lab.naming.trace import Refused
from tests.naming.synthetic import Board, write_tree

NAMES = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


def made(board: Board) -> Machine:
    return machine_of("made", "synthetic", board.tree())


@pytest.mark.parametrize("name", NAMES)
def test_every_card_of_every_recording_has_a_name_by_address_and_by_path(name: str) -> None:
    tree = node_tree(open_source(name))
    for card in tree.machine.cards:
        offered = tree.offered[card.devpath]
        assert offered["by-mac"].name == card.mac
        assert offered["by-path"].name == f"pci-{card.bus_path}"
    assert len(set(tree.links)) == sum(1 for f in tree.offered.values() for c in f.values() if c.name)


def test_a_slot_is_named_as_its_folder_is() -> None:
    assert {p for p in node_tree(open_source("t04")).links if p.startswith("by-slot/")} == {"by-slot/11", "by-slot/42"}
    assert {p for p in node_tree(open_source("t05")).links if p.startswith("by-slot/")} == {"by-slot/0", "by-slot/0-2"}


def test_two_cards_behind_a_bridge_in_a_slot_have_no_slot_name() -> None:
    tree = node_tree(open_source("t13"))
    assert not [p for p in tree.links if p.startswith("by-slot/")]
    for card in tree.machine.cards:
        assert "none of them gets it" in tree.offered[card.devpath]["by-slot"].because


def test_functions_and_ports_of_a_card_are_told_apart() -> None:
    board = Board()
    board.slot("3", "0000:01:00")
    port = board.pci("0000:00:01.0", bridge=True)
    first = board.pci("0000:01:00.0", port, functions=True)
    second = board.pci("0000:01:00.1", port, functions=True)
    board.files[f"{first}/label"] = b"Slot 3 / NIC\n"
    board.net(first)
    board.net(first, dev_port="1")
    board.net(first, phys_port_name="pf0vf2")
    board.net(second, phys_port_name="p1")
    tree = node_tree(made(board))
    assert [tree.names(i) for i in tree.machine.interfaces] == [
        (
            "by-mac/52:54:00:00:00:01",
            "by-path/pci-0000:01:00.0",
            "by-slot/3",
            r"by-label/Slot\x203\x20\x2f\x20NIC",
        ),
        (
            "by-mac/52:54:00:00:00:02",
            "by-path/pci-0000:01:00.0-d1",
            "by-slot/3-d1",
            r"by-label/Slot\x203\x20\x2f\x20NIC-d1",
        ),
        (
            "by-mac/52:54:00:00:00:03",
            "by-path/pci-0000:01:00.0-npf0vf2",
            "by-slot/3-npf0vf2",
            r"by-label/Slot\x203\x20\x2f\x20NIC-npf0vf2",
        ),
        ("by-mac/52:54:00:00:00:04", "by-path/pci-0000:01:00.1", "by-slot/3-f1"),
    ]


def test_two_devices_with_one_name_neither_gets_it() -> None:
    board = Board()
    for device in ("0000:00:03.0", "0000:00:04.0", "0000:00:05.0"):
        address = "52:54:00:00:00:09" if device != "0000:00:05.0" else "52:54:00:00:00:0a"
        board.net(board.pci(device), address=address)
    tree = node_tree(made(board))
    assert [p for p in tree.links if p.startswith("by-mac/")] == ["by-mac/52:54:00:00:00:0a"]
    assert len([p for p in tree.links if p.startswith("by-path/")]) == 3


def test_what_lies_on_a_card_does_not_take_its_address() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"), "eth0")
    card = {"address": "52:54:00:00:00:01"}
    board.net("/devices/virtual", "eth0.5", iflink="2", **card)
    board.net("/devices/virtual", "br0", **card)
    board.net("/devices/virtual", "veth0", iflink="2", address="52:54:00:00:00:77")
    tree = node_tree(made(board))
    assert {p: i.ifname for p, i in tree.links.items() if p.startswith("by-mac/")} == {
        "by-mac/52:54:00:00:00:01": "eth0",
        "by-mac/52:54:00:00:00:77": "veth0",
    }


@given(st.text(max_size=300))
def test_an_escaped_name_is_a_file_name_and_tells_texts_apart(text: str) -> None:
    try:
        name = escape(text)
    except Refused:
        return
    assert "/" not in name
    assert "\0" not in name
    assert name not in ("", ".", "..")
    assert len(name.encode()) <= 255
    assert not any(c.isspace() and c.isascii() for c in name)
    back = "".join(
        chunk if index == 0 else chr(int(chunk[:2], 16)) + chunk[2:] for index, chunk in enumerate(name.split("\\x"))
    )
    if text.isprintable():
        assert back == text  # "\" itself is escaped, so this is the way back


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Embedded NIC 1", r"Embedded\x20NIC\x201"),
        ("a/b", r"a\x2fb"),
        ("../x", r"..\x2fx"),
        ("Buchse ö", r"Buchse\x20ö"),
        ("\\x2f", r"\x5cx2f"),
        ("pci-0000:00:03.0", "pci-0000:00:03.0"),
    ],
)
def test_names_are_escaped_as_udev_does(text: str, name: str) -> None:
    assert escape(text) == name


def test_altnames_have_the_form_of_udevs_tags() -> None:
    assert altname("by-path", "pci-0000:00:03.0") == "by-path-pci-0000_00_03_0"
    assert altname("by-label", "NIC 100% a/b") == "by-label-NIC_100__a_b"
    found = {a.name for a in aliases(node_tree(open_source("t01")))}
    assert "by-path-pci-0000_00_03_0" in found


def test_an_altname_that_another_has_is_left_alone() -> None:
    import dataclasses

    machine = open_source("t01")
    first, *others = machine.interfaces
    theirs = dataclasses.replace(others[0], altnames=("by-path-pci-0000_00_03_0",))
    own = dataclasses.replace(first, altnames=("by-mac-52_54_00_00_00_01",))
    found = {a.name: a for a in aliases(node_tree(dataclasses.replace(machine, interfaces=(own, theirs, *others[1:]))))}
    assert found["by-path-pci-0000_00_03_0"].state == "taken"
    assert theirs.ifname in found["by-path-pci-0000_00_03_0"].note
    assert found["by-mac-52_54_00_00_00_01"].state == "there"


def test_two_labels_that_look_alike_as_altnames() -> None:
    board = Board()
    for device, label in (("0000:00:03.0", "NIC 1"), ("0000:00:04.0", "NIC/1")):
        card = board.pci(device)
        board.files[f"{card}/label"] = f"{label}\n".encode()
        board.net(card)
    tree = node_tree(made(board))
    assert len([p for p in tree.links if p.startswith("by-label/")]) == 2
    assert Counter(a.state for a in aliases(tree) if a.name.startswith("by-label")) == {"taken": 2}


@pytest.mark.parametrize("name", NAMES)
def test_both_ways_through_the_tree(name: str) -> None:
    tree = node_tree(open_source(name))
    for path, interface in tree.links.items():
        found = resolve(tree, path)
        assert found.interface == interface
        assert path in found.names
        assert resolve(tree, interface.ifname).names == found.names
        assert resolve(tree, f"if{interface.ifindex}").interface == interface
    for alias in aliases(tree):
        if alias.state == "new":
            assert resolve(tree, alias.name).interface == alias.interface


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("by-path/pci-0000:09:00.0", "there are by-path/"),
        ("by-slot/2", "none of them gets it"),
        ("by-what/x", "they begin with by-mac/"),
        ("eth77", "unknown"),
        ("", "unknown"),
        ("/", "unknown"),
    ],
)
def test_what_leads_nowhere_says_why(wanted: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        resolve(node_tree(open_source("t13")), wanted)


def test_a_name_is_found_escaped_or_not() -> None:
    board = Board()
    card = board.pci("0000:00:03.0")
    board.files[f"{card}/label"] = b"Embedded NIC 1\n"
    board.net(card)
    tree = node_tree(made(board))
    for wanted in ("by-label/Embedded NIC 1", r"by-label/Embedded\x20NIC\x201", "by-mac/52:54:00:00:00:01"):
        assert resolve(tree, wanted).interface.ifname == "eth0"


def test_a_source_without_slots_says_so() -> None:
    board = Board()
    board.folders = ["/class/net"]
    board.net(board.pci("0000:00:03.0"))
    tree = node_tree(made(board))
    (found,) = tree.offered.values()
    assert not found["by-slot"].certain
    assert "no slots folder" in found["by-slot"].because


def test_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["naming", "nodes", "t04", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["links"]["by-slot/11"] == {"ifname": "ens11", "ifindex": 2}
    assert main(["naming", "resolve", "by-slot/11", "t04", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ifname"] == "ens11"
    assert main(["naming", "alias", "t04", "--only", "ens11", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["applied"] is False
    assert "ip link property add dev ens11 altname by-path-pci-0000_01_00_0" in answer["commands"]
    assert [c.replace(" add ", " del ") for c in answer["commands"]] == answer["undo"]
    for words in (
        ["alias", "t04", "--apply"],
        ["nodes", "t04", "--watch"],
        ["nodes", "--watch"],
        ["resolve", "x/y", "t04"],
    ):
        assert main(["naming", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_what_is_printed_for_a_shell_is_quoted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"), ";reboot")
    write_tree(board.tree(), tmp_path)
    assert main(["naming", "alias", str(tmp_path), "--json"]) == 0
    for line in json.loads(capsys.readouterr().out)["commands"]:
        assert shlex.split(line)[5] == ";reboot"
        assert "dev ';reboot' altname" in line


def test_the_kinds_are_those_of_the_proposal() -> None:
    assert list(KINDS) == ["by-mac", "by-path", "by-slot", "by-label"]
