"""A machine rebuilt by hand: what can be taken and put, the steps that it makes, and that they foretell recordings."""

from __future__ import annotations

import shlex
import xml.etree.ElementTree as ET

import pytest

from lab.cli import main
from lab.core.dataset import find, listed
from lab.core.errors import LabError
from lab.core.scenario import preset_by_id
from lab.naming import open_source
from lab.naming.matrix import MatrixScenario, run_matrix
from lab.naming.rebuild import (
    ACTIONS,
    DRAGS,
    PRESETS,
    RebuildScenario,
    card_chips,
    chip_said,
    offered,
    step_of,
    targets,
)
from lab.naming.rebuild_picture import draw
from lab.naming.whatif import KINDS, apply, parse_step

SVG = "{http://www.w3.org/2000/svg}"
RECORDINGS = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


def keys(svg: str) -> list[str]:
    return [key for g in ET.fromstring(svg).iter(f"{SVG}g") if (key := g.get("data-key"))]


def test_n1_rebuilt_by_hand_has_the_names_of_the_real_machine() -> None:
    rebuilt = run_matrix(preset_by_id(PRESETS, "N1").scenario.pair)
    real = run_matrix(MatrixScenario("t09a-before", "t09b-card-added"))
    for policy in ("ONBOARD", "SLOT", "PATH", "MAC", "default"):
        ours = {r.identity: (r.state, r.after and r.after.name) for r in rebuilt.columns[policy].rows}
        assert ours == {r.identity: (r.state, r.after and r.after.name) for r in real.columns[policy].rows}, policy


def test_n3_and_n4_change_what_they_say() -> None:
    three = run_matrix(preset_by_id(PRESETS, "N3").scenario.pair)
    recorded = run_matrix(MatrixScenario("t05-slots-acpihp", "t04-slots-pciehp"))
    names = [[r.after and r.after.name for r in m.columns["default"].rows] for m in (three, recorded)]
    assert names == [["ens11", "ens42"]] * 2
    four = run_matrix(preset_by_id(PRESETS, "N4").scenario.pair)
    assert [r.after and r.after.name for r in four.columns["default"].rows] == ["ens3", "enp0s5", "enp0s7"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_everything_that_can_be_taken_can_be_put_everywhere_that_is_offered(name: str) -> None:
    machine = open_source(name)
    places, cards = targets(machine), card_chips(machine)
    assert cards
    assert places[-1].key.startswith("out")
    assert set(cards) <= {c.devpath for c in machine.cards}
    card = next(iter(cards.values()))
    for place in places[:-1]:
        assert apply(machine, [parse_step(step_of("add nic", place.key))]).cards
    assert len(apply(machine, [parse_step(step_of(card.key, "out of the machine"))]).cards) == len(machine.cards) - 1
    for chip in (*offered(), *cards.values(), *places):
        assert chip.said
        assert chip_said(chip.key, machine) == f"{chip.said}."
    assert chip_said("PATH 52:54:00:00:00:01", machine) == ""


def test_what_does_not_go_together_is_refused() -> None:
    assert step_of("card 52:54:00:00:00:01", "to slot 3") == "move 52:54:00:00:00:01 to slot 3"
    for taken, target in (("add nic", "out of the machine"), ("to slot 3", "card x"), ("", "to slot 3")):
        with pytest.raises(LabError, match="cannot be put there"):
            step_of(taken, target)
    assert set(DRAGS) == {"add", "card"}


def test_every_action_is_a_kind_of_step() -> None:
    assert {kind for kind, _ in ACTIONS.values()} <= set(KINDS)


def test_the_picture_has_what_can_be_taken_and_where_it_can_be_put() -> None:
    answer = run_matrix(preset_by_id(PRESETS, "N1").scenario.pair)
    for width, text in ((920, 14), (810, 14), (500, 14), (320, 14), (920, 22)):
        picture = draw(answer, width, text)
        found = keys(picture.standalone())
        assert [k for k in found if k.startswith("card ")] == ["card 52:54:00:00:00:01", "card 52:54:00:00:00:02"]
        assert sum(k.startswith("add ") for k in found) == len(offered())
        assert sum(k.startswith(("to ", "out ")) for k in found) == len(targets(answer.after))
        assert len(found) == len(set(found))
        for element in ET.fromstring(picture.standalone()).iter(f"{SVG}text"):
            assert float(element.get("font-size", "0")) >= text
            assert -1 <= float(element.get("x", "0")) <= width + 1
            assert float(element.get("y", "0")) <= picture.height
    assert draw(answer, 810).height <= 260
    assert draw(answer, held="add nic").svg() != draw(answer).svg()


def test_recorded_names_cannot_be_rebuilt_and_nothing_is_offered() -> None:
    text = str(find("naming/t09b").path / "export-db.txt")
    answer = run_matrix(RebuildScenario(text).pair)
    assert not [k for k in keys(draw(answer).standalone()) if k.startswith(("add ", "card ", "to "))]
    assert chip_said("add nic", answer.after) == ""


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_the_command_line_says_the_same(preset: object, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = getattr(preset, "scenario", None)
    assert isinstance(scenario, RebuildScenario)
    line = shlex.split(scenario.command())
    assert line[:3] == ["kernel-lab", "naming", "whatif"]
    assert main(line[1:]) == 0
    said = capsys.readouterr().out
    column = run_matrix(scenario.pair).columns["default"]
    for row in column.rows:
        assert any(row.identity in text and row.state in text for text in said.splitlines())


def test_scheme_and_release_stand_in_the_command() -> None:
    scenario = RebuildScenario("t01", scheme="v247", systemd=252)
    assert scenario.command() == "kernel-lab naming whatif t01 --scheme v247 --systemd 252"
    with pytest.raises(LabError, match="'fly away' is no step"):
        RebuildScenario(step=("fly away",))
