"""`kernel-lab kernel naming` without a boot: the list, the recordings, what does not go together."""

import argparse
import dataclasses
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.report import Report
from lab.naming.sources import open_source
from lab.naming.topologies import PRESETS, topology_text
from lab.realkernel.commands import naming


def run(*words: str) -> Report:
    parser = argparse.ArgumentParser()
    naming.fill(parser)
    options = parser.parse_args(words)
    report = options.run(options)
    assert isinstance(report, Report)
    return report


def test_without_a_topology_those_that_there_are_are_listed() -> None:
    report = run()
    assert [entry["topology"] for entry in report.data] == list(PRESETS)
    assert all(name in report.text for name in PRESETS)
    assert all(entry["recording"] for entry in report.data)


def test_a_recording_is_shown_as_a_boot_is_and_says_so() -> None:
    report = run("--topology", "t09b", "--recorded")
    first, second, *_ = report.text.split("\n")
    assert first == "44 names under 11 schemes predicted from the declaration, all as real systemd 252 gave them."
    assert second.endswith("; recorded")
    assert (report.status, report.data["topology"], report.data["differ"]) == (0, "card-added", 0)
    assert run("--topology", "topology:card-added", "--recorded").data == report.data


def test_a_snapshot_of_the_real_machine_is_written_and_opens(tmp_path: Path) -> None:
    out = tmp_path / "real.json"
    report = run("--topology", "multifunction", "--recorded", "-o", str(out))
    assert report.data["snapshot"] == str(out)
    assert f"{out}: the real machine as a snapshot" in report.text
    machine = open_source(str(out))
    assert [card.ifname for card in machine.cards] == [card["name"] for card in report.data["interfaces"]]


def test_two_recordings_tell_what_changed() -> None:
    report = run("--topology", "card-added", "--before", "card-before", "--recorded")
    assert report.text.startswith("card-before → card-added: enp1s0 now belongs to another card.")
    assert (report.status, report.data["differ"], report.data["changes"][1]["state"]) == (0, 0, "taken")
    assert "add --before card-before" in run("--topology", "card-added", "--recorded").text


def test_all_recordings_are_a_line_each_and_a_sum() -> None:
    report = run("--all", "--recorded")
    *lines, last = report.text.split("\n")
    assert [line.partition(":")[0] for line in lines] == list(PRESETS)
    checks = sum(result["checks"] for result in report.data)
    assert last == f"{len(PRESETS)} of {len(PRESETS)} topologies as predicted: {checks:,} checks, 0 differ"


def test_a_file_that_takes_a_preset_s_name_has_not_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(topology_text(dataclasses.replace(PRESETS["flat"], title="another")), "utf-8")
    with pytest.raises(LabError, match="flat: there is no recording of it, only of the presets"):
        run("--topology", str(path), "--recorded")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--topology", "no-such-thing"), "'no-such-thing' is no topology; choose flat, "),
        (("--topology", "/nowhere/x.toml"), "/nowhere/x.toml"),
        (("--recorded",), "--recorded: needs --topology"),
        (("--all", "--topology", "flat"), "--all: boots every preset; leave --topology out"),
        (("--all", "--times", "2"), "--all and --times: one of them at a time"),
        (("--step", "renumber"), "--step: needs --topology"),
        (("--topology", "flat", "--step", "remove enp0s3", "--before", "flat"), "--before and --step: one of them"),
        (("--all", "-o", "x"), "-o: writes one machine"),
        (("--record", "x"), "--record: writes one machine"),
        (("--topology", "flat", "--recorded", "--times", "2"), "--recorded: shows what was booted once"),
        (("--topology", "flat", "--times", "0"), "--times: 0 is out of range; write 1 to 20"),
        (("--topology", "flat", "--step", "fly"), "'fly' is no step"),
        (("--topology", "flat", "--systemd-root", "/nowhere"), "/nowhere: has no systemd-udevd"),
    ],
)
def test_what_does_not_go_is_one_line_before_anything_is_booted(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(LabError) as caught:
        run(*words)
    assert said in str(caught.value)
