"""The fleet section without a browser: presets, sliders, a file of one's own, cancel."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.naming.fleet import write_sample
from lab.naming.fleet.count import census
from lab.naming.fleet.scenario import PRESETS, FleetScenario, drawn_fleet, first_hosts
from lab.naming.fleet.spread import spread
from lab.ui import naming_fleet


def bundle(widget: Any) -> Any:
    made = widget._repr_mimebundle_()
    return made[0] if isinstance(made, tuple) else made


def answer_of(scenario: FleetScenario) -> Any:
    fleet = first_hosts(drawn_fleet(scenario.seed, scenario.models, scenario.hosts), scenario.hosts)
    return spread(census(fleet, scenario.by), scenario.policy, scenario.place)


def test_opens_on_sixty_hosts_and_explains_the_first_outlier() -> None:
    explorer = naming_fleet()
    assert repr(explorer) == "naming fleet explorer, F1: On 7 of 60 hosts a port is called otherwise (v261)."
    assert explorer.why.line.startswith("`enp5s0` instead of `enp3s0` on 4 of 23 hosts: bus 5 instead of 3")
    assert explorer.why.trace[-1].startswith("4 hosts: m000-host000001")
    assert len(explorer.subject.primary) <= 4
    data = bundle(explorer)
    assert "var(--" not in data["image/svg+xml"]
    assert len(data["image/svg+xml"]) < 60_000


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_each_preset_says_what_the_core_says(preset: Any) -> None:
    explorer = naming_fleet(preset.id)
    answer = answer_of(preset.scenario)
    assert explorer.bar.headline == answer.headline
    assert explorer.view.table == answer.to_table()
    said = [label.partition(":")[0] for label in explorer.controls["scheme"].labels]
    assert said == [str(interval) for interval, _, _ in answer.cut]


def test_sliders_name_no_host_again(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = naming_fleet()
    from lab.naming.fleet import work

    def named(*_: Any) -> None:
        raise AssertionError("a host was read or named again")

    monkeypatch.setattr(work, "scan", named)
    monkeypatch.setattr(work, "answer", named)
    explorer.controls["hosts"].value = "1000"
    assert explorer.bar.headline.startswith("On 80 of 1,000 hosts")
    explorer.controls["scheme"].index = 0
    assert explorer.scenario.scheme == "v245"
    explorer.controls["policy"].value = "ONBOARD"
    assert explorer.controls["scheme"].labels == ["v238–v261: no change"]
    assert explorer.scenario.scheme == "v245"
    assert explorer.bar.error == ""


def test_a_part_that_is_chosen_is_explained_and_its_hosts_are_listed() -> None:
    explorer = naming_fleet("F2")
    assert "taken" not in explorer.why.line
    assert "the usual name of 0000:00/08.0/00.0" in explorer.why.line
    row = next(r for r in answer_of(explorer.scenario).rows if r.odd)
    explorer.subject.picture.selected = f"{row.role.model}|{row.role.role}|kept|{row.usual}"
    assert explorer.why.line.startswith(f"`{row.usual}` on {row.parts[0].hosts} of {row.role.hosts} hosts: PATH:")
    assert f"{row.parts[0].hosts} hosts: " in explorer.why.trace[-1]


def test_a_file_is_read_by_a_click_and_reset_leads_back(tmp_path: Path) -> None:
    file = tmp_path / "fleet.jsonl"
    write_sample(file, seed=5, hosts=40, models=2)
    explorer = naming_fleet(file=str(file))
    assert explorer.bar.headline.startswith("On 7 of 60 hosts")
    assert explorer.path.value == str(file)
    assert explorer._more_button.value
    explorer.job.button.click()
    assert explorer.job.wait(60)
    assert explorer.job.said.value == ""
    assert explorer.scenario.file == str(file)
    assert "of 40 hosts" in explorer.bar.headline
    expected = spread(census(drawn_fleet(5, 2, 40), "vendor-model"), "default", explorer.scenario.place)
    assert explorer.bar.headline == expected.headline
    assert explorer.view.table.rows == expected.to_table().rows
    assert explorer.controls["hosts"].disabled
    assert explorer.bar.command == f"kernel-lab naming fleet {file} --scheme v261 --by vendor-model"
    explorer.controls["policy"].value = "PATH"
    assert "of 40 hosts" in explorer.bar.headline
    explorer.load("F1")
    assert not explorer.controls["hosts"].disabled
    assert "60 hosts" in explorer.bar.headline


def test_lines_that_are_no_snapshot_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "fleet.jsonl"
    write_sample(file, seed=5, hosts=10, models=1)
    file.write_bytes(file.read_bytes() + b"nonsense\n{}\n")
    explorer = naming_fleet(file=str(file))
    explorer.job.button.click()
    assert explorer.job.wait(60)
    assert explorer.bar.headline.endswith("; 2 lines are no snapshot.")


def test_a_bad_file_is_said_beside_the_button_and_the_picture_stays(tmp_path: Path) -> None:
    explorer = naming_fleet()
    before = explorer.subject.picture.svg
    for name, wanted in (("", "no file is named"), (str(tmp_path / "none.jsonl"), "none.jsonl")):
        explorer.path.value = name
        explorer.job.button.click()
        assert explorer.job.wait(60)
        assert wanted in explorer.job.said.value
    assert explorer.subject.picture.svg == before
    with pytest.raises(LabError, match="is not read yet; press Read the file"):
        explorer.set(file="other.jsonl")
    assert explorer.scenario.file == ""


def test_reading_is_cancelled_by_a_second_click(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.ui import naming_hosts

    begun, go = threading.Event(), threading.Event()

    def slow(file: str, schemes: Any, *, workers: Any, keep_going: bool, progress: Any) -> None:
        progress(1, 4, "reading")
        begun.set()
        assert go.wait(20)
        progress(2, 4, "reading")
        raise AssertionError("it went on")

    monkeypatch.setattr(naming_hosts, "survey", slow)
    explorer = naming_fleet(file="x.jsonl")
    explorer.job.button.click()
    assert begun.wait(20)
    assert explorer.job.button.description == "Cancel"
    assert explorer.job.bar.value == 0.25
    explorer.job.button.click()
    go.set()
    assert explorer.job.wait(20)
    assert explorer.job.said.value == "cancelled; nothing was changed"
    assert explorer.scenario.file == ""
