"""Keeping names as a problem: which are lost, which rules win them back, and which of those can be left out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

from lab.core.errors import printable
from lab.naming.ifname import refusal
from lab.naming.link.decide import Decision, decide_one
from lab.naming.link.default import default_links
from lab.naming.link.environment import Environment
from lab.naming.link.facts import Facts, facts
from lab.naming.link.file import LinkFile
from lab.naming.link.ready import Ready, first_names, make_ready
from lab.naming.link.settle import settle
from lab.naming.link.shelf import Shelf
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
    first: Mapping[str, Candidate]
    ready: Mapping[str, Ready]
    cards: Mapping[str, Interface]
    places: Mapping[str, int]

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
        those = [i for i in machine.interfaces if not i.is_loopback]
        offered = {i.devpath: predict(machine, i, scheme) for i in those}
        known = {i.devpath: facts(machine, i, i.ifname, offered[i.devpath], scheme) for i in those}
        found = default_links(scheme.release) if links is None else links
        first = first_names(machine, booted=True)
        ready = make_ready(machine, scheme, first, offered)
        cards = {i.devpath: i for i in machine.interfaces}
        places = {path: place for place, path in enumerate(kept)}
        return cls(before, machine, scheme, found, environment, kept, now, known, offered, first, ready, cards, places)

    def card(self, devpath: str) -> Interface:
        """The interface at `devpath`."""
        return self.cards[devpath]

    def place_of(self, devpath: str) -> int:
        """Where the interface at `devpath` stands among those whose names are kept."""
        return self.places[devpath]

    def decided(
        self, rules: Sequence[Rule], format_: ModuleType | None = None, scheme: Scheme | None = None
    ) -> dict[str, Decision]:
        """The names with `rules` written in a format and read again."""
        return settle(self.alone(rules, format_, scheme))

    def alone(
        self,
        rules: Sequence[Rule],
        format_: ModuleType | None = None,
        scheme: Scheme | None = None,
        only: Sequence[str] | None = None,
    ) -> dict[str, Decision]:
        """`decided`, but what the interfaces do to each other's names is not settled; for those at `only` alone."""
        place = InPlace(self.links)
        if rules and format_ is not None:
            asked = self.machine
            if only is not None:
                asked = dataclasses.replace(asked, interfaces=tuple(self.cards[path] for path in only))
            place = format_.in_place(format_.render(rules, self.scheme), asked, self.links, self.scheme)
        ready = self.ready if scheme is None else make_ready(self.machine, scheme, self.first)
        files = Shelf(place.links)
        return {
            path: decide_one(ready[path], files, scheme or self.scheme, self.environment, place.named)
            for path in (ready if only is None else only)
        }

    def lost(self, decided: Mapping[str, Decision]) -> dict[str, str]:
        """The cards whose name is not kept for certain, by devpath, and what becomes of it."""
        found = {path: self.loss(path, decided[path], decided[path].rivals) for path in self.kept}
        return {path: why for path, why in found.items() if why}

    def loss(self, path: str, decision: Decision, rivals: Sequence[str]) -> str:
        """What becomes of the name that the card at `path` shall have; "" if it is kept for certain."""
        name = self.kept[path]
        if decision.wanted != name and decision.name != name:
            return f"`{name}` becomes `{decision.wanted or decision.name}`"
        if rivals:
            return f"`{name}` is also asked for by {' and '.join(self._place(r) for r in rivals)}"
        if decision.gaps:
            return f"whether `{name}` stays is uncertain ({decision.gaps[0].reason})"
        return ""

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
        number = Counter(spoken.values())
        found = []
        for rule in rules:
            offered = self.offered[rule.card.devpath]
            policies = () if rule.replaced is None else rule.replaced.altnames_policy
            free = [
                w
                for w in policies
                if w == "database" or number[offered[w.upper()].name or ""] <= (offered[w.upper()].name == rule.name)
            ]
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

    def scheme_that_keeps(self, target: Scheme) -> str:
        """The newest scheme of the target's release under which no name is lost; "" if there is none."""
        for name, scheme in reversed(list(release(target.release).schemes.items())):
            if name != target.name and not self.lost(self.decided([], None, scheme)):
                return name
        return ""
