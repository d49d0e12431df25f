"""What pinning answers: the rules, the files, the names before, after and with the rules, and the sentence on top."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from lab.core.table import Table
from lab.naming.link.decide import Decision
from lab.naming.pin.rule import Rule, RuleFile

__all__ = ["TOKENS", "Pin", "PinRow", "Pinned", "pin_headline"]

# state of a row -> palette token
TOKENS = {
    "kept": "good",
    "pinned": "new",
    "moved aside": "wait",
    "follows": "wait",
    "refused": "bad",
    "new": "idle",
    "gone": "idle",
}
LISTED = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Pinned:
    """A rule with its proof: `needed` says what happens when it alone is taken out; "" if nothing does."""

    rule: Rule
    needed: str


@dataclasses.dataclass(frozen=True, slots=True)
class PinRow:
    """A card: its `now`, its name `after` without rules and `pinned` with them (None: it is not there), and why.

    `state`: "kept" (no rule is needed), "pinned", "moved aside" (a card that would take a pinned name), "follows" (a
    profile goes with it), "refused", "new", "gone".
    """

    card: str
    driver: str | None
    bus_path: str | None
    now: str | None
    after: Decision | None
    pinned: Decision | None
    state: str
    note: str

    def cells(self) -> tuple[str | None, ...]:
        """The row of a table."""
        return (
            self.card,
            self.driver,
            self.bus_path,
            self.now,
            _shown(self.after),
            _shown(self.pinned),
            self.state,
            self.note.replace("`", ""),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Pin:
    """The answer to "keep these names".

    `format`: a word of `FORMATS`. `target`: under what the names are kept ("systemd 262, v261"). `files`: what is to be
    written. `rules`: each with its proof. `refused`: names that cannot be kept, as (name, reason). `alternative`: a
    scheme that alone keeps all names ("v255"), or "". `renames`: False for a format that follows cards without naming.
    """

    format: str
    target: str
    files: tuple[RuleFile, ...]
    rules: tuple[Pinned, ...]
    rows: tuple[PinRow, ...]
    refused: tuple[tuple[str, str], ...]
    alternative: str
    renames: bool
    headline: str

    @property
    def proved(self) -> bool:
        """True if with the files in place every name is the one to be kept, for certain."""
        return not self.refused and (self.renames or not self.rules)

    def to_table(self) -> Table:
        """The names before, after and with the rules, a row per card."""
        columns = ("card", "driver", "bus path", "name to keep", "without rules", "with rules", "state", "note")
        return Table(columns, tuple(row.cells() for row in self.rows), self.headline.replace("`", ""))

    def explained(self) -> tuple[str, ...]:
        """For each rule: what it keeps, why it is needed, what it asks for; then what was refused."""
        lines = [
            f"{p.rule.name}: {p.rule.why}. Key: {p.rule.key.value} ({p.rule.key.why})."
            f"{f' Without this rule alone: {p.needed}.' if p.needed else ' Not needed to keep a name.'}"
            for p in self.rules
        ]
        lines += [f"{name} cannot be kept: {reason}." for name, reason in self.refused]
        if self.alternative and self.format != "cmdline":
            lines.append(f"Or one line for all: net.naming_scheme={self.alternative} on the kernel's command line.")
        return tuple(lines)


def _shown(decision: Decision | None) -> str | None:
    return None if decision is None else f"{decision.name}{'' if decision.certain else ' ?'}"


def pin_headline(pin: Pin) -> str:
    """The sentence on top; names stand between backticks."""
    kept = [str(row.now) for row in pin.rows if row.now is not None and row.state not in ("gone", "refused")]
    if not any(row.now for row in pin.rows):
        return "There is no card whose name could be kept."
    if pin.refused:
        name, reason = pin.refused[0]
        more = f" (and {len(pin.refused) - 1} more)" if len(pin.refused) > 1 else ""
        return f"`{name}` cannot be kept{more}: {reason}."
    if not pin.files:
        return f"No rule is needed: {_names(kept)} under {pin.target}."
    if pin.format == "cmdline":
        return f"One word on the kernel's command line keeps {_count(kept)}: `{pin.files[0].text.strip()}`."
    number = len(pin.rules)
    rules = f"{number} rule{'s' if number > 1 else ''}"
    if not pin.renames:
        profiles = f"{number} profile{'s follow their cards' if number > 1 else ' follows its card'}"
        return f"NetworkManager renames nothing: {profiles} under {pin.target}, whatever they are called."
    lost = [p for p in pin.rules if p.needed]
    shown = "; ".join(p.rule.why for p in lost[:LISTED])
    more = f"; {len(lost) - LISTED} more" if len(lost) > LISTED else ""
    without = f": without {'them' if number > 1 else 'it'} {shown}{more}" if lost else ""
    return f"{rules} keep{'' if number > 1 else 's'} {_count(kept)} under {pin.target}{without}."


def _names(kept: Sequence[str]) -> str:
    return f"`{kept[0]}` stays" if len(kept) == 1 else f"{_all(kept)} stay"


def _count(kept: Sequence[str]) -> str:
    return f"`{kept[0]}`" if len(kept) == 1 else _all(kept)


def _all(kept: Sequence[str]) -> str:
    return "both names" if len(kept) == 2 else f"all {len(kept)} names"
