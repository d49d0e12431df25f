"""The naming sections without a browser: presets, controls, errors in place, pictures, text."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import LabError
from lab.naming import PRESETS, run
from lab.naming.intervals import EVERY, shared_intervals
from lab.naming.matrix import PRESETS as MATRIX_PRESETS
from lab.naming.matrix import run_matrix
from lab.naming.names import names_table, own_scheme
from lab.ui import naming_explorer, naming_here, naming_matrix, naming_tree
from lab.ui.naming import recordings
from lab.ui.table import TableView


def bundle(widget: Any) -> Any:
    made = widget._repr_mimebundle_()
    return made[0] if isinstance(made, tuple) else made


def test_opens_on_n1() -> None:
    explorer = naming_explorer()
    assert repr(explorer) == "naming explorer, N1: `enp1s0` now belongs to another card."
    assert explorer.why.line.startswith("PATH: `0000:01:00.0` = bus 1, device 0 → `enp1s0`; SLOT refused: `slots/0`")
    assert explorer.bar.badge == ""
    assert len(explorer.subject.primary) <= 4


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_each_preset_says_what_the_core_says(preset: Any) -> None:
    explorer = naming_explorer()
    explorer.load(preset.id)
    answer = run(preset.scenario)
    assert explorer.bar.headline == answer.headline
    assert explorer.view.table == answer.to_table()
    assert explorer.bar.badge == ("edited" if preset.id == "N4" else "")
    assert explorer.bar.command.startswith("kernel-lab naming compare --before t")


def test_the_scheme_is_a_slider_and_the_machines_are_drop_downs() -> None:
    explorer = naming_explorer("N5")
    slider = explorer.controls["scheme"]
    assert (slider.value, slider.labels, slider.index) == ("v247", ["v238–v245", "v247–v261"], 1)
    slider.index = 0
    assert explorer.scenario.scheme == "v245"
    assert "offered to 2 cards; only one" in explorer.bar.headline
    offered = [value for _, value in explorer.controls["after"].options]
    assert offered == [value for _, value in recordings()]
    explorer.controls["after"].value = "t04-slots-pciehp"
    assert explorer.scenario.after == "t04-slots-pciehp"


def test_other_machines_and_policies_have_other_stops_and_the_scheme_stays() -> None:
    explorer = naming_explorer("N5")
    slider = explorer.controls["scheme"]
    explorer.controls["policy"].value = "MAC"
    assert (slider.labels, explorer.scenario.scheme) == (["v238–v261: no change"], "v247")
    explorer.controls["policy"].value = "SLOT"
    assert (slider.labels, slider.index, explorer.scenario.scheme) == (["v238–v245", "v247–v261"], 1, "v247")
    slider.index = 0
    explorer.controls["before"].value = explorer.controls["after"].value = "t09b-card-added"
    assert (slider.labels, explorer.scenario.scheme) == (["v238–v261: no change"], "v245")
    assert explorer.bar.error == ""


def test_an_upgrade_of_systemd_names_by_the_default_scheme_of_each_release() -> None:
    machine = "t18-sun-no-slot"
    explorer = naming_explorer("N4", before=machine, after=machine, step=(), scheme="default", scheme_before="same")
    explorer.controls["systemd_before"].value = "252"
    explorer.controls["systemd"].value = 257
    assert explorer.bar.headline == "systemd 252 → 257: `enp0s3` is now called `ens3`."
    assert "before: 18, systemd 252, v252" in explorer.subject.picture.svg
    assert explorer.bar.badge == ""
    assert "--systemd 257 --systemd-before 252" in explorer.bar.command


def test_a_scheme_that_the_release_does_not_know_gives_way_to_its_default() -> None:
    explorer = naming_explorer("N4")
    explorer.controls["systemd"].value = 252
    assert explorer.bar.error == ""
    assert (explorer.scenario.scheme, explorer.scenario.schemes) == ("default", ("v252", "v252"))
    assert explorer.controls["scheme"].labels == ["v238–v252: no change"]
    assert explorer.controls["scheme_before"].value == "same"


def test_a_file_that_nobody_offered_is_shown_too(tmp_path: Any) -> None:
    from lab.core.dataset import find

    explorer = naming_explorer()
    text = str(find("naming/t09b").path / "export-db.txt")
    explorer.set(after=text, scheme="v252")
    assert explorer.controls["after"].value == text
    assert explorer.bar.headline == "`enp1s0` now belongs to another card."
    explorer.load("N1")
    assert explorer.controls["after"].value == "t09b-card-added"


def test_a_step_that_does_not_fit_is_said_at_its_control_and_the_picture_stays() -> None:
    explorer = naming_explorer()
    before = explorer.subject.picture.svg
    explorer.controls["step"].value = "fly away"
    assert explorer.bar.error.startswith("--step: 'fly away' is no step")
    assert explorer.bar.error_at == "step"
    assert explorer.subject.picture.svg == before
    explorer.controls["step"].value = "set 0000:02:00.0/acpi_index=1"
    assert explorer.bar.error == ""
    assert explorer.bar.badge == "edited"
    assert [row[5] for row in explorer.view.table.rows] == ["eno1", "enp1s0"]


def test_steps_are_separated_by_semicolons_so_that_a_value_may_hold_a_comma() -> None:
    explorer = naming_explorer()
    explorer.controls["step"].value = "set 0000:02:00.0/label=a,b; set 0000:02:00.0/acpi_index=1"
    assert explorer.bar.error == ""
    assert explorer.scenario.step == ("set 0000:02:00.0/label=a,b", "set 0000:02:00.0/acpi_index=1")
    explorer.set(step=("set 0000:02:00.0/label=a;b",))
    explorer.controls["policy"].value = "MAC"
    assert explorer.scenario.step == ("set 0000:02:00.0/label=a;b",)
    explorer.controls["step"].value = "set 0000:02:00.0/label=\ud800"
    assert "no UTF-8 text" in explorer.bar.error


def test_a_chosen_name_is_explained() -> None:
    explorer = naming_explorer("N3")
    explorer.subject.picture.selected = "before 52:54:00:00:00:02"
    assert explorer.why.line.startswith("SLOT: `slots/42` = 0000:02:00 → `ens42`")
    assert any("/bus/pci/slots/42/address" in line for line in explorer.why.trace)


def test_the_stored_picture_stands_alone() -> None:
    data = bundle(naming_explorer())
    assert data["image/svg+xml"].startswith("<?xml")
    assert "var(--" not in data["image/svg+xml"]
    assert data["text/plain"].startswith("naming explorer, N1")


def test_unknown_presets_and_parameters_are_errors() -> None:
    explorer = naming_explorer()
    with pytest.raises(LabError, match="'N9' is not one of"):
        explorer.load("N9")
    with pytest.raises(LabError, match="no parameter of the naming explorer"):
        explorer.set(colour="red")


def test_the_tree_opens_on_n1s_second_machine() -> None:
    tree = naming_tree()
    assert repr(tree) == "naming tree explorer, N1: `enp1s0` and `enp2s0` come from the PCI address."
    assert tree.bar.command == "kernel-lab naming tree --machine t09b-card-added"
    tree.load("N5")
    assert tree.controls["scheme"].labels == ["v238–v245", "v247–v261"]
    tree.controls["scheme"].index = 0
    assert tree.bar.headline == "`ens2` and `ens2` come from a slot number."
    tree.subject.picture.selected = tree.view.picture.roots[-1].children[0].key
    assert "`slots/2`" in tree.why.line
    assert "var(--" not in bundle(tree)["image/svg+xml"]


def test_the_matrix_opens_on_n1() -> None:
    matrix = naming_matrix()
    assert repr(matrix).startswith("naming matrix explorer, N1: Only MAC names stay; PATH and default names now mean")
    assert matrix.why.line.startswith("PATH: `0000:01:00.0` = bus 1, device 0 → `enp1s0`")
    assert matrix.bar.command == "kernel-lab naming matrix --before t09a-before --after t09b-card-added"
    assert len(matrix.subject.primary) <= 4
    assert matrix.subject.picture.grid
    data = bundle(matrix)
    assert "var(--" not in data["image/svg+xml"]
    assert len(data["image/svg+xml"]) < 200_000


@pytest.mark.parametrize("preset", MATRIX_PRESETS, ids=lambda p: p.id)
def test_each_preset_of_the_matrix_says_what_the_core_says(preset: Any) -> None:
    matrix = naming_matrix(preset.id)
    answer = run_matrix(preset.scenario)
    assert matrix.bar.headline == answer.headline
    assert matrix.view.table == answer.to_table()
    assert matrix.bar.badge == ("edited" if preset.id == "N4" else "")
    cut = shared_intervals(answer.scenario, answer.before, answer.after, EVERY)
    said = [label.partition(":")[0] for label in matrix.controls["scheme"].labels]
    assert said == [str(interval) for interval in cut]
    assert "policy" not in matrix.controls


def test_a_cell_of_the_matrix_is_explained_and_the_slider_changes_cells() -> None:
    matrix = naming_matrix("N5")
    matrix.subject.picture.selected = "SLOT 52:54:00:00:00:01"
    assert matrix.why.line.startswith("before `ens2`, now SLOT refused: `slots/2` holds a bridge")
    assert any("/bus/pci/slots/2/address" in line for line in matrix.why.trace)
    matrix.controls["scheme"].index = 0
    assert matrix.scenario.scheme == "v245"
    assert matrix.why.line.startswith("SLOT: `slots/2`")
    assert "are offered to several cards" in matrix.bar.headline
    matrix.subject.picture.asked += 1
    assert matrix.why.asked == 1


def test_a_slider_reads_no_file_again(tmp_path: Any) -> None:
    import shutil

    from lab.core.dataset import find

    copy = tmp_path / "thirteen.tar.gz"
    shutil.copy(find("naming/t13").path / "sys.tar.gz", copy)
    explorer = naming_explorer("N5", after=str(copy))
    copy.unlink()
    explorer.controls["scheme"].index = 0
    assert explorer.bar.error == ""
    assert explorer.scenario.scheme == "v245"
    other = tmp_path / "nothing.tar.gz"
    explorer.controls["after"].options = [*explorer.controls["after"].options, ("other", str(other))]
    explorer.controls["after"].value = str(other)
    assert "there is no such file" in explorer.bar.error


def test_this_machine_is_read_by_a_click_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.naming.sources import live

    calls: list[str] = []

    def shut(root: str) -> None:
        calls.append(root)
        raise LabError("this machine: netlink cannot be asked")

    monkeypatch.setattr(live, "this_machine", shut)
    here = naming_here("/elsewhere")
    assert repr(here) == "this machine: nothing is read until the button is clicked"
    assert "<svg" in bundle(here)["image/svg+xml"]
    assert calls == []
    here.job.button.click()
    assert here.job.wait(20)
    assert calls == ["/elsewhere"]
    assert here.job.said.value == "✕ this machine: netlink cannot be asked"
    assert here.table.layout.display == "none"
    here.instead.button.click()
    assert here.instead.wait(20)
    assert here.table.layout.display == "block"
    assert repr(here.table) == (
        "TableView('t09b-card-added (sysfs tarball), names under v261; ? is uncertain', 2 rows)"
    )


def test_names_of_a_machine_as_a_table() -> None:
    from lab.naming import open_source

    machine = open_source("t02")
    table = names_table(machine, own_scheme(machine))
    assert [row[0] for row in table.rows] == ["enp0s3", "eno7", "enp0s6"]
    assert dict(zip(table.columns, table.rows[1], strict=True))["ONBOARD"] == "eno7"
    assert isinstance(TableView(table), TableView)
