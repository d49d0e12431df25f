"""Naming on a real kernel: recorded beside predicted, every machine of the list, and a machine that contradicts."""

from __future__ import annotations

import dataclasses
import re

import pytest

from lab.core.errors import LabError
from lab.naming.topologies.presets import PRESETS as TOPOLOGIES
from lab.realkernel.naming import compared
from lab.realkernel.naming.recorded import recorded, recorded_topologies
from lab.ui import kernel_naming, naming_kernel
from lab.ui.kernel_naming import CALLED, OnKernel
from lab.ui.kernel_run import NOT_RUN, RECORDED


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_it_opens_on_the_machine_of_n1_as_it_was_recorded() -> None:
    made = naming_kernel()
    result = recorded("card-added")
    assert repr(made) == (
        f"naming_kernel explorer, card-added: {result.names} names under {len(result.said.schemes)} schemes predicted "
        f"now from the declaration, all as real systemd {result.said.systemd.number} gave them."
    )
    assert made.bar.badge == RECORDED
    assert made.bar.command == "kernel-lab kernel naming --topology card-added"
    written = texts(made.view.svg())
    for card in result.cards:
        assert written.count(str(card.name)) == 2, "predicted, and real"
    verdicts = 1 + len(result.said.schemes)  # of the name, and under each scheme
    assert written.count("✓") == len(result.cards) * verdicts
    assert "✕" not in written


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_every_machine_of_the_list_can_be_looked_at(name: str) -> None:
    made = naming_kernel(name)
    assert made.bar.badge == (RECORDED if name in recorded_topologies() else NOT_RUN)
    written = texts(made.view.svg())
    ids = [device.id for device in TOPOLOGIES[name].cards]
    for card in ids[:8]:
        assert any(text.startswith(card) for text in written)
    made.set(policy="PATH")
    for width in (320, 1200):
        made.bar.width = width
        assert made.subject.picture._picture.width == width
    for key in ("", ids[0], f"{ids[0]} v247"):
        assert made.view.why(key).line
    assert made.view.table.rows


def test_a_machine_that_nobody_recorded_shows_its_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_naming, "_recorded", lambda topology: None)
    made = naming_kernel("eight-cards")
    names = [str(card.name) for card in recorded("eight-cards").cards]
    assert made.bar.badge == NOT_RUN
    said = ", ".join(f"`{name}`" for name in names[:3])
    assert made.bar.headline == f"No recording of this machine: run it. Predicted: {said} and 5 more."
    written = texts(made.view.svg())
    assert set(names) <= set(written)
    assert written.count("not run yet") == 8
    assert not {"✓", "✕"} & set(written)
    assert [row[2] for row in made.view.table.rows] == names


def test_the_slider_stops_where_names_change_and_a_strange_scheme_is_udevs_own() -> None:
    made = naming_kernel("bridge-in-slot", policy="SLOT")
    labels = [stop.label for stop in made.controls["scheme"].stops]
    assert labels == ["v238–v245", "v247–v252"], "from v247 on the slot of a bridge names no card"
    result = recorded("bridge-in-slot")
    for stop in made.controls["scheme"].stops:
        made.controls["scheme"].index = made.controls["scheme"].stops.index(stop)
        scheme = result.said.scheme if made.scenario.scheme == "default" else made.scenario.scheme
        real = {a.real for c in result.cards for a in c.answers if (a.scheme, a.policy) == (scheme, "SLOT")}
        written = texts(made.view.svg())
        for name in real:
            assert (name or "no name") in written
    made.set(scheme="v261")  # systemd 252 does not know it
    assert made.controls["scheme"].stops[-1].value == "default"
    made.set(policy=CALLED)
    assert [stop.label for stop in made.controls["scheme"].stops] == [f"{result.said.scheme}, udev's own"]


def test_a_machine_that_contradicts_is_not_called_as_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer of the recording is turned round: row, square, headline and why line say so."""
    good = recorded("card-added")
    card = good.cards[0]
    answers = tuple(
        dataclasses.replace(a, real="enp9s9") if (a.scheme, a.policy) == ("v245", "PATH") else a for a in card.answers
    )
    bad = dataclasses.replace(good, cards=(dataclasses.replace(card, answers=answers, name="enp9s9"), *good.cards[1:]))
    monkeypatch.setattr(kernel_naming, "_recorded", lambda topology: bad)
    made = naming_kernel("card-added")
    assert made.bar.headline.startswith(f"2 of {good.checks} checks differ")
    written = texts(made.view.svg())
    assert written.count("✕") == 2
    assert {"≠", "=", "enp9s9"} <= set(written)
    assert "✕ real `enp9s9`" in made.view.why("nic1 v245").line
    assert "✕" not in made.view.why("nic1 v247").line


@pytest.mark.parametrize(("name", "orders"), [("driver-race", 2), ("race-two-cpus", 6)])
def test_a_race_shows_every_name_that_may_come_and_calls_none_predicted(name: str, orders: int) -> None:
    made = naming_kernel(name)
    result = recorded(name)
    written = texts(made.view.svg())
    assert any("eth0 or eth1" in text for text in written)
    assert written.count("∈") == len(result.cards)
    assert "=" not in written
    assert written.count("✓") == len(result.cards) * len(result.said.schemes), "the squares, and no name"
    assert made.bar.headline.endswith(f"was left open by the race: 1 of {orders} possible orders came.")
    assert "nic1: left open eth0 or eth1" in made.view.svg()


def test_the_command_boots_as_often_as_the_button() -> None:
    assert naming_kernel("race-two-cpus").bar.command.endswith("--topology race-two-cpus --times 1")
    assert "--times" not in naming_kernel("driver-race").bar.command


def test_what_nobody_tried_on_this_qemu_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    good = recorded("acpi-index")
    newer = compared(good.topology, good.predicted, dataclasses.replace(good.said, qemu="10.0.2"))
    monkeypatch.setattr(kernel_naming, "_recorded", lambda topology: newer)
    made = naming_kernel("acpi-index")
    written = texts(made.view.svg())
    assert written.count("∈") == 1
    assert written.count("?") == len(newer.said.schemes)
    assert "Not judged: nic1" in made.bar.headline
    assert "nic1 under v252: not judged" in made.view.svg()
    assert "not run yet" not in made.view.svg()
    assert any("not tried" in line for line in made.view.why("").trace)


def test_a_recording_says_when_and_in_which_qemu() -> None:
    assert "QEMU 7.2, udev named under v252; recorded 2026-11-22." in naming_kernel().view.why("").line


def test_why_gives_the_rule_behind_each_name() -> None:
    why = naming_kernel().view.why("nic1 v243")
    assert why.line.startswith("`nic1` under v243: PATH `enp2s0` ✓")
    assert any(line.startswith("PATH: `0000:02:00.0`") for line in why.trace)


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(LabError, match="'N1' is not one of card-added"):
        naming_kernel("N1")
    with pytest.raises(LabError, match="--policy"):
        OnKernel(policy="ID")
