"""Schemes that give equal names, as intervals: "v238 to v245", "v247 to v261", and which rule made the cut."""

from __future__ import annotations

import dataclasses

from lab.naming.choice import choose
from lab.naming.model import Machine
from lab.naming.schemes.flags import MEANING, SCHEMES, Scheme

__all__ = ["Interval", "intervals"]


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
        order = list(SCHEMES)
        return scheme in SCHEMES and order.index(self.first) <= order.index(scheme) <= order.index(self.last)


def intervals(machine: Machine, policy: str) -> tuple[Interval, ...]:
    """All schemes, cut where a card of `machine` gets another name under `policy`, or another certainty."""
    found: list[Interval] = []
    before: Scheme | None = None
    last: object = None
    for name, scheme in SCHEMES.items():
        result = _names(machine, policy, scheme)
        if before is not None and result == last:
            found[-1] = dataclasses.replace(found[-1], last=name)
        else:
            found.append(Interval(name, name, "" if before is None else _cause(machine, policy, before, scheme, last)))
        before, last = scheme, result
    return tuple(found)


def _names(machine: Machine, policy: str, scheme: Scheme) -> object:
    return [(c.name, c.collides, c.certain) for c in choose(machine, policy, scheme).values()]


def _cause(machine: Machine, policy: str, before: Scheme, after: Scheme, names: object) -> str:
    """What differs between two schemes and, taken back alone, gives the old `names` again."""
    if policy == "kernel" or machine.recorded:
        return ""
    changed = sorted(before.flags ^ after.flags)
    alone = [f for f in changed if _names(machine, policy, Scheme(after.name, after.flags ^ {f})) == names]
    return " and ".join(f"{'' if f in after.flags else 'no longer: '}{MEANING[f]}" for f in alone)
