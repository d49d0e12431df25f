"""Schemes that give equal names, as intervals: "v238 to v245", "v247 to v261"."""

from __future__ import annotations

import dataclasses

from lab.naming.choice import choose
from lab.naming.model import Machine
from lab.naming.schemes.flags import SCHEMES

__all__ = ["Interval", "intervals"]


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """A run of schemes, `first` to `last`, under which every card has the same name."""

    first: str
    last: str

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
    last: object = None
    for name, scheme in SCHEMES.items():
        result = [(c.name, c.collides, c.certain) for c in choose(machine, policy, scheme).values()]
        if found and result == last:
            found[-1] = Interval(found[-1].first, name)
        else:
            found.append(Interval(name, name))
        last = result
    return tuple(found)
