"""What a change does to the names of one convention."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from lab.naming.choice import Choice
from lab.naming.compare import Comparison
from lab.naming.row import Row
from lab.naming.why import why_line

__all__ = ["Answer"]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One convention under one scheme or a run of them with the same result: `first` to `last`."""

    policy: str
    first: str
    last: str
    comparison: Comparison

    @property
    def schemes(self) -> str:
        """The schemes in words: "v257–v261"."""
        return self.first if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def names(self) -> bool:
        """True if the convention names a card, before or after, or might."""
        return any(not r.certain or any(c and c.name for c in (r.before, r.after)) for r in self.comparison.rows)

    @property
    def before(self) -> tuple[str, ...]:
        """The names before the change."""
        return _names(r.before for r in self.comparison.rows)

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of before that no card has any more."""
        after = {r.after.name for r in self.comparison.rows if r.after}
        return _names(r.before for r in self.comparison.rows if r.before and r.before.name not in after)

    @property
    def taken(self) -> tuple[str, ...]:
        """The names of before that now mean another card: the dangerous ones."""
        return _names(r.after for r in self.comparison.rows if r.state == "taken")

    @property
    def collisions(self) -> tuple[str, ...]:
        """The names that several cards are offered after the change."""
        return _names(r.after for r in self.comparison.rows if r.after and r.after.collides)

    @property
    def too_long(self) -> tuple[str, ...]:
        """The names after the change that have more than 15 characters, so that no interface gets them."""
        long = (r.after for r in self.comparison.rows if r.after and r.after.refused == "too long")
        return tuple(dict.fromkeys(c.name for choice in long for c in choice.asked if c.name and len(c.name) > 15))

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The cards whose name, before or after, is not certain."""
        return tuple(r.identity for r in self.comparison.rows if not r.certain)

    @property
    def keeps(self) -> bool:
        """True if every card that had a name and is still there has the same name, and no other card has it."""
        old = [r for r in self.comparison.rows if r.before and r.before.name and r.after]
        return bool(old) and all(r.state == "kept" for r in old)

    def to_json(self) -> dict[str, Any]:
        """The object that `kernel-lab naming whatif --json` prints for it."""
        return {
            "policy": self.policy,
            "schemes": [self.first, self.last],
            "keeps": self.keeps,
            "broken": list(self.broken),
            "taken": list(self.taken),
            "collisions": list(self.collisions),
            "too_long": list(self.too_long),
            "uncertain": list(self.uncertain),
            "cards": [_card(row) for row in self.comparison.rows],
        }


def _names(choices: Iterable[Choice | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.name for c in choices if c and c.name))


def _card(row: Row) -> dict[str, Any]:
    sides: Mapping[str, Choice | None] = {"before": row.before, "after": row.after}
    return {
        "card": row.identity,
        "driver": row.driver,
        **{side: choice and choice.name for side, choice in sides.items()},
        **{f"bus_path_{side}": choice and choice.card.bus_path for side, choice in sides.items()},
        "state": row.state,
        "certain": row.certain,
        "note": row.note.replace("`", ""),
        "why": why_line(row.choice("after")).replace("`", ""),
    }
