"""What a result claims is no more than what was compared: races, what is missing, another QEMU, hostile text."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.core.snapshot import Provenance
from lab.naming.model import machine_of
from lab.naming.schemes.releases import release
from lab.naming.topologies import Topology, machine, preset
from lab.naming.topologies.firmware import untried
from lab.naming.tree import tree_of
from lab.realkernel.naming import compared, recorded
from lab.realkernel.naming.foretold import foretold
from lab.realkernel.naming.pair import pair_text
from lab.realkernel.naming.race import Race, race_json, race_text
from lab.realkernel.naming.recorded import read_recording
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.said import Said, given_under, said
from lab.realkernel.naming.script import NEWEST
from lab.realkernel.naming.show import (
    WIDE,
    differences,
    headline,
    not_judged,
    result_table,
    summary_line,
    text,
    to_json,
)
from lab.realkernel.naming.store import recording_text
from tests.realkernel.naming_boots import boot_with, sent


def again(good: NamingResult, **changes: Any) -> NamingResult:
    """The recording `good` with another thing said, compared anew."""
    return compared(good.topology, good.predicted, dataclasses.replace(good.said, **changes))


def renamed(found: Said, names: dict[str, str]) -> Said:
    """`found` with other names on its cards, in sysfs and in the answers; ifindex stays with the card."""
    tree = found.machine.tree
    parts = {path: names.get(path.rpartition("/")[2], "") for path in tree.folders}

    def moved(path: str) -> str:
        folder = next((f for f, new in parts.items() if new and (path == f or path.startswith(f"{f}/"))), "")
        return f"{folder.rpartition('/')[0]}/{parts[folder]}{path[len(folder) :]}" if folder else path

    files = {moved(p): d for p, d in tree.files.items()}
    for path in [p for p in files if p.endswith("/uevent")]:
        for old, new in names.items():
            if path.endswith(f"/net/{new}/uevent"):
                files[path] = tree.files[path.replace(f"/{new}/", f"/{old}/")].replace(old.encode(), new.encode())
    links = {moved(p): t for p, t in tree.links.items() if not p.startswith("/class/net/")}
    folders = [moved(f) for f in tree.folders]
    for folder in folders:
        if re.search(r"/net/[^/]+$", folder) and folder.startswith("/devices"):
            links[f"/class/net/{folder.rpartition('/')[2]}"] = f"../..{folder}"
    new_tree = tree_of(files, links, tuple(folders))
    answers = {(names.get(card, card), scheme): value for (card, scheme), value in found.names.items()}
    return dataclasses.replace(found, machine=machine_of("x", "a test", new_tree), names=answers)


def test_a_race_says_that_its_order_was_not_predicted() -> None:
    result = recorded("race-two-cpus")
    assert headline(result) == (
        "66 names under 11 schemes predicted now from the declaration, all as real systemd 252 gave them. "
        "Which card is eth0 to eth2 was left open by the race: 1 of 6 possible orders came."
    )
    assert "as predicted; 1 of 6 open orders (" in summary_line(result)
    data = to_json(result)
    assert data["order"] == {"names": ["eth0", "eth1", "eth2"], "possible": 6}
    assert all(card["left_open"] for card in data["interfaces"])
    assert to_json(recorded("flat"))["order"] is None


def test_a_race_whose_names_are_no_permutation_differs() -> None:
    """Each name alone could be the card's; together they cannot."""
    good = recorded("race-two-cpus")
    other = renamed(good.said, {"eth2": "eth3"})
    bad = again(good, machine=other.machine, names=other.names)
    assert differences(bad) == ["the racing cards are called eth0, eth1, eth3, predicted eth0, eth1, eth2"]
    assert "no possible order came" in headline(bad)
    assert "open orders" not in summary_line(bad)


def test_numbers_that_do_not_follow_the_order_of_registration_differ() -> None:
    good = recorded("driver-race")
    crossed = renamed(good.said, {"eth0": "eth1", "eth1": "eth0"})
    bad = again(good, machine=crossed.machine, names=crossed.names)
    assert [d for d in differences(bad) if "registered" in d] == [
        "the kernel registered eth1, eth0 in this order, which its numbers do not follow"
    ]
    assert bad.differ == 1


def test_a_boot_of_a_race_with_a_card_more_is_a_difference_and_no_bug() -> None:
    good = recorded("race-two-cpus")
    two = preset("driver-race")
    fewer = compared(two, machine(two), good.said)
    race = Race((fewer, fewer))
    assert fewer.differ
    assert race_json(race, "x.json")["snapshot"] == "x.json"
    assert race_json(race)["orders"][0]["names"].keys() == {"nic1", "nic2"}
    assert "nic3" not in race_text(race).split("\n")[2]
    assert "boot 2: " in race_text(race)


def without_scheme(raw: dict[str, Any]) -> None:
    for names in raw["body"]["names"].values():
        del names["v245"]


