"""The pin explorer's answer and picture: names before, without and with the rules, the rule, the proof."""

from __future__ import annotations

import functools
import json
import shlex
import xml.etree.ElementTree as ET

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.core.scenario import preset_by_id
from lab.naming.link.decide import decide
from lab.naming.model import machine_of
from lab.naming.pin import FORMATS
from lab.naming.pin.picture import draw, rule_lines
from lab.naming.pin.scenario import PRESETS, PinAnswer, PinScenario, command, pinned, run_pin
from lab.naming.row import STATES
from tests.naming.synthetic import Board

SVG = "{http://www.w3.org/2000/svg}"
answer_of = functools.lru_cache(32)(run_pin)


def preset(wanted: str) -> PinScenario:
    return preset_by_id(PRESETS, wanted).scenario


def drawn(answer: PinAnswer, width: int = 920, text: int = 14, key: str = "") -> ET.Element:
    return ET.fromstring(draw(answer, width, text, key).standalone())


def words(root: ET.Element) -> list[str]:
    return [t.text or "" for t in root.iter(f"{SVG}text")]


def test_n4_one_rule_keeps_what_the_upgrade_takes() -> None:
    answer = answer_of(preset("N4"))
    assert answer.headline == "1 rule keeps all 3 names: without it enp0s3 becomes ens3."
    rows = [(row.now, row.after and row.after.name, row.pinned and row.pinned.name) for row in answer.pin.rows]
    assert rows == [("enp0s3", "ens3", "enp0s3"), ("enp0s5",) * 3, ("enp0s7",) * 3]
    assert answer.proof == (True, "computed again with the rules in place: every card keeps its name")
    assert answer.by_convention == "enp0s5, enp0s7 stay by convention only: no rule says so"
    assert answer.why().startswith("Rule 1, `enp0s3`: without it enp0s3 becomes ens3. It asks for 52:54:00:00:00:01")
    assert answer.why("after 52:54:00:00:00:01") == "`ens3`: 99-default.link: SLOT, `firmware_node/sun` = 3"
    assert answer.why("now 52:54:00:00:00:01") == "`enp0s3`: v255 calls it so, and it is to be kept"


def test_n1_the_new_card_takes_a_name_and_is_moved_aside() -> None:
    answer = answer_of(preset("N1"))
    states = [(answer.state(row, row.after), answer.state(row, row.pinned)) for row in answer.pin.rows]
    assert states == [("changed", "kept"), ("taken", "new")]
    assert [answer.rule_of(row) for row in answer.pin.rows] == [0, 1]
    assert {"taken", "moved aside", "changed", "kept", "1", "2"} <= set(words(drawn(answer)))


def test_names_of_the_kernel_are_refused_and_that_is_said() -> None:
    answer = answer_of(preset("N2"))
    assert answer.proof == (False, "computed again: eth0, eth1 are not kept")
    said = words(drawn(answer))
    assert "no rule can keep eth0" in said
    assert any(word.startswith("the kernel itself counts ethN") for word in said)
    assert answer.files() == ()


def test_profiles_follow_and_rename_nothing() -> None:
    answer = answer_of(PinScenario("t09a-before", "t09b-card-added", format="networkmanager"))
    assert answer.proof[0] is False
    assert "profile follows" in words(drawn(answer))


@pytest.mark.parametrize("scenario", [p.scenario for p in PRESETS], ids=[p.id for p in PRESETS])
@pytest.mark.parametrize(("width", "text"), [(920, 14), (810, 14), (600, 14), (440, 14), (920, 18), (810, 22)])
def test_the_names_of_the_table_stand_in_the_picture_and_nothing_leaves_it(
    scenario: PinScenario, width: int, text: int
) -> None:
    answer = answer_of(scenario)
    root = drawn(answer, width, text)
    said = words(root)
    for row in answer.pin.rows:
        names = [row.now, *(decision.name for decision in (row.after, row.pinned) if decision is not None)]
        for name in names:
            assert name is None or name in said or any("…" in w and w[0] == name[0] and w[-1] == name[-1] for w in said)
    assert answer.proof[1] in said or width == 440 or text > 14
    height = float(root.get("height", "0"))
    for element in root.iter(f"{SVG}text"):
        size, x, y = (float(element.get(name, "0")) for name in ("font-size", "x", "y"))
        long = len(element.text or "") * size * (0.602 if element.get("font-family") else 0.55)
        left = x - {"middle": long / 2, "end": long}.get(element.get("text-anchor", ""), 0.0)
        assert size >= text
        assert -1 <= left <= left + long * 0.97 <= width + 2, element.text
        assert y + size * 0.25 <= height, element.text
    if width in (920, 810) and text == 14:
        assert height <= 330


