"""The pin section without a browser: presets, formats, the rule that is chosen, files to save."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import LabError
from lab.naming.pin.scenario import PRESETS, run_pin
from lab.ui import naming_pin


def bundle(widget: Any) -> Any:
    made = widget._repr_mimebundle_()
    return made[0] if isinstance(made, tuple) else made


def test_opens_on_the_upgrade() -> None:
    explorer = naming_pin()
    assert repr(explorer) == ("naming pin explorer, N4: 1 rule keeps all 3 names: without it enp0s3 becomes ens3.")
    assert explorer.bar.badge == "edited"
    assert explorer.why.line.startswith("Rule 1, `enp0s3`: without it enp0s3 becomes ens3.")
    assert "Name=enp0s3" in explorer.why.trace
    assert "--step 'both set 0000:00:03.0/firmware_node/sun=3'" in explorer.bar.command
    assert len(explorer.subject.primary) <= 4
    assert "var(--" not in bundle(explorer)["image/svg+xml"]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_each_preset_says_what_the_core_says(preset: Any) -> None:
    explorer = naming_pin()
    explorer.load(preset.id)
    answer = run_pin(preset.scenario)
    assert explorer.bar.headline == answer.headline
    assert explorer.view.table == answer.pin.to_table()
    assert explorer.bar.files == len(answer.pin.files)


def test_the_rule_of_the_card_that_is_chosen_is_shown() -> None:
    explorer = naming_pin("N1")
    picture = explorer.subject.picture
    assert "PermanentMACAddress=52:54:00:00:00:01" in picture.svg
    picture.selected = "pinned 52:54:00:00:00:02"
    assert "PermanentMACAddress=52:54:00:00:00:02" in picture.svg
    assert explorer.why.line.startswith("Rule 2, `enx525400000002`")
    explorer.controls["format"].value = "netplan"
    assert "macaddress: &quot;52:54:00:00:00:02&quot;" in picture.svg or '"52:54:00:00:00:02"' in picture.svg
    picture.selected = "after 52:54:00:00:00:02"
    assert explorer.why.line == "`enp1s0`: 99-default.link: PATH, `0000:01:00.0` = bus 1, device 0"


def test_a_format_that_cannot_keep_the_names_is_said_at_its_control_and_the_picture_stays() -> None:
    explorer = naming_pin("N1")
    before = explorer.subject.picture.svg
    explorer.controls["format"].value = "cmdline"
    assert explorer.bar.error_at == "format"
    assert "use --format link" in explorer.bar.error
    assert explorer.subject.picture.svg == before
    explorer.controls["format"].value = "link"
    assert explorer.bar.error == ""
    explorer.controls["names"].value = "bogus"
    assert explorer.bar.error_at == "names"
    explorer.controls["names"].value = "MAC"
    assert explorer.bar.error == ""
    assert [row.now for row in run_pin(explorer.scenario).pin.rows] == ["enx525400000001", None]


def test_the_page_is_sent_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = naming_pin("N1")
    sent: list[Any] = []
    monkeypatch.setattr(explorer.bar, "send", sent.append)
    explorer._on_message(explorer.bar, {"do": "files"}, [])
    answer = run_pin(explorer.scenario)
    assert [(m["save"], m["text"]) for m in sent] == [(f.name, f.text) for f in answer.pin.files]
    assert len(sent) == 2


def test_machines_are_read_once(tmp_path: Any) -> None:
    import shutil

    from lab.core.dataset import find

    copy = tmp_path / "nine.tar.gz"
    shutil.copy(find("naming/t09b").path / "sys.tar.gz", copy)
    explorer = naming_pin("N1", after=str(copy))
    copy.unlink()
    explorer.controls["format"].value = "udev"
    explorer.controls["only"].value = "all"
    assert explorer.bar.error == ""
    with pytest.raises(LabError, match="there is no such file"):
        naming_pin("N1", after=str(copy))
