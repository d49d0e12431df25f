"""Schemes that give equal names, as intervals: "v238 to v245", "v247 to v261", and which rule made the cut."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from lab.naming.choice import choose
from lab.naming.model import Machine
from lab.naming.scenario import SAME, NamingScenario
from lab.naming.schemes import predict
from lab.naming.schemes.flags import MEANING, RELEASE, SCHEMES, Scheme
from lab.naming.schemes.releases import release

__all__ = ["EVERY", "Interval", "intervals", "shared_intervals"]

EVERY = "every policy"  # in place of a policy: all of them must agree


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """A run of schemes, `first` to `last`, under which every card has the same name.

    `because`: the rule that `first` brought or dropped and that alone made the names differ from the schemes
    before; "" for the first interval.
    """

    first: str
    last: str
    because: str = ""

    def __str__(self) -> str:
        """Such as "v238–v245"."""
        return self.first if self.first == self.last else f"{self.first}–{self.last}"

    def __contains__(self, scheme: str) -> bool:
        """True if `scheme` lies in it."""
        if scheme not in SCHEMES:  # the one of a systemd that had no schemes
            return scheme == self.first
        order = list(SCHEMES)
        return self.first in SCHEMES and order.index(self.first) <= order.index(scheme) <= order.index(self.last)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of all schemes in it, in order."""
        return tuple(name for name in SCHEMES if name in self) or (self.first,)


def intervals(machine: Machine, policy: str, systemd: int = RELEASE) -> tuple[Interval, ...]:
    """All schemes that `systemd` knows, cut where a card of `machine` gets another name, or another certainty.

    `policy` is one of `POLICY_WORDS`, or `EVERY`. Raises `LabError` for a release that is unknown.
    """
    known = release(systemd).schemes

    def cause(before: Scheme, after: Scheme, names: object) -> str:
        return _cause(machine, policy, before, after, names)

    return _runs(known, lambda scheme: _names(machine, policy, scheme), cause)


def shared_intervals(
    scenario: NamingScenario, before: Machine, after: Machine, policy: str = ""
) -> tuple[Interval, ...]:
    """The values of `scenario.scheme` between which neither machine has another name under `policy`.

    `policy` is the scenario's unless it is given. The machine before only counts where it follows the scheme.
    `before` and `after` are the scenario's machines. Raises `LabError` as `intervals` does.
    """
    wanted = policy or scenario.policy
    follows = scenario.scheme_before == SAME
    alike = follows and before == after and scenario.systemd_before in (None, scenario.systemd)
    seen: dict[Scheme, object] = {}

    def result(scheme: Scheme) -> object:
        name = scheme.name if scheme.name in SCHEMES else "default"
        old, new = dataclasses.replace(scenario, scheme=name).rules
        if old not in seen:
            seen[old] = _names(before, wanted, old) if follows and not alike else None
        return seen[old], _names(after, wanted, new)

    return _runs(release(scenario.systemd).schemes, result, lambda before, after, names: "")


def _runs(
    schemes: Mapping[str, Scheme], result: Callable[[Scheme], object], cause: Callable[[Scheme, Scheme, object], str]
) -> tuple[Interval, ...]:
    """The runs of schemes of equal `result`; `cause` says why there is a cut."""
    found: list[Interval] = []
    before: Scheme | None = None
    last: object = None
    for name, scheme in schemes.items():
        now = result(scheme)
        if before is not None and now == last:
            found[-1] = dataclasses.replace(found[-1], last=name)
        else:
            found.append(Interval(name, name, "" if before is None else cause(before, scheme, last)))
        before, last = scheme, now
    return tuple(found)


def _names(machine: Machine, policy: str, scheme: Scheme) -> object:
    if policy == EVERY:  # what every other name is chosen from
        return [[(c.name, c.certain) for c in predict(machine, card, scheme).values()] for card in machine.cards]
    return [(c.name, c.collides, c.certain) for c in choose(machine, policy, scheme).values()]


def _cause(machine: Machine, policy: str, before: Scheme, after: Scheme, names: object) -> str:
    """What differs between two schemes and, taken back alone, gives the old `names` again."""
    if policy == "kernel" or machine.recorded:
        return ""
    changed = sorted(before.flags ^ after.flags)

    def undone(flag: str) -> object:
        return _names(machine, policy, dataclasses.replace(after, flags=after.flags ^ {flag}))

    alone = [flag for flag in changed if undone(flag) == names]
    return " and ".join(f"{'' if f in after.flags else 'no longer: '}{MEANING.get(f, f)}" for f in alone)
