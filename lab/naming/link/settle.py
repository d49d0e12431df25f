"""What the kernel makes of the names that are asked for: one name, one interface; and who depends on whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.naming.link.decide import Decision

__all__ = ["Names", "settle"]


class Names:
    """Who has or wants each name, at some time; `decisions` by devpath, before they are settled."""

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self.decisions = dict(decisions)
        self._order = {path: number for number, path in enumerate(decisions)}
        self._holders: dict[str, set[str]] = {}
        for path, decision in decisions.items():
            for name in spoken(decision):
                self._holders.setdefault(name, set()).add(path)

    def replace(self, path: str, decision: Decision) -> None:
        """The interface at `path` has another decision from now on."""
        for name in spoken(self.decisions[path]):
            self._holders[name].discard(path)
        for name in spoken(decision):
            self._holders.setdefault(name, set()).add(path)
        self.decisions[path] = decision

    def sharing(self, names: Iterable[str]) -> set[str]:
        """The interfaces that have or want one of `names`."""
        return {path for name in names for path in self._holders.get(name, ())}

    def rivals(self, path: str) -> tuple[str, ...]:
        """The others that have or want, at some time, the name that the interface at `path` ends with."""
        decision = self.decisions[path]
        near = self._holders.get(decision.wanted or decision.kernel_name, ())
        others = (other for other in near if other != path and _in_the_way(decision, self.decisions[other]))
        return tuple(sorted(others, key=self._order.__getitem__))


def spoken(decision: Decision) -> Iterator[str]:
    """Every name that an interface has or wants at some time."""
    yield decision.kernel_name
    if decision.wanted is not None:
        yield decision.wanted
    yield from decision.altnames


def _in_the_way(decision: Decision, other: Decision) -> bool:
    name = decision.wanted
    if name is None:
        return other.wanted == decision.kernel_name and other.kernel_name != decision.kernel_name
    return name in (other.wanted, other.kernel_name, *other.altnames)


def settle(found: Mapping[str, Decision]) -> dict[str, Decision]:
    """The names as the kernel grants them, in the order of ifindex, and who depends on whom."""
    names = Names(found)
    taken = {decision.kernel_name: path for path, decision in found.items()}
    settled: dict[str, Decision] = {}
    for path in sorted(found, key=lambda p: (found[p].card.ifindex is None, found[p].card.ifindex or 0, p)):
        decision = found[path]
        name = decision.kernel_name
        if decision.wanted is not None and taken.get(decision.wanted, path) == path:
            name = decision.wanted
            if taken.get(decision.kernel_name) == path:
                del taken[decision.kernel_name]
            taken[name] = path
        altnames = tuple(a for a in decision.altnames if a != name and taken.get(a, path) == path)
        taken.update(dict.fromkeys(altnames, path))
        settled[path] = dataclasses.replace(decision, name=name, altnames=altnames, rivals=names.rivals(path))
    return {path: settled[path] for path in found}
