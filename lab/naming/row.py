"""One card in a comparison."""

from __future__ import annotations

import dataclasses

from lab.naming.choice import Choice

__all__ = ["STATES", "Row"]

# state -> palette token
STATES = {
    "kept": "good",
    "changed": "wait",
    "taken": "bad",
    "collision": "bad",
    "too long": "bad",
    "no valid name": "bad",
    "new": "new",
    "gone": "idle",
    "no name": "idle",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A card: its `identity` (MAC), what it is called before and after (None: it is not there), and its `state`."""

    identity: str
    before: Choice | None
    after: Choice | None
    state: str
    note: str

    def choice(self, side: str) -> Choice:
        """What the card is called on that side, or on the other one if it is only there."""
        first, second = (self.before, self.after) if side == "before" else (self.after, self.before)
        found = first or second
        if found is None:
            raise ValueError(f"the card {self.identity} is on neither machine")
        return found

    @property
    def driver(self) -> str | None:
        """The card's driver."""
        return self.choice("after").card.driver

    @property
    def certain(self) -> bool:
        """False when a source lacks something that could change one of the names."""
        return all(c.certain for c in (self.before, self.after) if c is not None)

    def cells(self) -> tuple[str | None, ...]:
        """The row of a table."""
        old, new = self.before, self.after
        return (
            self.identity,
            self.driver,
            old.card.bus_path if old else None,
            old.name if old else None,
            new.card.bus_path if new else None,
            new.name if new else None,
            self.state if self.certain else f"{self.state}, uncertain",
            self.note.replace("`", ""),
        )
