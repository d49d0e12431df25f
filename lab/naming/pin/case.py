"""Keeping names as a problem: which are lost, which rules win them back, and which of those can be left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

from lab.core.errors import printable
from lab.naming.ifname import refusal
from lab.naming.link.decide import Decision, decide
from lab.naming.link.default import default_links
from lab.naming.link.environment import Environment
from lab.naming.link.facts import Facts, facts
from lab.naming.link.file import LinkFile
from lab.naming.model import Interface, Machine
from lab.naming.pin.names import identity, names_to_keep
from lab.naming.pin.rule import InPlace, Rule, dangerous, key_of
from lab.naming.schemes import predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import release
from lab.naming.trace import Candidate

__all__ = ["Case", "renames"]


def renames(format_: ModuleType) -> bool:
    """False for a format that follows the cards without naming them."""
    return bool(getattr(format_, "RENAMES", True))


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """The machine as it will be, and the name that each of its cards shall have (by devpath)."""

    before: Machine
    machine: Machine
    scheme: Scheme
    links: Sequence[LinkFile]
    environment: Environment
    kept: Mapping[str, str]
    now: Mapping[str, str]
    known: Mapping[str, Facts]
    offered: Mapping[str, Mapping[str, Candidate]]

    @classmethod
    def of(
        cls,
        before: Machine,
        machine: Machine,
        scheme: Scheme,
        names: str,
        old: Scheme | None,
        links: Sequence[LinkFile] | None,
        environment: Environment,
    ) -> Case:
        """The case of `machine` as it was `before`, see `plan`; raises `LabError` if `names` cannot be understood."""
        now = names_to_keep(before, names, scheme, old)
        there = identity(machine)
        kept = {there[key]: now[path] for key, path in identity(before).items() if key in there and path in now}
        those = [i for i in machine.interfaces if i.kind != "loopback"]
        offered = {i.devpath: predict(machine, i, scheme) for i in those}
        known = {i.devpath: facts(machine, i, i.ifname, offered[i.devpath], scheme) for i in those}
        found = default_links(scheme.release) if links is None else links
        return cls(before, machine, scheme, found, environment, kept, now, known, offered)

    def card(self, devpath: str) -> Interface:
        """The interface at `devpath`."""
        return next(c for c in self.machine.interfaces if c.devpath == devpath)

    def decided(
        self, rules: Sequence[Rule], format_: ModuleType | None = None, scheme: Scheme | None = None
    ) -> dict[str, Decision]:
        """The names with `rules` written in a format and read again."""
        place = InPlace(self.links)
        if rules and format_ is not None:
            place = format_.in_place(format_.render(rules, self.scheme), self.machine, self.links, self.scheme)
        return decide(
            self.machine,
            scheme or self.scheme,
            place.links,
            environment=self.environment,
            named=place.named,
            offered=self.offered if scheme is None else None,
        )

    def lost(self, decided: Mapping[str, Decision]) -> dict[str, str]:
        """The cards whose name is not kept for certain, by devpath, and what becomes of it."""
        found: dict[str, str] = {}
        for path, name in self.kept.items():
            decision = decided[path]
            if decision.wanted != name and decision.name != name:
                found[path] = f"`{name}` becomes `{decision.wanted or decision.name}`"
            elif decision.rivals:
                rivals = " and ".join(self._place(r) for r in decision.rivals)
                found[path] = f"`{name}` is also asked for by {rivals}"
            elif decision.gaps:
                found[path] = f"whether `{name}` stays is uncertain ({decision.gaps[0].reason})"
        return found

    def _place(self, devpath: str) -> str:
        return self.card(devpath).bus_path or self.card(devpath).ifname

    def rules(self, format_: ModuleType, every: bool) -> tuple[list[Rule], dict[str, str]]:
        """Rules until no name is lost, or none helps any more; and why cards (by devpath) cannot keep theirs."""
        rules: dict[str, Rule] = {}
        refused: dict[str, str] = {}
        bare = self.decided([])
        todo = dict.fromkeys(self.kept, "") if every else {}
        todo |= self.lost(bare)
        while todo:
            for path, why in todo.items():
                self._add(path, why, bare, rules, refused, format_)
            rules = {rule.card.devpath: rule for rule in self._apart(list(rules.values()))}
            decided = self.decided(list(rules.values()), format_)
            lost = self.lost(decided)
            todo = {path: why for path, why in lost.items() if path not in rules and path not in refused}
            for path in lost:
                for rival in decided[path].rivals:
                    if path not in todo and rival not in rules and rival not in refused:
                        todo[rival] = self._aside(rival, decided)
        if renames(format_):
            for path, why in self.lost(self.decided(list(rules.values()), format_)).items():
                refused.setdefault(path, f"with the rules in place {why}{getattr(format_, 'INSTEAD', '')}")
        return list(rules.values()), {path: why.replace("`", "") for path, why in refused.items()}

    def _aside(self, path: str, decided: Mapping[str, Decision]) -> str:
        """Why a card that is in the way of another's name needs a rule itself."""
        decision = decided[path]
        names = [name for other, name in self.kept.items() if other != path]
        if decision.wanted in names:
            return f"{self._place(path)} would take `{decision.wanted}`"
        inside = [name for name in (decision.kernel_name, *decision.altnames) if name in names]
        return f"{self._place(path)} would be called `{inside[0] if inside else decision.name}` as well"

    def _add(
        self,
        path: str,
        why: str,
        bare: Mapping[str, Decision],
        rules: dict[str, Rule],
        refused: dict[str, str],
        format_: ModuleType,
    ) -> None:
        """A rule for the card at `path`, or why it cannot have one."""
        card, name = self.card(path), self.kept.get(path) or self._another_name(path, rules.values())
        key = key_of(self.machine, card, self.known, self.scheme.release)
        reason = dangerous(name) if card.is_card else "it is no hardware; who creates a virtual interface names it"
        if reason:
            refused[path] = reason
        elif isinstance(key, str):
            refused[path] = f"no rule can tell the card from others: {key}"
        else:
            file = bare[path].file
            why = printable((why or f"`{name}` stays as it is").replace("`", ""))
            rule = Rule(card, name, key, file, () if file is None else file.altnames_policy, why)
            cannot = format_.refuses(rule)
            if cannot:
                refused[path] = cannot
            else:
                rules[path] = rule

    def _apart(self, rules: Sequence[Rule]) -> list[Rule]:
        """The same rules, but none gives an altname that is the name of another card."""
        spoken = {**self.kept, **{rule.card.devpath: rule.name for rule in rules}}
        found = []
        for rule in rules:
            offered = self.offered[rule.card.devpath]
            others = {name for path, name in spoken.items() if path != rule.card.devpath}
            policies = () if rule.replaced is None else rule.replaced.altnames_policy
            free = [w for w in policies if w == "database" or offered[w.upper()].name not in others]
            found.append(dataclasses.replace(rule, altnames_policy=tuple(free)))
        return found

    def _another_name(self, path: str, rules: Iterable[Rule]) -> str:
        """A name for a card that would take one that is to be kept: its MAC name, else one of its place."""
        taken = {*self.kept.values(), *(rule.name for rule in rules)}
        offered = self.offered[path]
        for policy in ("MAC", "PATH", "SLOT", "ONBOARD"):
            name = offered[policy].name
            if name and name not in taken and not refusal(name):
                return name
        return next(f"net{n}" for n in range(len(taken) + 1) if f"net{n}" not in taken)

    def smallest(self, format_: ModuleType, rules: list[Rule]) -> list[Rule]:
        """`rules` without those that can be taken out while no further name is lost."""
        if not renames(format_):
            return rules
        lost = set(self.lost(self.decided(rules, format_)))
        for rule in list(rules):
            fewer = [r for r in rules if r is not rule]
            if set(self.lost(self.decided(fewer, format_))) <= lost:
                rules = fewer
        return rules

    def without_each(self, format_: ModuleType, rules: Sequence[Rule]) -> list[str]:
        """For each rule what is lost if it alone is taken out; "" if nothing is."""
        if not renames(format_):
            return [""] * len(rules)
        every = self.lost(self.decided(rules, format_))
        found = []
        for rule in rules:
            fewer = self.lost(self.decided([r for r in rules if r is not rule], format_))
            found.append("; ".join(why for path, why in fewer.items() if path not in every).replace("`", ""))
        return found

    def scheme_that_keeps(self, target: Scheme) -> str:
        """The newest scheme of the target's release under which no name is lost; "" if there is none."""
        for name, scheme in reversed(list(release(target.release).schemes.items())):
            if name != target.name and not self.lost(self.decided([], None, scheme)):
                return name
        return ""
