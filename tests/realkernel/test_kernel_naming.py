"""Real machines beside their predictions: the recorded ones, and wrong declarations, which must be noticed."""

import dataclasses
import functools
import json
import re
import shutil
import subprocess

import pytest

from lab.core import jsontext
from lab.core.dataset import find
from lab.core.errors import LabError
from lab.naming.schemes.releases import release
from lab.naming.topologies import PRESETS, machine, preset
from lab.naming.whatif import applied, parse_step
from lab.realkernel.naming import changes, compared, recorded, recorded_topologies
from lab.realkernel.naming.pair import PAIRS, pair_json, pair_text
from lab.realkernel.naming.race import Race, race_json, race_text
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.script import STEPS, script
from lab.realkernel.naming.show import differences, headline, result_table, summary_line, text, to_json
from lab.realkernel.naming.step import Stepped, step_json, step_text
from lab.realkernel.naming.turns import turn

RECORDED = tuple(recorded_topologies())
RACES = ("driver-race", "race-two-cpus")
known = functools.cache(recorded)


def claimed(topology: str, real: str) -> NamingResult:
    """The recording of `real` beside what is predicted for `topology`."""
    declared = preset(topology)
    return compared(declared, machine(declared), known(real).said)


def test_every_preset_has_a_recording() -> None:
    assert tuple(PRESETS) == RECORDED
    assert set(PAIRS) | set(PAIRS.values()) <= set(PRESETS)


@pytest.mark.parametrize("name", RECORDED)
def test_every_name_of_every_scheme_is_as_the_declaration_alone_predicts(name: str) -> None:
    result = known(name)
    assert differences(result) == []
    assert result.differ == 0
    assert len(result.said.schemes) == 11
    assert [card.id for card in result.cards] == [device.id for device in preset(name).cards]
    assert all(len(card.answers) == 11 * 4 for card in result.cards)
    first, *more = headline(result).split(". ")
    assert first.endswith("predicted now from the declaration, all as real systemd 252 gave them" + "." * (not more))
    assert [line.startswith("Which card is eth0") for line in more] == [True] * (name in RACES)


@pytest.mark.parametrize("name", [name for name, data in recorded_topologies().items() if find(data).path.is_dir()])
def test_as_many_names_are_compared_as_were_recorded(name: str) -> None:
    lines = (find(recorded_topologies()[name]).path / "schemes-252.txt").read_text("ascii").splitlines()
    assert known(name).names == sum("ID_NET_NAME_" in line for line in lines)


def test_another_machine_than_the_declared_one_differs_in_address_and_name() -> None:
    result = claimed("card-before", "card-added")  # nic1 is behind another bus now, and nic2 nobody declared
    assert [card.id or card.mac for card in result.cards] == ["nic1", "52:54:00:00:00:02"]
    lines = differences(result)
    assert lines[0] == "nic1 sits at 0000:02:00.0, predicted 0000:01:00.0"
    assert lines[1] == "nic1 is called enp2s0, predicted enp1s0"
    assert "nic1 v238 PATH: enp2s0, predicted enp1s0" in lines
    assert "52:54:00:00:00:02 is called enp1s0, predicted no card" in lines
    assert result.differ == len(lines) == 2 + 11 + 2 + 22
    said = text(result)
    assert said.startswith("37 of 92 checks differ from what was predicted now from the declaration: real")
    assert "... and 27 more" in said
    assert "enp2s0 (predicted enp1s0)" in result_table(result).to_text()
    assert "enp2s0 ≠" in said, "the table with both names is too wide"
    assert summary_line(result).startswith("card-before: 44 names under 11 schemes 37 DIFFER (enp2s0 enp1s0)")


def test_a_card_that_the_real_machine_has_not_differs() -> None:
    result = claimed("card-added", "card-before")
    (card,) = [card for card in result.cards if card.name is None]
    assert (card.id, card.place, card.expected) == ("nic2", None, ("enp1s0",))
    assert "nic2 is called None, predicted enp1s0" in differences(result)


def test_drivers_in_the_other_order_differ_by_the_kernel_s_names_alone() -> None:
    assert differences(claimed("driver-order-1", "driver-order-2")) == [
        "nic1 is called eth1, predicted eth0",
        "nic2 is called eth0, predicted eth1",
    ]


def test_where_drivers_race_every_order_is_expected() -> None:
    for real in ("driver-order-1", "driver-order-2"):
        result = claimed("driver-race", real)
        assert result.differ == 0
        assert [card.expected for card in result.cards] == [("eth0", "eth1")] * 2
        assert result.checks == 2 * (11 * 4 + 1) + 2, "the names are two checks together, not one a card"
        table = result_table(result)
        assert table.rows[0][3] == f"{result.cards[0].name} (of eth0 or eth1)"
        assert table.columns[-1] == "other names as predicted"


def test_rules_that_misread_the_real_sysfs_are_told_apart_from_a_wrong_declaration() -> None:
    good = known("native-slots")
    slots = good.said.machine.tree.without("/bus/pci/slots/11")
    said = dataclasses.replace(good.said, machine=dataclasses.replace(good.said.machine, tree=slots))
    result = compared(good.topology, good.predicted, said)
    assert "nic1 v252 SLOT: ens11, by the rules on its own sysfs None" in differences(result)
    assert "ens11 (by its own sysfs none)" in result_table(result).to_text()
    assert "ens11 ≠" in text(result)


