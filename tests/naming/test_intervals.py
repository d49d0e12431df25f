"""Schemes of equal result: for one machine, for two, for every policy, and under older systemds."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from lab.core.dataset import listed
from lab.core.errors import LabError
from lab.core.scenario import preset_by_id
from lab.naming import PRESETS, Machine, NamingScenario, open_source
from lab.naming.choice import POLICY_WORDS, choose
from lab.naming.compare import machines
from lab.naming.intervals import EVERY, Interval, intervals, shared_intervals
from lab.naming.schemes.flags import SCHEMES, scheme
from lab.naming.schemes.releases import release

RECORDINGS = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


def names(machine: Machine, policy: str, under: str) -> list[tuple[str | None, bool, bool]]:
    return [(c.name, c.collides, c.certain) for c in choose(machine, policy, scheme(under)).values()]


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_policy_is_cut_where_one_of_them_is(name: str) -> None:
    machine = open_source(name)
    cuts = {i.first for policy in POLICY_WORDS for i in intervals(machine, policy)}
    assert {i.first for i in intervals(machine, EVERY)} == cuts


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_within_an_interval_nothing_changes_and_between_two_something_does(preset: object) -> None:
    scenario = getattr(preset, "scenario", None)
    assert isinstance(scenario, NamingScenario)
    before, after = machines(scenario)

    def result(under: str) -> object:
        old, new = dataclasses.replace(scenario, scheme=under).schemes
        return names(before, scenario.policy, old), names(after, scenario.policy, new)

    found = shared_intervals(scenario, before, after)
    assert [s for i in found for s in i.schemes] == list(SCHEMES)
    for interval in found:
        assert len({str(result(s)) for s in interval.schemes}) == 1
    for left, right in itertools.pairwise(found):
        assert result(left.last) != result(right.first)


def test_the_stops_of_the_presets() -> None:
    said = {p.id: [str(i) for i in shared_intervals(p.scenario, *machines(p.scenario))] for p in PRESETS}
    one = ["v238–v261"]
    assert said == {
        "N1": one, "N2": one, "N3": one, "N4": ["v238–v255", "v257–v261"], "N5": ["v238–v245", "v247–v261"]
    }  # fmt: skip


def test_the_machine_before_counts_where_it_follows_the_scheme() -> None:
    five = preset_by_id(PRESETS, "N5").scenario
    other = dataclasses.replace(five, after="t09b-card-added")
    assert len(shared_intervals(other, *machines(other))) == 1, "before stays at v245"
    follows = dataclasses.replace(other, scheme_before="same")
    assert len(shared_intervals(follows, *machines(follows))) == 2


def test_an_older_systemd_knows_fewer_schemes() -> None:
    machine = open_source("t13")
    assert [str(i) for i in intervals(machine, "default", 252)] == ["v238–v245", "v247–v252"]
    assert [str(i) for i in intervals(machine, "default", 245)] == ["v238–v245"]
    with pytest.raises(LabError, match="unknown"):
        intervals(machine, "default", 900)


def test_the_rules_of_a_scenario() -> None:
    assert NamingScenario().schemes == ("v261", "v261")
    assert NamingScenario(systemd=252).schemes == ("v252", "v252")
    upgrade = NamingScenario(systemd_before=252, systemd=257)
    assert [(r.release, r.name) for r in upgrade.rules] == [(252, "v252"), (257, "v257")]
    pinned = dataclasses.replace(upgrade, scheme="v247")
    assert pinned.schemes == ("v247", "v247")
    beyond = dataclasses.replace(upgrade, scheme="v255")
    assert beyond.schemes == ("v252", "v255"), "252 does not know v255 and takes its own default"
    with pytest.raises(LabError, match="'v257' is unknown to systemd 252; it knows v238"):
        _ = NamingScenario(systemd=252, scheme="v257").rules
    with pytest.raises(LabError, match="--systemd: 100 is out of range"):
        NamingScenario(systemd=100)


def test_an_interval_knows_its_schemes() -> None:
    interval = Interval("v245", "v249")
    assert interval.schemes == ("v245", "v247", "v249")
    assert "v247" in interval
    assert "v250" not in interval
    assert "v246" not in interval
    alone = Interval("systemd-230", "systemd-230")
    assert (str(alone), alone.schemes, "systemd-230" in alone, "v238" in alone) == (
        "systemd-230", ("systemd-230",), True, False
    )  # fmt: skip


def test_the_newest_release_knows_every_scheme() -> None:
    assert list(release(262).schemes) == list(SCHEMES)
