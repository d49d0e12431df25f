"""The same machine booted several times: which orders the drivers' race ended in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.table import Table
from lab.naming.topologies.topology import Topology
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import TCG
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.run import LIMIT, name_really
from lab.realkernel.naming.show import LISTED, WIDE, count, differences, fold, headline, to_json
from lab.realkernel.naming.turns import turn
from lab.realkernel.root.udev_root import UdevRoot

__all__ = ["TIMES", "Race", "checked_times", "race", "race_json", "race_text"]

TIMES = 20  # boots at most
SURE = 0.95


@dataclasses.dataclass(frozen=True, slots=True)
class Race:
    """`results` of one topology booted several times, in the order of the boots."""

    results: tuple[NamingResult, ...]

    @property
    def orders(self) -> dict[tuple[str, ...], tuple[int, ...]]:
        """The names of the cards, in the order of the topology -> the boots in which they came, from 1."""
        found: dict[tuple[str, ...], tuple[int, ...]] = {}
        for number, result in enumerate(self.results, 1):
            names = tuple(str(card.name) for card in result.cards if card.id)
            found[names] = (*found.get(names, ()), number)
        return found

    @property
    def possible(self) -> int:
        """How many orders the rules allow."""
        order = self.results[0].order
        return order.possible if order else 1

    @property
    def unseen_share(self) -> float:
        """An order that was not seen comes, at `SURE`, in at most this share of the boots: 1 - (1 - SURE)^(1/n)."""
        return float(1 - (1 - SURE) ** (1 / len(self.results)))

    @property
    def differ(self) -> int:
        """How many checks differ, in all boots together."""
        return sum(result.differ for result in self.results)


def race(
    topology: Topology,
    times: int,
    kernel: Kernel,
    udev: UdevRoot,
    *,
    accel: str = TCG,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
) -> Race:
    """Boot `topology` so many `times` and keep what each boot said; the other arguments as for `name_really`.

    Raises `LabError` for a number out of range.
    """
    checked_times(times)
    return Race(
        tuple(
            name_really(
                topology, kernel, udev, accel=accel, limit=limit, progress=turn(progress, number, times),
                keep=None if keep is None else keep / f"boot-{number + 1}",
            )
            for number in range(times)
        )
    )  # fmt: skip


def checked_times(times: int) -> int:
    """`times` if so many boots are allowed; raises `LabError` if not."""
    if not 1 <= times <= TIMES:
        raise LabError(f"--times: {times} is out of range; write 1 to {TIMES}")
    return times


def orders_table(race: Race) -> Table:
    """A row for each order that was seen."""
    cards = tuple(f"{card.id} ({card.driver})" for card in race.results[0].cards if card.id)
    rows: Sequence[tuple[Any, ...]] = [
        (*names, len(boots), ", ".join(map(str, boots))) for names, boots in race.orders.items()
    ]
    return Table((*cards, "times", "in boot"), tuple(rows), "the orders that were seen")


def race_text(race: Race) -> str:
    """The orders, what was not seen, and whether everything else was as predicted.

    More cards than fit beside each other are a line for each order.
    """
    first, boots, seen = race.results[0], len(race.results), len(race.orders)
    kinds = f"{seen} of {race.possible} possible orders" if race.possible > 1 else "the one possible order"
    lines = [
        f"{count(boots, 'boot')} on {count(first.topology.cpus, 'CPU')}: {kinds} seen.",
        "",
        _orders(race),
        "",
    ]
    if seen < race.possible:
        share = f"{race.unseen_share:.0%}"
        unseen = (
            f"An order that was not seen may still come: after {count(boots, 'boot')} one that comes in up to {share} "
            f"of the boots can be missed ({SURE:.0%} sure)."
        )
        lines.append(fold(unseen))
    wrong = next((result for result in race.results if result.differ), first)
    lines.append(fold(headline(wrong) if race.differ else f"Every boot: {headline(first)}"))
    for number, result in enumerate(race.results, 1):
        lines += [fold(f"boot {number}: {line}", "  ") for line in differences(result)[:LISTED]]
    return "\n".join(lines)


def _orders(race: Race) -> str:
    """The orders as a table, or a line each if that were too wide."""
    table = orders_table(race).to_text()
    if max(map(len, table.split("\n"))) <= WIDE:
        return table
    ids = [card.id for card in race.results[0].cards if card.id]
    lines = []
    for names, boots in race.orders.items():
        pairs = ", ".join(f"{name} {id}" for name, id in sorted(zip(names, ids, strict=True)))
        lines.append(fold(f"{count(len(boots), 'time')}: {pairs}", "  "))
    return "\n".join(lines)


def race_json(race: Race, snapshot: str | None = None) -> dict[str, Any]:
    """The object that `--json` prints: the orders, and every boot.

    `snapshot` is the file that the machine of the last boot was written to.
    """
    ids = [card.id for card in race.results[0].cards if card.id]
    return {
        "kind": "race",
        "topology": race.results[0].topology.name,
        "times": len(race.results),
        "cpus": race.results[0].topology.cpus,
        "possible": race.possible,
        "orders": [{"names": dict(zip(ids, n, strict=True)), "boots": list(b)} for n, b in race.orders.items()],
        "unseen_share": race.unseen_share,
        "differ": race.differ,
        "boots": [to_json(result) for result in race.results[:-1]] + [to_json(race.results[-1], snapshot)],
        "snapshot": snapshot,
    }
