"""The picture: what the table says, in letters that can be read, at every width."""

import re
import xml.etree.ElementTree as ET

import pytest

from lab.core.scenario import preset_by_id
from lab.naming import PRESETS, NamingScenario, run
from lab.naming.compare import compare
from lab.naming.model import machine_of
from lab.naming.picture import draw
from tests.naming.synthetic import Board

SVG = "{http://www.w3.org/2000/svg}"


def drawn(scenario: NamingScenario, width: int = 920, text: int = 14) -> ET.Element:
    return ET.fromstring(draw(run(scenario), width, text).standalone())


def words(root: ET.Element) -> list[str]:
    return [t.text or "" for t in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("item", [p.scenario for p in PRESETS], ids=[p.id for p in PRESETS])
@pytest.mark.parametrize(("width", "text"), [(920, 14), (810, 14), (440, 14), (920, 18), (810, 22)])
def test_names_and_states_of_the_table_stand_in_the_picture(item: NamingScenario, width: int, text: int) -> None:
    answer, root = run(item), drawn(item, width, text)
    said = " ".join(words(root))
    for row in answer.rows:
        assert row.state in said
        for choice in (row.before, row.after):
            assert choice is None or str(choice.name) in words(root)
    for element in root.iter(f"{SVG}text"):
        assert float(element.get("font-size", "0")) >= text
        x = float(element.get("x", "0"))
        assert -1 <= x <= width + 1


@pytest.mark.parametrize("width", [920, 810])
def test_it_leaves_room_for_the_frame(width: int) -> None:
    for item in PRESETS:
        assert draw(run(item.scenario), width).height <= 330


def test_every_name_can_be_chosen_and_is_announced() -> None:
    root = drawn(PRESETS[0].scenario)
    keys = {g.get("data-key"): g.get("aria-label") for g in root.iter(f"{SVG}g") if g.get("data-key")}
    assert keys == {
        "before 52:54:00:00:00:01": "before: enp1s0, card 52:54:00:00:00:01 at 0000:01:00.0, before",
        "after 52:54:00:00:00:01": "after: enp2s0, card 52:54:00:00:00:01 at 0000:02:00.0, changed",
        "after 52:54:00:00:00:02": "after: enp1s0, card 52:54:00:00:00:02 at 0000:01:00.0, taken",
    }


def test_only_a_name_that_was_taken_has_a_curve() -> None:
    for wanted, curves in (("N1", 1), ("N2", 2), ("N3", 0), ("N4", 0), ("N5", 0)):
        svg = draw(run(preset_by_id(PRESETS, wanted).scenario)).svg()
        assert len(re.findall(r'stroke="var\(--lab-bad\)" stroke-width="3.5"', svg)) == curves, wanted


def test_the_schemes_that_are_shown_are_marked() -> None:
    said = words(drawn(preset_by_id(PRESETS, "N5").scenario))
    assert {"v238–v245", "v247–v261", "before v245", "after v247"} <= set(said)
    assert "v238–v261: no change" in words(drawn(PRESETS[0].scenario))


def test_the_same_scenario_gives_the_same_bytes() -> None:
    assert draw(run(PRESETS[0].scenario)).svg() == draw(run(PRESETS[0].scenario)).svg()


def test_many_cards_are_cut_to_the_ones_that_matter() -> None:
    board = Board()
    for device in range(3, 12):
        board.net(board.pci(f"0000:00:{device:02x}.0"))
    machine = machine_of("made up", "synthetic", board.tree())
    picture = draw(compare(NamingScenario(policy="PATH"), machine, machine))
    assert "3 more cards: see the table" in picture.svg()


def test_no_cards_is_a_picture_too() -> None:
    board = Board()
    board.net("/devices/virtual")
    machine = machine_of("made up", "synthetic", board.tree())
    assert "no card" in draw(compare(NamingScenario(), machine, machine)).svg()


def test_an_uncertain_name_is_dashed_and_has_a_question_mark() -> None:
    root = drawn(NamingScenario(policy="kernel"))
    assert "eth1 ?" in words(root)
    assert any(p.get("stroke-dasharray") == "5 4" for p in root.iter(f"{SVG}path"))