def without_a_card(raw: dict[str, Any]) -> None:
    del raw["body"]["names"]["enp0s3"]


def with_one_scheme(raw: dict[str, Any]) -> None:
    names = raw["body"]["names"]
    raw["body"]["names"] = {card: {"v252": found["v252"]} for card, found in names.items()}


def without_answers(raw: dict[str, Any]) -> None:
    raw["body"]["names"] = {}


def under_one_card(raw: dict[str, Any]) -> None:
    del raw["body"]["names"]["enp0s3"]["v238"]


@pytest.mark.parametrize("damage", [without_scheme, without_a_card, with_one_scheme, without_answers, under_one_card])
def test_a_recording_that_lacks_answers_is_none(damage: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    raw = json.loads(recording_text(recorded("flat")))
    damage(raw)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(LabError, match=r"systemd (answered for other interfaces|did not answer for enp0s)"):
        read_recording(path, preset("flat"))


def test_a_recording_of_more_or_fewer_cards_is_of_another_machine(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(recording_text(recorded("card-added")))
    with pytest.raises(LabError, match="is of another machine: has a card 52:54:00:00:00:02, and not card-before has"):
        read_recording(path, preset("card-before"))
    with pytest.raises(LabError, match="is of another machine: has no card 52:54:00:00:00:03, which flat has"):
        read_recording(path, preset("flat"))
    assert read_recording(path, preset("card-added")).cards == recorded("card-added").cards


def test_of_no_names_nothing_is_said_to_be_as_predicted() -> None:
    good = recorded("flat")
    bare = Topology("bare", "", "q35", "native", ())
    empty = dataclasses.replace(good.said, machine=machine(bare), names={})
    result = compared(bare, machine(bare), empty)
    assert headline(result) == "No name was compared: 0 cards under 0 schemes."
    assert "NOTHING COMPARED" in summary_line(result)


def test_where_a_recording_comes_from_is_told_and_kept(tmp_path: Path) -> None:
    result = recorded("flat")
    data = to_json(result)
    assert (data["source"], data["date"], data["qemu"]) == ("recorded", "2026-11-22", "7.2")
    path = tmp_path / "run.json"
    path.write_text(recording_text(result))
    copied = read_recording(path, preset("flat"))
    assert copied.said.provenance == result.said.provenance
    assert to_json(copied) == data
    booted = dataclasses.replace(
        result, said=dataclasses.replace(result.said, provenance=None, qemu="7.2.22"), seconds=1.0, accel="tcg"
    )
    data = to_json(booted)
    assert (data["source"], data["qemu"]) == ("booted", "7.2.22")
    assert (
        data["origin"] == "flat, a machine booted in QEMU 7.2.22 (tcg) with Linux 6.1.0-56-amd64 and systemd-udevd 252"
    )
    assert "predicted before the boot" in headline(booted)


def test_what_an_old_recording_does_not_say_is_read_of_its_own_database() -> None:
    """Of the recordings of several files: scheme and properties are those of export-db.txt."""
    found = recorded("flat").said
    card = found.machine.interface("enp0s3")
    assert found.machine.properties[card.devpath]["ID_NET_NAMING_SCHEME"] == found.scheme == "v252"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ID_NET_NAMING_SCHEME=v252", b"ID_NET_NAMING_SCHEM_=v252"),
        (b"ID_NET_NAMING_SCHEME=v252", b"ID_NET_NAMING_SCHEME=v999"),
    ],
)
def test_a_database_without_one_known_scheme_is_no_answer(old: bytes, new: bytes) -> None:
    files = sent("naming/t01-flat")
    files["export-db.txt"] = files["export-db.txt"].replace(old, new)
    with pytest.raises(LabError, match="not one scheme of systemd 252"):
        said(boot_with(files), "flat")
    files = sent("naming/t01-flat")
    files["export-db.txt"] = files["export-db.txt"].replace(b"SCHEME=v252", b"SCHEME=v247", 1)
    with pytest.raises(LabError, match="udev's database has v247, v252, not one scheme"):
        said(boot_with(files), "flat")


def test_a_release_that_names_no_scheme_is_taken_at_its_default() -> None:
    database = recorded("flat").said.machine
    assert given_under(database, release(239), "x") == "v239"
    with pytest.raises(LabError, match="has no scheme, not one"):
        given_under(database, release(252), "x")


def test_a_scheme_that_the_table_has_not_is_noticed() -> None:
    files = sent("naming/t01-flat")
    files[NEWEST] = b"ID_NET_NAMING_SCHEME=v252+x\n"
    topology = preset("flat")
    result = compared(topology, machine(topology), said(boot_with(files), "flat"))
    assert differences(result) == ["its newest scheme is v252+x, which was not asked; the lab knows v252 as such"]
    files[NEWEST] = b"ID_NET_NAMING_SCHEME=v252\n"
    result = compared(topology, machine(topology), said(boot_with(files), "flat"))
    assert (result.differ, result.checks) == (0, recorded("flat").checks + 1)


