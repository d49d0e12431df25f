"""Two machines side by side, a row per card: what is kept, changed, taken, new, gone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping

from lab.core.table import Table
from lab.naming.choice import Choice, Offer, choose
from lab.naming.headline import headline
from lab.naming.model import Machine
from lab.naming.row import Row
from lab.naming.scenario import NamingScenario
from lab.naming.schemes import predict
from lab.naming.sources import open_source
from lab.naming.whatif import apply, parse_step
from lab.naming.why import trace_lines, why_line

__all__ = ["Comparison", "compare", "machines", "rows", "run"]


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """The answer: one `Row` per card, in the order of bus paths (before first), and the sentence on top."""

    scenario: NamingScenario
    before: Machine
    after: Machine
    rows: tuple[Row, ...]
    headline: str

    def row(self, key: str) -> tuple[Row, str]:
        """The row and side ("before" or "after") of a key such as "after 52:54:00:00:00:02".

        An unknown key stands for what is most worth explaining: a taken name, then a collision, then a change.
        """
        side, _, identity = key.partition(" ")
        for row in self.rows:
            if row.identity == identity and side in ("before", "after"):
                return row, side
        for state in ("taken", "collision", "changed", "too long", "no valid name", "new", "kept"):
            for row in self.rows:
                if row.state == state:
                    return row, "after"
        return self.rows[0], "after"

    def why(self, key: str = "") -> str:
        """One line: where the name of this card on this side comes from, and what was refused before it."""
        if not self.rows:
            return "There is no card on either machine."
        row, side = self.row(key)
        return why_line(row.choice(side))

    def trace(self, key: str = "") -> tuple[str, ...]:
        """Everything that was read for that name, a line each, in order."""
        if not self.rows:
            return ()
        row, side = self.row(key)
        return trace_lines(row.choice(side))

    def to_table(self) -> Table:
        """The rows as a table."""
        columns = ("card", "driver", "bus path before", "name before", "bus path after", "name after", "state", "note")
        return Table(columns, tuple(row.cells() for row in self.rows), self.headline.replace("`", ""))


def run(scenario: NamingScenario) -> Comparison:
    """The comparison that `scenario` asks for; raises `LabError` if a machine cannot be read or edited."""
    before, after = machines(scenario)
    return compare(scenario, before, after)


def machines(scenario: NamingScenario) -> tuple[Machine, Machine]:
    """The two machines of `scenario`, edited by its steps."""
    steps = [parse_step(text) for text in scenario.step]
    before = apply(open_source(scenario.before), [s for s in steps if s.both])
    return before, apply(open_source(scenario.after), steps)


def compare(scenario: NamingScenario, before: Machine, after: Machine, offer: Offer = predict) -> Comparison:
    """The comparison of two machines that are already there, under the scenario's policy and schemes.

    `offer` gives the candidates of a card: for a caller that has them already.
    """
    old, new = scenario.rules
    left = choose(before, scenario.policy, old, offer=offer)
    found = rows(left, choose(after, scenario.policy, new, scenario.order, offer))
    return Comparison(scenario, before, after, found, headline(found, scenario))


def rows(before: Mapping[str, Choice], after: Mapping[str, Choice]) -> tuple[Row, ...]:
    """A row for every card of two machines whose choices, by devpath, these are: first those of the machine before."""
    left, right = _by_identity(before), _by_identity(after)
    owner = {c.name: identity for identity, c in left.items() if c.name}
    made = []
    for identity in (*left, *(i for i in right if i not in left)):
        old, new = left.get(identity), right.get(identity)
        made.append(Row(identity, old, new, *_state(identity, old, new, owner, right)))
    return tuple(made)


def _by_identity(choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """By MAC, which is what a card is known by; where it is missing or not unique by MAC and bus path."""
    macs = Counter(c.card.mac for c in choices.values())
    found: dict[str, Choice] = {}
    for c in choices.values():
        mac = c.card.mac
        identity = mac if mac and macs[mac] == 1 else f"{mac or 'no address'} at {c.card.bus_path}"
        found[identity if identity not in found else f"{identity} {c.card.ifname}"] = c
    return found


def _state(
    identity: str, old: Choice | None, new: Choice | None, owner: Mapping[str, str], right: Mapping[str, Choice]
) -> tuple[str, str]:
    """The state of a card, and what else is to be said about it."""
    lost = ""
    if old is not None and old.name:
        heirs = [i for i, c in right.items() if c.name == old.name and i != identity]
        lost = f"its old name now means {heirs[0]}" if heirs and (new is None or new.name != old.name) else ""
    if new is None:
        return "gone", lost
    if new.refused:
        return new.refused, lost
    if new.name is None:
        return "no name", lost
    if new.collides:
        return "collision", f"`{new.name}` is offered to more than one card"
    if old is not None and new.name == old.name:
        return "kept", "was offered to more than one card before" if old.collides else ""
    former = owner.get(new.name)
    if former is not None and former != identity:
        return "taken", lost or f"this name meant {former}"
    if old is None:
        return "new", ""
    return "changed", lost or (f"`{old.name}` was offered to more than one card" if old.collides else "")
