"""Presets booted with the real systemd-udevd: predicted must be real under every scheme that it knows."""

from pathlib import Path

import pytest

from lab.naming.schemes import predict
from lab.naming.sources import open_source
from lab.realkernel.naming.store import snapshot_text
from tests.booted.preset_boots import OTHERS, Boots, as_predicted, as_recorded


@pytest.mark.parametrize("name", OTHERS)
def test_real_systemd_gives_every_name_that_was_predicted_before_the_boot(name: str, booted: Boots) -> None:
    as_predicted(name, booted(name))


@pytest.mark.parametrize("name", OTHERS)
def test_what_was_recorded_once_is_what_a_boot_gives_today(name: str, booted: Boots) -> None:
    as_recorded(name, booted(name))


def test_the_machine_that_came_back_has_what_the_rules_read_with_its_true_length(booted: Boots, tmp_path: Path) -> None:
    result = booted("acpi-index")
    tree = result.said.machine.tree
    assert not [path for path, data in tree.files.items() if len(data) == 4096 and not path.endswith("/config")]
    cards = {card.id: result.said.machine.interface(card.mac) for card in result.cards}
    above = cards["nic2"].devpath.rpartition("/virtio")[0]
    assert tree.text(f"{above}/acpi_index") == "7"
    assert tree.resolve(f"{above}/firmware_node") is not None
    assert not [path for path in tree.files if path.endswith("/phys_port_name")]  # EOPNOTSUPP is no empty name
    out = tmp_path / "real.json"
    out.write_text(snapshot_text(result) + "\n")
    again = open_source(str(out))
    for card in result.said.machine.cards:
        for scheme in result.said.systemd.schemes.values():
            theirs, ours = (predict(m, m.interface(card.ifname), scheme) for m in (result.said.machine, again))
            assert {p: c.name for p, c in theirs.items()} == {p: c.name for p, c in ours.items()}
