"""Two real machines side by side: what became of every card's name between two boots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.core.table import Table
from lab.naming.choice import Choice
from lab.naming.compare import Comparison, rows
from lab.naming.headline import headline as rows_headline
from lab.naming.row import Row
from lab.naming.scenario import NamingScenario
from lab.naming.trace import Candidate
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.show import WIDE, fold, headline, text, to_json

__all__ = ["PAIRS", "changes", "changes_json", "changes_lines", "pair_json", "pair_text"]

# topology -> the one that it is an accident of
PAIRS = {"card-added": "card-before", "driver-order-2": "driver-order-1", "acpi-slots": "native-slots"}


def changes(before: NamingResult, after: NamingResult) -> Comparison:
    """What changed from `before` to `after`, by the names that udev really gave: a row for each card."""
    found = rows(_real(before), _real(after))
    scenario = NamingScenario(before=before.topology.name, after=after.topology.name)
    return Comparison(scenario, before.said.machine, after.said.machine, found, rows_headline(found, scenario))


def _real(result: NamingResult) -> Mapping[str, Choice]:
    """What every card is really called, by devpath, as a comparison takes it."""
    said = result.said
    because = f"udev of systemd {said.systemd.number} named it so under {said.scheme}"
    found: dict[str, Choice] = {}
    for card in said.machine.cards:
        gave = Candidate("udev", card.ifname, because)
        found[card.devpath] = Choice(card, card.ifname, gave, (gave,))
    return found


def changes_lines(change: Comparison, before: str) -> list[str]:
    """The sentence on top, after `before`, and the row of every card."""
    table = change.to_table()
    if max(map(len, table.to_text().split("\n"))) <= WIDE:
        return [fold(f"{before}{change.headline}".replace("`", "")), "", table.to_text(), ""]
    short = Table(table.columns[:-1], tuple(row[:-1] for row in table.rows))
    notes = [fold(f"{row.identity}: {row.note}".replace("`", ""), "  ") for row in change.rows if row.note]
    return [fold(f"{before}{change.headline}".replace("`", "")), "", short.to_text(), *notes, ""]


def changes_json(change: Comparison) -> list[dict[str, Any]]:
    """What became of every card."""
    return [_told(row) for row in change.rows]


def _told(row: Row) -> dict[str, Any]:
    return {
        "mac": row.identity,
        "before": row.before and row.before.name,
        "after": row.after and row.after.name,
        "state": row.state,
        "note": row.note.replace("`", ""),
    }


def pair_text(before: NamingResult, after: NamingResult) -> str:
    """Two boots for a terminal: what changed, and whether both were predicted."""
    lines = changes_lines(changes(before, after), f"{before.topology.name} → {after.topology.name}: ")
    return "\n".join([*lines, fold(f"{before.topology.name}: {headline(before)}"), "", text(after)])


def pair_json(before: NamingResult, after: NamingResult, snapshot: str | None = None) -> dict[str, Any]:
    """Two boots for scripts; `snapshot` is the file that the machine after was written to."""
    change = changes(before, after)
    return {
        "kind": "pair",
        "headline": change.headline.replace("`", ""),
        "changes": changes_json(change),
        "before": to_json(before),
        "after": to_json(after, snapshot),
        "differ": before.differ + after.differ,
    }
