"""A set of rules with one rule less: what is lost then, decided again only where that rule can matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from lab.naming.link.decide import Decision
from lab.naming.link.settle import Names, settle, spoken
from lab.naming.pin.case import Case, renames
from lab.naming.pin.rule import Rule

__all__ = ["Fewer", "smallest", "without_each"]


def smallest(case: Case, format_: ModuleType, rules: Sequence[Rule]) -> list[Rule]:
    """`rules` without those that can be taken out, one after the other, while no further name is lost.

    None of those that stay can be left out then, and no smaller choice among `rules` does as well: a card needs its
    rule for what it is called itself, or for whose way it is in, whichever of the others went before. So it is
    found by trying every choice in the tests, for up to five rules; for more it is not proved.
    """
    if not renames(format_):
        return list(rules)
    fewer = Fewer(case, format_, rules)
    allowed = set(fewer.lost)
    for rule in rules:
        lost = fewer.without(rule)
        if set(lost) <= allowed:
            fewer.take_out(rule)
    return fewer.rules


def without_each(case: Case, format_: ModuleType, rules: Sequence[Rule]) -> list[str]:
    """For each rule what is lost if it alone is taken out; "" if nothing is."""
    if not renames(format_):
        return [""] * len(rules)
    fewer = Fewer(case, format_, rules)
    found = []
    for rule in rules:
        lost = fewer.without(rule)
        found.append("; ".join(why for path, why in lost.items() if path not in fewer.lost).replace("`", ""))
    return found


class Fewer:
    """The names with `rules` in place, and the answer to what becomes of them without one.

    A rule matters to an interface only if its address or place is the one the rule asks for, or is not known. Those
    are decided again, with the rules that are left for them written and read once more; then everyone who shares a
    name with them, before or after, is judged again.
    """

    def __init__(self, case: Case, format_: ModuleType, rules: Sequence[Rule]) -> None:
        self.case, self.format, self.rules = case, format_, list(rules)
        self.names = Names(case.alone(rules, format_))
        self.lost: Mapping[str, str] = case.lost(settle(self.names.decisions))
        self._reach = _reach(case, format_, rules)
        self._ruled: dict[str, list[Rule]] = {}
        for rule in rules:
            for path in self._reach[rule.card.devpath]:
                self._ruled.setdefault(path, []).append(rule)

    def without(self, rule: Rule) -> dict[str, str]:
        """What `Case.lost` says if `rule` alone is taken out."""
        before = self._exchange(self._decided_without(rule))
        lost = self._judged(before)
        self._exchange(before)
        return lost

    def take_out(self, rule: Rule) -> None:
        """Go on without `rule`."""
        before = self._exchange(self._decided_without(rule))
        self.lost = self._judged(before)
        self.rules = [other for other in self.rules if other is not rule]
        for path in self._reach[rule.card.devpath]:
            self._ruled[path] = [other for other in self._ruled[path] if other is not rule]

    def _decided_without(self, rule: Rule) -> dict[str, Decision]:
        reach = self._reach[rule.card.devpath]
        near = {id(other) for path in reach for other in self._ruled[path]}
        if len(near) > 1:
            left = [other for other in self.rules if id(other) in near and other is not rule]
            return self.case.alone(left, self.format, only=reach)
        return self.case.alone((), self.format, only=reach)

    def _exchange(self, decisions: Mapping[str, Decision]) -> dict[str, Decision]:
        """Put `decisions` in place; returns what was there."""
        before = {path: self.names.decisions[path] for path in decisions}
        for path, decision in decisions.items():
            self.names.replace(path, decision)
        return before

    def _judged(self, before: Mapping[str, Decision]) -> dict[str, str]:
        """`Case.lost` after the decisions `before` were replaced; everybody else's loss is as it was."""
        case, now = self.case, self.names.decisions
        touched = {n for path, old in before.items() for decision in (old, now[path]) for n in spoken(decision)}
        near = {*before, *self.names.sharing(touched)} & case.kept.keys()
        rivals = {path: self.names.rivals(path) for path in near}
        if any(rivals[p] and now[p].wanted is not None and case.kept[p] == now[p].kernel_name for p in near):
            return case.lost(settle(now))  # who is refused another name keeps this one: that hangs on all before it
        lost = {path: why for path, why in self.lost.items() if path not in near}
        lost |= {path: why for path in near if (why := case.loss(path, now[path], rivals[path]))}
        return {path: lost[path] for path in sorted(lost, key=case.place_of)}


def _reach(case: Case, format_: ModuleType, rules: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
    """The interfaces that each rule can matter to, by the devpath of its card."""
    holders: dict[str, list[str]] = {}
    for path in case.known:
        for value in _values(case, path):
            holders.setdefault(value, []).append(path)
    theirs = {link.file_name for link in case.links}
    found = {}
    for rule in rules:
        values = (rule.key.value, rule.key.kind, *([rule.card.bus_path or ""] if rule.key.kind == "path" else []))
        reached = {path for value in values for path in holders.get(value, ())} | {rule.card.devpath}
        if any(file.name in theirs for file in format_.render((rule,), case.scheme)):
            reached = set(case.known)  # it takes the place of another file
        found[rule.card.devpath] = (
            tuple(path for path in case.known if path in reached) if len(reached) > 1 else (rule.card.devpath,)
        )
    return found


def _values(case: Case, path: str) -> Iterator[str]:
    """What a rule can ask for that finds the interface at `path`: "mac" or "path" alone if that is not known."""
    known = case.known[path]
    found = {address.hex(":") for address in (known.mac, known.permanent) if address}
    found |= {known.path or "", *path.split("/")[1:]}
    yield from found - {""}
    yield from (kind for kind, key in (("mac", "PermanentMACAddress"), ("path", "Path")) if key in known.unknown)
