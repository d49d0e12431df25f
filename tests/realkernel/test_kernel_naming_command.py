"""`kernel-lab kernel naming` without a boot: the list, the recordings, what does not go together."""

import argparse
import dataclasses
import importlib
import json
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import silent
from lab.core.report import Report
from lab.naming.sources import open_source
from lab.naming.sources.lacks import lacks
from lab.naming.topologies import PRESETS, Topology, topology_text
from lab.realkernel.commands import naming
from lab.realkernel.naming import NamingResult, recorded, recorded_topologies


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
    first, _, third, *_ = report.text.split("\n")
    assert first == "44 names under 11 schemes predicted now from the declaration, all as real systemd 252 gave them."
    assert third == "Linux 6.1.0-56-amd64, QEMU 7.2, udev named under v252; recorded 2026-11-22"
    assert (report.status, report.data["topology"], report.data["differ"]) == (0, "card-added", 0)
    assert run("--topology", "topology:card-added", "--recorded").data == report.data


def test_a_snapshot_of_the_real_machine_is_written_and_opens(tmp_path: Path) -> None:
    out = tmp_path / "real.json"
    report = run("--topology", "multifunction", "--recorded", "-o", str(out))
    assert report.data["snapshot"] == str(out)
    assert f"{out}: the real machine as a snapshot" in report.text
    machine = open_source(str(out))
    assert [card.ifname for card in machine.cards] == [card["name"] for card in report.data["interfaces"]]


@pytest.mark.parametrize("words", [("--recorded",), ("--recorded", "list")])
def test_recordings_are_listed_where_none_is_named(words: tuple[str, ...]) -> None:
    assert run(*words) == run()


@pytest.mark.parametrize("word", ["card-added", "t09b", "topology:card-added"])
def test_a_recording_is_named_without_a_topology(word: str) -> None:
    assert run("--recorded", word).data == run("--topology", "card-added", "--recorded").data


def test_what_record_wrote_is_shown_again(tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    report = run("--recorded", "multifunction", "--record", str(out))
    again = run("--recorded", str(out), "--topology", "multifunction")
    assert again.data == report.data
    mine = tmp_path / "mine.toml"
    text = topology_text(dataclasses.replace(PRESETS["flat"], name="mine"))
    mine.write_text(text.replace("52:54:00:", "52:54:77:"), "utf-8")
    with pytest.raises(LabError, match=r"run\.json: is of another machine: has "):
        run("--recorded", str(out), "--topology", str(mine))


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
    assert last == (
        f"{len(PRESETS)} of {len(PRESETS)} topologies as predicted: {checks:,} checks, 0 differ; "
        "2 races drew an order that nobody predicted"
    )


def test_a_file_that_takes_a_preset_s_name_has_not_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(topology_text(dataclasses.replace(PRESETS["flat"], title="another")), "utf-8")
    with pytest.raises(LabError, match="flat: there is no recording of it, only of the presets"):
        run("--topology", str(path), "--recorded")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--topology", "no-such-thing"), "'no-such-thing' is no topology; choose "),
        (("--topology", "/nowhere/x.toml"), "/nowhere/x.toml"),
        (("--recorded", "flat", "--topology", "flat"), "--recorded flat: stands for --topology and --all"),
        (("--recorded", "list", "--all"), "--recorded list: stands for --topology and --all"),
        (("--recorded", "nothing"), "--recorded: 'nothing' is not one of "),
        (("--recorded", __file__), "name what it was booted with by --topology alone"),
        (("--recorded", __file__, "--topology", "flat"), "test_kernel_naming_command.py: "),
        (("--all", "--topology", "flat"), "--all: boots every preset; leave --topology out"),
        (("--all", "--times", "2"), "--all and --times: one of them at a time"),
        (("--step", "renumber"), "--step: needs --topology"),
        (("--topology", "flat", "--step", "remove enp0s3", "--before", "flat"), "--before and --step: one of them"),
        (("--all", "-o", "x"), "-o: writes one machine"),
        (("--record", "x"), "--record: writes one machine"),
        (("--topology", "flat", "--recorded", "--times", "2"), "--recorded: shows what was booted once"),
        (("--recorded", "flat", "--limit", "3"), "--limit: with --recorded nothing is booted"),
        (("--all", "--recorded", "--kernel", "x"), "--kernel: with --recorded nothing"),
        (("--recorded", "flat", "--systemd-root", "/x"), "--systemd-root: with --recorded nothing"),
        (("--topology", "flat", "--times", "0"), "--times: 0 is out of range; write 1 to 20"),
        (("--topology", "flat", "--step", "fly"), "'fly' is no step"),
        (("--topology", "flat", "--systemd-root", "/nowhere"), "/nowhere: has no systemd-udevd"),
    ],
)
def test_what_does_not_go_is_one_line_before_anything_is_booted(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(LabError) as caught:
        run(*words)
    assert said in str(caught.value)


def test_a_door_that_is_shut_offers_the_recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"or look at a recording: --recorded$"):
        run("--topology", "flat")


def test_one_guest_that_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def boot(topology: Topology, **_: object) -> NamingResult:
        if topology.name == "usb":
            raise LabError("usb: the guest hung\x1b[31m")
        return recorded(topology.name)

    monkeypatch.setattr("lab.realkernel.naming.run.name_really", boot)
    monkeypatch.setattr(naming, "_how", lambda _: {"keep": None, "progress": silent})
    report = run("--all")
    lines = report.text.split("\n")
    assert len(report.data) == len(PRESETS)
    assert [line for line in lines if "usb" in line] == ["usb: ERROR usb: the guest hung\\x1b[31m"]
    assert lines[-1].startswith(f"{len(PRESETS) - 1} of {len(PRESETS)} topologies as predicted")
    assert report.status == 1
    assert [entry["kind"] for entry in report.data].count("error") == 1


@pytest.mark.parametrize("words", [(), ("--all", "--recorded"), ("--recorded", "race"), ("--recorded", "eight-cards")])
def test_what_is_printed_fits_a_terminal(words: tuple[str, ...]) -> None:
    assert max(map(len, run(*words).text.split("\n"))) <= 120


@pytest.mark.parametrize(
    ("words", "kind"),
    [(("--recorded", "flat"), "machine"), (("--topology", "card-added", "--before", "flat", "--recorded"), "pair")],
)
def test_an_answer_says_of_what_kind_it_is(words: tuple[str, ...], kind: str) -> None:
    assert run(*words).data["kind"] == kind


def test_a_recording_that_is_lost_is_not_counted_as_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: place for name, place in recorded_topologies().items() if name != "flat"}
    module = importlib.import_module("lab.realkernel.naming.recorded")  # the package has a function of this name
    monkeypatch.setattr(module, "recorded_topologies", lambda: known)
    report = run("--all", "--recorded")
    assert report.text.startswith("flat: ERROR flat: there is no recording of it; ")
    assert f"\n{len(PRESETS) - 1} of {len(PRESETS)} topologies as predicted" in report.text
    assert report.status == 1


def test_a_snapshot_of_a_recording_has_what_udev_said_and_where_it_is_from(tmp_path: Path) -> None:
    out = tmp_path / "real.json"
    run("--recorded", "flat", "-o", str(out))
    assert "udev's properties" not in [lack.missing for lack in lacks(open_source(str(out)))]
    told = json.loads(out.read_text())["provenance"]
    assert told["origin"].startswith("a machine booted in QEMU 7.2 with Linux")
    assert told["date"] == "2026-11-22"
    assert not told["tool"].startswith("kernel-lab"), "the first recordings were not made by it"
