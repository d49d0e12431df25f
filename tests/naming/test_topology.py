"""The device tree: every card under its devices, every name marked where it came from."""

import json

import pytest

from lab.cli import main
from lab.core.dataset import find, listed
from lab.core.errors import LabError
from lab.core.palette import TOKENS
from lab.naming import open_source
from lab.naming.topology import PRESETS, Node, TreeScenario, topology
from lab.naming.topology_picture import draw

RECORDINGS = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


def by_label(scenario: TreeScenario) -> dict[str, Node]:
    return {node.label: node for _, node in topology(scenario).lines(folded=True)}


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_card_stands_under_its_devices_and_every_key_is_its_own(name: str) -> None:
    answer = topology(TreeScenario(name))
    above: list[str] = []
    keys = []
    for depth, node in answer.lines():
        above = [*above[:depth], node.key]
        keys.append(node.key)
        assert node.token in ("", *TOKENS)
        if node.key in answer.choices:
            devices = [part for part in node.key.split("/")[2:-2] if part != "net"]
            assert [key.rpartition("/")[2] for key in above[:-1]] == devices
    assert len(keys) == len(set(keys))
    assert {c.devpath for c in open_source(name).cards} == set(answer.choices) <= set(keys)


def test_n1_the_name_is_the_address_and_the_slots_are_refused() -> None:
    nodes = by_label(PRESETS[0].scenario)
    assert nodes["0000:01:00.0"].note == "Ethernet card, driver virtio-pci; PATH: bus 1, device 0"
    assert nodes["0000:01:00.0"].token == nodes["enp1s0"].token == "good"
    assert nodes["0/address = 0000:01:00"].token == "bad"
    assert topology(PRESETS[0].scenario).headline == "`enp1s0` and `enp2s0` come from the PCI address."


def test_n3_the_name_is_the_slot_and_n5_the_bridge_refuses_it() -> None:
    assert by_label(PRESETS[1].scenario)["11/address = 0000:01:00"].token == "good"
    assert by_label(PRESETS[2].scenario)["2/address = 0000:02:02"].token == "bad"
    clash = by_label(TreeScenario("t13", scheme="v245"))["ens2"]
    assert (clash.token, clash.mark) == ("bad", "✕")
    assert "another card is offered the same" in clash.note


def test_firmware_indexes_and_mixed_origins_are_said() -> None:
    assert topology(TreeScenario("t02")).headline == (
        "`enp0s3` and `enp0s6` come from the PCI address, `eno7` comes from the firmware's index."
    )
    assert by_label(TreeScenario("t02"))["acpi_index = 7"].token == "good"
    assert topology(TreeScenario("t01", "ONBOARD")).headline == "No card of this machine has a name under this policy."


def test_why_for_a_device_a_slot_and_an_attribute() -> None:
    answer = topology(TreeScenario())
    slot = next(node.key for _, node in answer.lines() if node.label == "0-1/address = 0000:02:00")
    assert answer.why(slot).startswith("PATH: `0000:02:00.0` = bus 2")
    assert answer.why("/devices/pci0000:00/0000:00:05.0").startswith("PATH: `0000:02:00.0` = bus 2")
    assert answer.why("").startswith("PATH: `0000:01:00.0` = bus 1")


def test_what_was_read_is_folded_at_first_and_complete() -> None:
    answer = topology(TreeScenario())
    folded, everything = list(answer.lines(folded=True)), list(answer.lines())
    assert len(folded) == 13
    for choice in answer.choices.values():
        read = {item.path.rpartition("/")[2] for c in choice.asked for item in c.evidence}
        shown = " ".join(node.label for _, node in everything if node.key.startswith(f"{choice.card.devpath}#"))
        assert all(attribute in shown for attribute in read)


def test_a_udev_database_has_a_tree_too() -> None:
    answer = topology(TreeScenario(str(find("naming/t09b").path / "export-db.txt"), scheme="v252"))
    assert [node.label for _, node in answer.lines(folded=True)][:3] == ["pci0000:00", "0000:00:04.0", "0000:01:00.0"]


def test_the_still_picture_holds_every_line_once() -> None:
    answer = topology(TreeScenario())
    svg = draw(answer).standalone()
    for _, node in answer.lines(folded=True):
        assert f">{node.label}</text>" in svg
    assert "what was read" in svg
    assert len(svg) < 20_000


def test_the_command_prints_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["naming", "tree", "--machine", "t04"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ens11 and ens42 come from a slot number.\n\npci0000:00  host bridge\n")
    assert main(["naming", "tree", "--preset", "N3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["roots"][0]["label"] == "pci0000:00"
    assert main(["naming", "tree", "--machine", "t99"]) == 2


def test_a_scenario_out_of_range() -> None:
    with pytest.raises(LabError, match="--policy: 'BIOS'"):
        TreeScenario(policy="BIOS")
