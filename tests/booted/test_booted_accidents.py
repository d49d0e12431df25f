"""The accidents booted with the real systemd-udevd: names change hands as predicted, under every scheme it knows."""

import re
from pathlib import Path

import pytest

from lab.naming.topologies import PRESETS, preset
from lab.realkernel.kernel import Kernel
from lab.realkernel.naming import changes, name_really, step_really
from lab.realkernel.naming.race import Race, race_text
from lab.realkernel.naming.show import differences
from lab.realkernel.root.udev_root import UdevRoot, udev_root
from tests.booted.preset_boots import ACCIDENTS, LIMIT, Boots, as_predicted, as_recorded

TRIXIE = Path(__file__).resolve().parents[2] / ".oracle" / "trixie"


def test_the_accidents_are_presets() -> None:
    assert set(ACCIDENTS) < set(PRESETS)


@pytest.mark.parametrize("name", ACCIDENTS)
def test_real_systemd_gives_every_name_that_was_predicted_before_the_boot(name: str, booted: Boots) -> None:
    as_predicted(name, booted(name))


@pytest.mark.parametrize("name", ACCIDENTS)
def test_what_was_recorded_once_is_what_a_boot_gives_today(name: str, booted: Boots) -> None:
    as_recorded(name, booted(name))


def test_a_card_added_takes_the_name_of_another_on_real_machines(booted: Boots) -> None:
    change = changes(booted("card-before"), booted("card-added"))
    assert change.headline == "`enp1s0` now belongs to another card."
    order = changes(booted("driver-order-1"), booted("driver-order-2"))
    assert order.headline == "`eth0` and `eth1` have changed places."


def test_a_race_ends_in_an_order_that_the_rules_allow(booted: Boots) -> None:
    """Who is eth0 is drawn; that the numbers follow the order in which the kernel registered the cards is not."""
    result = booted("race-two-cpus")
    race = Race((result,))
    assert race.possible == 6
    assert result.order is not None
    assert (result.order.names, result.order.wrong) == (("eth0", "eth1", "eth2"), ())
    registered = sorted(result.said.machine.cards, key=lambda card: card.ifindex or 0)
    assert [card.ifname for card in registered] == ["eth0", "eth1", "eth2"]
    assert re.match(r"1 boot on 2 CPUs: 1 of 6 possible orders seen\.", race_text(race))


def test_a_what_if_step_on_the_real_machine_before_predicts_the_real_machine_after(
    kernel_full: Kernel, udev: UdevRoot, accel: str
) -> None:
    step = "add virtio at port 0000:00:04"
    found = step_really(preset("card-before"), step, kernel_full, udev, accel=accel, limit=LIMIT)
    assert differences(found.before) == []
    assert differences(found.after) == []
    assert found.after.basis != found.before.basis
    assert [card.name for card in found.after.cards] == ["enp2s0", "enp1s0"]


def test_another_systemd_than_this_machine_s_names_the_same_way(kernel_full: Kernel, accel: str) -> None:
    """Its schemes up to v257, and nothing of _SUN: here the slot has the same name."""
    if not (TRIXIE / "complete").exists():
        pytest.skip("no other systemd is unpacked here: tests/oracle/systemd-root trixie .oracle/trixie")
    result = name_really(preset("sun"), kernel_full, udev_root(TRIXIE), accel=accel, limit=LIMIT)
    assert differences(result) == []
    assert (result.said.systemd.number, result.said.scheme) == (257, "v257")
    assert [card.name for card in result.cards] == ["ens3", "ens9"]
