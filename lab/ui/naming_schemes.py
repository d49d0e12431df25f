"""The scheme slider of this room: its stops are the intervals of schemes under which no name differs."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

from lab.naming import Machine, NamingScenario, open_source
from lab.naming.intervals import Interval, intervals, shared_intervals
from lab.naming.matrix import changed
from lab.naming.scenario import DEFAULT, SAME
from lab.naming.schemes.releases import release
from lab.naming.topology import TreeScenario
from lab.naming.whatif import Applied
from lab.ui.stops import Stop

__all__ = ["KEPT", "Looks", "TreeLooks", "scheme_fits", "stops_of", "tree_scheme_fits"]

KEPT = 8  # answers that one explorer keeps, so that a drag reads and compares nothing again
S = TypeVar("S", bound=NamingScenario)


class Looks:
    """What an explorer of two machines has read: the machines, and where their names differ between schemes.

    A file is read when it is chosen; what changes in it later shows when the explorer is made again.
    """

    def __init__(self, policy: str = "") -> None:
        """The intervals are those of `policy`, by default of the scenario's."""
        self._machines = functools.lru_cache(KEPT)(changed)
        self._shared = functools.lru_cache(KEPT)(self._cut)
        self._strip = functools.lru_cache(KEPT)(self._cut_after)
        self._policy = policy

    def machines(self, scenario: NamingScenario) -> tuple[Machine, Applied]:
        """The machine before, and the one after its steps; raises `LabError` if one cannot be read or edited."""
        return self._machines(_without_rules(scenario))

    def after(self, scenario: NamingScenario) -> tuple[Interval, ...]:
        """The intervals of the machine after alone."""
        return self._strip(dataclasses.replace(scenario, scheme=DEFAULT, scheme_before=SAME, systemd_before=None))

    def stops(self, scenario: NamingScenario) -> Sequence[Stop]:
        """The stops of the scheme slider for both machines."""
        return stops_of(self._shared(dataclasses.replace(scenario, scheme=DEFAULT)), scenario.systemd)

    def _cut(self, scenario: NamingScenario) -> tuple[Interval, ...]:
        before, after = self.machines(scenario)
        return shared_intervals(scenario, before, after.machine, self._policy)

    def _cut_after(self, scenario: NamingScenario) -> tuple[Interval, ...]:
        return intervals(self.machines(scenario)[1].machine, self._policy or scenario.policy, scenario.systemd)


class TreeLooks:
    """The same for an explorer of one machine."""

    def __init__(self) -> None:
        """Nothing has been read yet."""
        self.machine: Callable[[str], Machine] = functools.lru_cache(KEPT)(open_source)
        self._intervals = functools.lru_cache(KEPT)(self._cut)

    def stops(self, scenario: TreeScenario) -> Sequence[Stop]:
        """The stops of the scheme slider."""
        return stops_of(self._intervals(dataclasses.replace(scenario, scheme=DEFAULT)), scenario.systemd)

    def _cut(self, scenario: TreeScenario) -> tuple[Interval, ...]:
        return intervals(self.machine(scenario.machine), scenario.policy, scenario.systemd)


def _without_rules(scenario: NamingScenario) -> NamingScenario:
    """The scenario as far as it makes the machines: equal for all policies, schemes and releases."""
    blank = NamingScenario()
    rules = {n: getattr(blank, n) for n in ("policy", "scheme", "scheme_before", "systemd", "systemd_before")}
    return dataclasses.replace(scenario, **rules)


def stops_of(cut: Sequence[Interval], systemd: int) -> tuple[Stop, ...]:
    """A stop for each interval, at its last scheme; the last one is the release's default."""
    default = release(systemd).default
    found = []
    for interval in cut:
        last = interval.last == default
        label = f"{interval}: no change" if len(cut) == 1 else str(interval)
        found.append(Stop(label, DEFAULT if last else interval.last, interval.schemes))
    return tuple(found)


def scheme_fits(scenario: S) -> S:
    """The scenario with the release's default where a release does not know the scheme that was chosen for it."""
    new = release(scenario.systemd)
    if scenario.scheme not in (DEFAULT, *new.schemes):
        scenario = dataclasses.replace(scenario, scheme=DEFAULT)
    old = new if scenario.systemd_before is None else release(scenario.systemd_before)
    if scenario.scheme_before not in (SAME, *old.schemes):
        scenario = dataclasses.replace(scenario, scheme_before=SAME)
    return scenario


def tree_scheme_fits(scenario: TreeScenario) -> TreeScenario:
    """The same for one machine."""
    if scenario.scheme in (DEFAULT, *release(scenario.systemd).schemes):
        return scenario
    return dataclasses.replace(scenario, scheme=DEFAULT)
