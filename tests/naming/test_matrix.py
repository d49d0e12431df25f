"""The matrix: every cell is what the comparison of that policy says, and the sentence on top is true."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET

import pytest

from lab.cli import main
from lab.core.scenario import fields, preset_by_id
from lab.naming import PRESETS as PAIRS
from lab.naming import open_source
from lab.naming.choice import POLICY_WORDS
from lab.naming.compare import compare
from lab.naming.matrix import (
    COLUMNS,
    DANGER,
    FATE,
    MORE_COLUMNS,
    PRESETS,
    Matrix,
    MatrixScenario,
    matrix,
    run_matrix,
    shown_name,
)
from lab.naming.matrix_picture import draw
from lab.naming.model import Machine, machine_of
from lab.naming.row import STATES
from lab.naming.scenario import NamingScenario
from tests.naming.synthetic import Board

SVG = "{http://www.w3.org/2000/svg}"
ONE, TWO = "52:54:00:00:00:01", "52:54:00:00:00:02"
SIZES = [(920, 14), (810, 14), (600, 14), (320, 14), (920, 18), (920, 22), (600, 22)]
PAIR = [(p.id, p.scenario) for p in PRESETS]


def of(wanted: str) -> Matrix:
    return run_matrix(preset_by_id(PRESETS, wanted).scenario)


def states(answer: Matrix, identity: str) -> dict[str, str]:
    return {policy: row.state for policy, c in answer.columns.items() for row in c.rows if row.identity == identity}


def texts(root: ET.Element) -> list[str]:
    return [t.text or "" for t in root.iter(f"{SVG}text")]


def many(cards: int, **attributes: str) -> Machine:
    made = Board()
    for device in range(3, 3 + cards):
        made.net(made.pci(f"0000:00:{device:02x}.0", "", attributes))
    return machine_of("made up", "synthetic", made.tree())


def test_every_state_has_its_place_in_the_order_of_danger() -> None:
    assert set(DANGER) == set(STATES)
    assert set(FATE) - {"lost"} <= set(STATES)
    assert set(COLUMNS) | set(MORE_COLUMNS) == set(POLICY_WORDS)


def test_n1_only_mac_names_stay() -> None:
    answer = of("N1")
    assert answer.headline.startswith("Only MAC names stay; PATH and default names now mean other cards")
    assert states(answer, TWO)["PATH"] == states(answer, TWO)["default"] == "taken"
    assert states(answer, ONE)["MAC"] == "kept"
    assert states(answer, ONE)["SLOT"] == "no name"


def test_the_headlines_of_the_other_presets() -> None:
    assert of("N2").headline == "Only PATH, MAC and default names stay; kernel names now mean other cards."
    assert of("N3").headline.startswith("Only PATH and MAC names stay; SLOT names are lost, default names change")
    assert of("N4").headline.startswith("v255 → v257: Only PATH and MAC names stay; SLOT and default names change")
    assert of("N5").headline.startswith("v245 → v247: Only PATH and MAC names stay; SLOT names are lost")


@pytest.mark.parametrize(("wanted", "scenario"), PAIR, ids=[p[0] for p in PAIR])
def test_each_column_is_the_comparison_of_its_policy(wanted: str, scenario: MatrixScenario) -> None:
    answer = run_matrix(scenario)
    pair = preset_by_id(PAIRS, wanted).scenario
    for policy, column in answer.columns.items():
        alone = compare(dataclasses.replace(pair, policy=policy), answer.before, answer.after)
        assert column.rows == alone.rows
        assert [row.identity for row in column.rows] == [row.identity for row in answer.cards]
    table = answer.to_table()
    assert len(table.rows) == len(answer.cards) * len(answer.columns)
    found = {(r[0], r[4]): (r[5], r[6], r[7]) for r in table.rows}
    for policy, column in answer.columns.items():
        for row in column.rows:
            old, new, state = found[row.identity, policy]
            assert (old, new) == (row.before and row.before.name, row.after and row.after.name)
            assert str(state).startswith(row.state)
            assert str(state).endswith("uncertain") is not row.certain


def test_a_cell_is_explained_with_what_it_was_before() -> None:
    answer = of("N3")
    assert answer.why(f"default {TWO}").startswith(
        "before `ens42`, now PATH: `0000:02:00.0` = bus 2, device 0 → `enp2s0`"
    )
    assert answer.why(f"PATH {TWO}").startswith("PATH: `0000:02:00.0`")
    trace = answer.trace(f"SLOT {TWO}")
    assert any(line.startswith("after: ") for line in trace)
    assert any("/bus/pci/slots/42/address" in line for line in trace if line.startswith("before: "))
    assert of("N1").why("nothing") == of("N1").why(f"default {TWO}"), "a taken name is most worth explaining"
    same = of("N4").trace(f"MAC {ONE}")
    assert same
    assert not any(line.startswith(("after: ", "before: ")) for line in same)


def test_a_card_that_was_taken_out() -> None:
    step = (f"remove {ONE}",)
    answer = run_matrix(MatrixScenario("t01", "t01", step=step))
    assert set(states(answer, ONE).values()) == {"gone"}
    assert answer.trace(f"PATH {ONE}")
    assert "gone" in texts(ET.fromstring(draw(answer).standalone()))


def test_no_card_at_all() -> None:
    made = Board()
    made.net("/devices/virtual")
    nothing = machine_of("made up", "synthetic", made.tree())
    answer = matrix(MatrixScenario(), nothing, nothing)
    assert answer.headline == answer.why() == "There is no card on either machine."
    assert answer.trace() == ()
    assert "no card" in texts(ET.fromstring(draw(answer).standalone()))


def test_a_collision_and_names_that_are_too_long_are_said() -> None:
    machine = many(2, acpi_index="7")
    answer = matrix(MatrixScenario(), machine, machine)
    assert set(states(answer, ONE).values()) >= {"collision", "kept"}
    assert answer.headline == (
        "Only kernel, PATH and MAC names stay; ONBOARD and default names are offered to several cards."
    )
    made = Board()
    made.net(made.pci("10001:00:03.0"), phys_port_name="averylongport")
    long = machine_of("made up", "synthetic", made.tree())
    answer = matrix(MatrixScenario(), long, long)
    assert states(answer, ONE)["PATH"] == "too long"
    found = answer.cell(f"PATH {ONE}")
    assert found is not None
    assert shown_name(found[1].after) == "enP65537p0s3naverylongport"
    assert "too long" in texts(ET.fromstring(draw(answer).standalone()))


@pytest.mark.parametrize(("_wanted", "scenario"), PAIR, ids=[p[0] for p in PAIR])
@pytest.mark.parametrize(
    ("width", "text"), [(920, 14), (810, 14), (600, 14), (320, 14), (920, 18), (920, 22), (600, 22)]
)
def test_the_picture_says_what_the_table_says(_wanted: str, scenario: MatrixScenario, width: int, text: int) -> None:
    answer = run_matrix(scenario)
    root = ET.fromstring(draw(answer, width, text).standalone())
    cells = {g.get("data-key"): g for g in root.iter(f"{SVG}g") if g.get("data-key")}
    assert len(cells) == len(answer.cards) * len(answer.columns)
    for policy, column in answer.columns.items():
        for row in column.rows:
            cell = cells[f"{policy} {row.identity}"]
            said = texts(cell)
            name = row.after.name if row.after else None
            label = cell.get("aria-label") or ""
            assert label.startswith(f"{policy}: {name or 'no name'}")
            assert row.state in label
            if name is not None:
                cut = next(t for t in said if t[:3] == name[:3])
                assert re.fullmatch(re.escape(cut).replace("…", ".*"), name)
                assert len(cut) >= min(len(name), 9)
            assert any(p.get("stroke-dasharray") for p in cell.iter(f"{SVG}path")) is not row.certain
    for element in root.iter(f"{SVG}text"):
        assert float(element.get("font-size", "0")) >= text
        assert -1 <= float(element.get("x", "0")) <= width + 1


def test_names_stand_in_full_where_the_page_is_wide() -> None:
    for _, scenario in PAIR:
        answer = run_matrix(scenario)
        said = texts(ET.fromstring(draw(answer, 810).standalone()))
        for row in answer.to_table().rows:
            assert row[6] is None or row[6] in said


def test_it_leaves_room_for_the_frame_and_cuts_many_cards() -> None:
    for _, scenario in PAIR:
        assert draw(run_matrix(scenario)).height <= 310
    machine = many(12)
    picture = draw(matrix(MatrixScenario(), machine, machine))
    assert picture.height <= 310
    said = texts(ET.fromstring(picture.standalone()))
    assert "4 more cards: see the table" in said
    assert {"kept", "no name"} <= set(said), "one line a card: the words stand in the legend"


def test_the_cards_that_are_left_out_are_those_to_which_least_happens() -> None:
    before = many(12)
    after = many(11)
    answer = matrix(MatrixScenario(), before, after)
    assert "gone" in draw(answer).svg()


def test_the_same_scenario_gives_the_same_bytes() -> None:
    assert draw(of("N1")).svg() == draw(of("N1")).svg()


def test_the_command_prints_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["naming", "matrix", "--preset", "N5", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["headline"], data["edited"]) == (of("N5").headline, False)
    assert [(s["first"], s["last"]) for s in data["schemes"]] == [("v238", "v245"), ("v247", "v261")]
    assert {c["policy"] for c in data["cells"]} == set(COLUMNS)
    assert "policy" not in data["scenario"]
    assert main(["naming", "matrix", "--before", "t04", "--after", "t05"]) == 0
    assert "schemes of equal names: v238–v261: no change" in capsys.readouterr().out


def test_presets_are_those_of_the_pairs_without_their_policy() -> None:
    for mine, pair in zip(PRESETS, PAIRS, strict=True):
        assert (mine.id, mine.title) == (pair.id, pair.title)
        for field in fields(NamingScenario):
            wanted = "default" if field.name == "policy" else getattr(pair.scenario, field.name)
            assert getattr(mine.scenario, field.name) == wanted


def test_more_columns_come_when_asked_for() -> None:
    machine = open_source("t01")
    every = matrix(MatrixScenario(all_columns=True), machine, machine)
    assert tuple(every.columns) == (*COLUMNS, *MORE_COLUMNS)
    assert tuple(matrix(MatrixScenario(), machine, machine).columns) == COLUMNS