def test_the_table_has_a_row_for_each_run_of_schemes_and_says_so() -> None:
    table = result_table(known("bridge-in-slot"))
    assert table.columns == (
        "card", "driver", "address", "udev called it", "schemes", "SLOT", "PATH", "MAC", "as predicted",
    )  # fmt: skip
    assert table.rows[:2] == (
        ("nic1", "e1000", "0000:03:03.0", "enp3s3", "v238–v245", "ens2", "enp3s3", "enx525400000001", True),
        ("", "", "", "", "v247–v252", None, "enp3s3", "enx525400000001", True),
    )


def test_the_json_says_the_same_and_is_json() -> None:
    data = json.loads(jsontext.dumps(to_json(known("acpi-index"), "out.json")))
    keys = ("topology", "systemd", "kernel", "accel", "seconds", "checks", "differ", "snapshot")
    assert {key: data[key] for key in keys} == {
        "topology": "acpi-index", "systemd": 252, "kernel": "6.1.0-56-amd64", "accel": "recorded", "seconds": None,
        "checks": 138, "differ": 0, "snapshot": "out.json",
    }  # fmt: skip
    card = data["interfaces"][1]
    assert (card["id"], card["name"], card["predicted_names"], card["equal"]) == ("nic2", "eno7", ["eno7"], True)
    answer = {"real": "eno7", "predicted": "eno7", "from_sysfs": "eno7", "equal": True}
    assert card["schemes"]["v238"]["ONBOARD"] == answer


def test_what_changed_between_two_machines_is_told_by_the_names_they_really_have() -> None:
    before, after = known("card-before"), known("card-added")
    change = changes(before, after)
    assert change.headline == "`enp1s0` now belongs to another card."
    assert [(row.identity[-2:], row.state) for row in change.rows] == [("01", "changed"), ("02", "taken")]
    assert pair_text(before, after).startswith("card-before → card-added: enp1s0 now belongs to another card.")
    data = pair_json(before, after)
    assert data["changes"][0] == {
        "mac": "52:54:00:00:00:01", "before": "enp1s0", "after": "enp2s0", "state": "changed",
        "note": "its old name now means 52:54:00:00:00:02",
    }  # fmt: skip
    order = changes(known("driver-order-1"), known("driver-order-2"))
    assert order.headline == "`eth0` and `eth1` have changed places."


def test_a_step_on_the_real_machine_before_predicts_the_real_machine_after() -> None:
    step = "add virtio mac=52:54:00:00:00:02 at port 0000:00:04"
    before, real = known("card-before"), known("card-added")
    thought = applied(before.said.machine, [parse_step(step)])
    after = compared(real.topology, thought.machine, real.said, basis="the step")
    found = Stepped(step, before, after, thought.notes)
    assert differences(after) == []
    lines = step_text(found).split("\n")
    first = f"what if {step}: the prediction held on the real machine. enp1s0 now belongs to another card."
    assert " ".join(lines[:2]) == first
    assert any(line.startswith("44 names under 11 schemes predicted now from the step, all as") for line in lines)
    data = step_json(found)
    assert (data["held"], data["differ"], data["after"]["basis"]) == (True, 0, "the step")
    wrong = dataclasses.replace(found, after=claimed("card-before", "card-added"))
    assert ("did not hold" in step_text(wrong), step_json(wrong)["held"]) == (True, False)


def test_a_race_says_which_orders_came_and_what_was_not_seen() -> None:
    first, second = claimed("driver-race", "driver-order-1"), claimed("driver-race", "driver-order-2")
    both = Race((first, second, first))
    assert both.orders == {("eth0", "eth1"): (1, 3), ("eth1", "eth0"): (2,)}
    assert race_text(both).startswith("3 boots on 1 CPU: 2 of 2 possible orders seen.")
    assert "not seen" not in race_text(both)
    one = Race((first,) * 4)
    assert one.unseen_share == pytest.approx(1 - 0.05**0.25)
    assert "after 4 boots one that comes in up to 53% of the boots can be missed (95% sure)" in race_text(one).replace(
        "\n", " "
    )
    assert race_json(both)["orders"][0] == {"names": {"nic1": "eth0", "nic2": "eth1"}, "boots": [1, 3]}


@pytest.mark.skipif(shutil.which("busybox") is None, reason="no busybox here (Debian package busybox-static)")
def test_the_guest_asks_each_release_for_the_schemes_that_it_knows() -> None:
    whole = script(("e1000e", "virtio_net"))
    subprocess.run(["busybox", "sh", "-n", "-c", whole], check=True)
    assert re.findall(r"^mark (.*)", whole, re.M) == list(STEPS)
    case = whole[whole.index("case ") : whole.index("esac")] + "esac; echo $schemes"
    for number, version in ((247, "247"), (252, "252"), (254, "254.1"), (257, "257 (257.13-1~deb13u1)"), (262, "262")):
        words = ["busybox", "sh", "-c", f"release='{version}'\n{case}"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert said.split() == list(release(number).schemes)
    unknown = subprocess.run(
        ["busybox", "sh", "-c", f"release=999\n{case}"], capture_output=True, text=True, check=False
    )
    assert (unknown.returncode, unknown.stdout) == (75, "systemd 999 is none that the lab knows the schemes of\n")


def test_several_boots_tell_one_progress() -> None:
    told: list[tuple[int, int, str]] = []
    second = turn(lambda done, total, label: told.append((done, total, label)), 1, 4)
    second(3, 6, "guest")
    second(0, 0, "guest")
    assert told == [(150, 400, "guest (2 of 4)"), (200, 400, "guest (2 of 4)")]


def test_a_topology_without_a_recording_says_which_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "mine", dataclasses.replace(preset("flat"), name="mine"))
    with pytest.raises(LabError, match="mine: there is no recording of it; there is one of flat, "):
        recorded("mine")