@pytest.mark.parametrize("form", FORMATS)
def test_the_rule_is_written_out_without_its_comments_as_it_stands_in_the_file(form: str) -> None:
    import dataclasses

    answer = answer_of(dataclasses.replace(preset("N4"), format=form))
    title, blocks = rule_lines(answer, "pinned 52:54:00:00:00:01", 2000, 14)
    shown = [line for block in blocks for line in block]
    text = "\n".join(file.text for file in answer.pin.files)
    assert shown == [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    assert answer.pin.files[0].belongs in title
    narrow = [line.strip() for block in rule_lines(answer, "", 440, 14)[1] for line in block]
    assert "".join(narrow).replace(" ", "") == "".join(shown).replace(" ", "")


def test_another_card_shows_another_rule() -> None:
    answer = answer_of(preset("N1"))
    first, second = (words(drawn(answer, key=f"pinned 52:54:00:00:00:0{n}")) for n in (1, 2))
    assert "PermanentMACAddress=52:54:00:00:00:01" in first
    assert "PermanentMACAddress=52:54:00:00:00:02" in second
    assert "rule 2 of 2: /etc/systemd/network/10-enx525400000002.link" in second
    assert answer.trace("pinned 52:54:00:00:00:02")[0] == ("written to /etc/systemd/network/10-enx525400000002.link:")


def test_every_name_can_be_chosen_and_is_announced() -> None:
    answer = answer_of(preset("N1"))
    keys = {g.get("data-key"): g.get("aria-label") for g in drawn(answer).iter(f"{SVG}g") if g.get("data-key")}
    assert keys["after 52:54:00:00:00:02"] == "after, without rules: enp1s0, taken, card 52:54:00:00:00:02"
    assert len(keys) == 6
    for key in keys:
        assert answer.why(str(key))


@pytest.mark.parametrize("item", PRESETS, ids=lambda p: p.id)
def test_the_names_without_rules_are_those_that_udev_decides(item: object) -> None:
    answer = answer_of(item.scenario)  # type: ignore[attr-defined]
    decided = decide(answer.after, answer.scenario.target)
    for row in answer.pin.rows:
        if row.after is not None:
            assert row.after.name == decided[row.after.card.devpath].name
        assert answer.state(row, row.after) in STATES


@pytest.mark.parametrize("item", PRESETS, ids=lambda p: p.id)
def test_the_equal_command_gives_the_same_answer(item: object, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = item.scenario  # type: ignore[attr-defined]
    answer = answer_of(scenario)
    status = main([*shlex.split(command(scenario))[1:], "--json"])
    data = json.loads(capsys.readouterr().out)
    assert status == (1 if answer.pin.refused else 0)
    assert data["headline"] == answer.pin.headline.replace("`", "")
    assert [(f["name"], f["text"]) for f in data["files"]] == list(answer.files())
    assert [c["with_rules"] for c in data["cards"]] == [row.pinned and row.pinned.name for row in answer.pin.rows]


def test_many_cards_are_cut_and_none_is_a_picture_too() -> None:
    board = Board()
    for device in range(3, 12):
        board.net(board.pci(f"0000:00:{device:02x}.0"))
    machine = machine_of("made up", "synthetic", board.tree())
    picture = draw(pinned(PinScenario(), machine, machine))
    assert "4 more: see the table" in picture.svg()
    assert picture.height <= 340
    empty = Board()
    empty.net("/devices/virtual")
    nothing = machine_of("made up", "synthetic", empty.tree())
    answer = pinned(PinScenario(), nothing, nothing)
    assert "no card" in draw(answer).svg()
    assert answer.why() == "There is no card on either machine."


def test_bad_scenarios_say_what_is_wrong() -> None:
    with pytest.raises(LabError, match="--format: 'ini' is not one of"):
        PinScenario(format="ini")
    with pytest.raises(LabError, match="no step"):
        PinScenario(step=("fly away",))
    with pytest.raises(LabError, match="unknown to systemd 252"):
        run_pin(PinScenario(systemd=252, scheme="v257"))
    with pytest.raises(LabError, match="--format cmdline"):
        run_pin(PinScenario(format="cmdline"))