def test_what_a_newer_qemu_may_tell_the_guest_is_not_judged() -> None:
    good = recorded("acpi-index")
    assert untried(good.topology, (7, 2)) == {}
    assert set(untried(good.topology, (8, 0))) == {"nic1"}
    assert untried(preset("flat"), (10, 0)) == {}
    newer = again(good, qemu="10.0.2")
    assert (newer.differ, newer.beyond) == (0, "10.0.2")
    assert newer.checks == good.checks - good.cards[0].checks
    assert not_judged(newer) == [
        "nic1: QEMU 7.2 keeps its acpi-index to itself, QEMU 10.0 may tell the guest; not tried"
    ]
    assert "Not judged: nic1 (QEMU 7.2 keeps its acpi-index to itself" in headline(newer)
    assert result_table(newer).rows[0][-1] == "not judged"
    assert to_json(newer)["interfaces"][0]["equal"] is None
    eno = {key: ({**v, "ONBOARD": "eno1"} if key[0] == "enp0s3" else v) for key, v in good.said.names.items()}
    assert again(good, qemu="10.0.2", names=eno).differ == 0
    assert again(good, qemu="7.2.22", names=eno).differ == 11


def test_a_difference_on_another_qemu_says_which_was_predicted_for() -> None:
    good = recorded("card-added")
    other = preset("card-before")
    for qemu, ending in (("7.2.22", "the kernel are right."), ("9.1", "Predicted for QEMU 7.2; here is QEMU 9.1.")):
        result = compared(other, machine(other), dataclasses.replace(good.said, qemu=qemu))
        assert headline(result).endswith(ending)


def test_a_prediction_alone_claims_no_answers() -> None:
    topology = preset("eight-cards")
    found = foretold(topology, machine(topology), release(252))
    assert [card.id for card in found.cards] == [card.id for card in topology.cards]
    assert all(card.name is None and all(a.real is None for a in card.answers) for card in found.cards)
    real = recorded("eight-cards")
    assert [card.expected for card in found.cards] == [card.expected for card in real.cards]
    pairs = [[(a.scheme, a.policy, a.predicted) for a in card.answers] for card in found.cards]
    assert [sorted(p, key=str) for p in pairs] == [
        sorted([(a.scheme, a.policy, a.predicted) for a in card.answers], key=str) for card in real.cards
    ]


@pytest.mark.parametrize("name", ["flat", "race-two-cpus", "eight-cards", "multifunction", "sun-multifunction"])
def test_no_line_is_wider_than_a_terminal(name: str) -> None:
    result = recorded(name)
    wrong = compared(preset("card-before"), machine(preset("card-before")), result.said)
    lines = [*text(result).split("\n"), *text(wrong).split("\n"), summary_line(result), summary_line(wrong)]
    lines += [*race_text(Race((result, result))).split("\n"), *pair_text(recorded("card-before"), result).split("\n")]
    assert max(map(len, lines)) <= WIDE


def test_what_a_guest_or_a_file_says_cannot_command_a_terminal() -> None:
    evil = "\x1b]0;x\x07\u202e"
    good = recorded("card-added")
    names = {key: {**found, "PATH": f"en{evil}"} for key, found in good.said.names.items()}
    told = Provenance(f"x{evil}", evil, evil)
    bad = again(good, names=names, kernel=f"6.1{evil}", qemu=f"9.9{evil}", scheme="v252", provenance=told, newest=evil)
    both = Race((bad,))
    for said_ in (text(bad), summary_line(bad), headline(bad), race_text(both), pair_text(good, bad)):
        assert not set("\x1b\x07\u202e") & set(said_)
    assert bad.differ


KEYS = {
    "kind", "topology", "source", "origin", "date", "qemu", "basis", "systemd", "scheme", "schemes", "kernel", "accel",
    "seconds", "interfaces", "names", "checks", "differ", "order", "not_judged", "differences", "snapshot",
}  # fmt: skip
CARD_KEYS = {
    "id", "mac", "driver", "bus_path", "predicted_bus_path", "name", "predicted_names", "left_open", "equal", "schemes",
}  # fmt: skip


def test_the_keys_of_the_json_are_a_contract() -> None:
    data = to_json(recorded("flat"))
    assert set(data) == KEYS
    assert all(set(card) == CARD_KEYS for card in data["interfaces"])
    assert set(data["interfaces"][0]["schemes"]["v252"]["PATH"]) == {"real", "predicted", "from_sysfs", "equal"}
    assert set(race_json(Race((recorded("driver-race"),)))) == {
        "kind", "topology", "times", "cpus", "possible", "orders", "unseen_share", "differ", "boots", "snapshot",
    }  # fmt: skip
