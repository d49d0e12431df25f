"""Every preset booted with the real systemd-udevd: predicted must be real under every scheme that it knows."""

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.naming.schemes import predict
from lab.naming.sources import open_source
from lab.naming.topologies import PRESETS, preset
from lab.realkernel.kernel import Kernel
from lab.realkernel.naming import NamingResult, changes, name_really, recorded, recorded_topologies, step_really
from lab.realkernel.naming.race import Race, race_text
from lab.realkernel.naming.show import differences, headline
from lab.realkernel.naming.store import snapshot_text
from lab.realkernel.root.udev_root import UdevRoot, udev_root

Boots = Callable[[str], NamingResult]
LIMIT = 300.0  # seconds; other tests run beside these
TRIXIE = Path(__file__).resolve().parents[2] / ".oracle" / "trixie"


@pytest.fixture(scope="module")
def udev() -> UdevRoot:
    try:
        return udev_root("/")
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def booted(kernel_full: Kernel, udev: UdevRoot, accel: str) -> Boots:
    """A preset's boot, made once."""
    return functools.cache(lambda name: name_really(preset(name), kernel_full, udev, accel=accel, limit=LIMIT))


@pytest.mark.parametrize("name", PRESETS)
def test_real_systemd_gives_every_name_that_was_predicted_before_the_boot(name: str, booted: Boots) -> None:
    result = booted(name)
    assert differences(result) == []
    assert (len(result.cards), result.differ) == (len(preset(name).cards), 0)
    assert len(result.said.schemes) == len(result.said.systemd.schemes) >= 2
    assert headline(result).startswith(
        f"{result.names} names under {len(result.said.schemes)} schemes predicted before"
    )
    assert result.names >= 2 * len(result.cards)  # every card has a MAC and a path


def test_what_was_recorded_once_is_what_a_boot_gives_today(booted: Boots) -> None:
    for name in recorded_topologies():
        old, new = recorded(name), booted(name)
        if old.said.systemd.number != new.said.systemd.number:
            pytest.skip(f"systemd {new.said.systemd.number} is here; {old.said.systemd.number} was recorded")
        assert new.said.names == old.said.names
        assert {c.mac: (c.name, c.place) for c in new.cards} == {c.mac: (c.name, c.place) for c in old.cards}


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


def test_a_card_added_takes_the_name_of_another_on_real_machines(booted: Boots) -> None:
    change = changes(booted("card-before"), booted("card-added"))
    assert change.headline == "`enp1s0` now belongs to another card."
    order = changes(booted("driver-order-1"), booted("driver-order-2"))
    assert order.headline == "`eth0` and `eth1` have changed places."


def test_a_race_ends_in_an_order_that_the_rules_allow(booted: Boots) -> None:
    race = Race((booted("race-two-cpus"),))
    assert race.possible == 6
    assert {*next(iter(race.orders))} == {"eth0", "eth1", "eth2"}
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
    if not (TRIXIE / "complete").exists():
        pytest.skip("no other systemd is unpacked here: tests/oracle/systemd-root trixie .oracle/trixie")
    result = name_really(preset("sun"), kernel_full, udev_root(TRIXIE), accel=accel, limit=LIMIT)
    assert differences(result) == []
    assert (result.said.systemd.number, result.said.scheme) == (257, "v257")
    assert [card.name for card in result.cards] == ["ens3", "ens9"]
