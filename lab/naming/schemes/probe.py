"""The order in which the cards of a machine are found: drivers one after the other, PCI addresses, or a race."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine
from lab.naming.schemes.pci import parse_address

__all__ = ["KINDS", "PATTERN", "RECORDED", "Outcomes", "ProbeOrder", "in_order", "outcomes"]

# kind of interface -> what its driver asks for, without %d (alloc_etherdev, wiphy, wwan_core, ipoib)
PATTERN = {"ether": "eth", "wlan": "wlan", "wwan": "wwan", "infiniband": "ib"}

# word -> what it means
KINDS = {
    "recorded": "as the source says: names that are still the kernel's, else the order of ifindex",
    "pci": "by domain, bus, device and function; cards on other buses last",
    "driver": "one driver after the other, within one by PCI address",
    "race": "drivers probe at the same time, each its own cards by PCI address; who is first is drawn by the seed",
}


@dataclasses.dataclass(frozen=True, slots=True)
class ProbeOrder:
    """Which card is found first: `kind` (a key of `KINDS`), for "driver" the `drivers` in order, for "race" the `seed`.

    Drivers that are not named come after the named ones, by the alphabet.
    """

    kind: str = "recorded"
    drivers: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse an unknown kind."""
        if self.kind not in KINDS:
            raise LabError(f"--probe: {self.kind!r} is not one of {', '.join(KINDS)}")

    def __str__(self) -> str:
        """The order in words: "race, seed 7"."""
        more = {"driver": ", ".join(self.drivers) or "by the alphabet", "race": f"seed {self.seed}"}.get(self.kind)
        return f"{self.kind}: {more}" if more else self.kind


RECORDED = ProbeOrder()


@dataclasses.dataclass(frozen=True, slots=True)
class Outcomes:
    """What a race can end in: by pattern (`eth`) the `count` of orders, by devpath the `units` a card can get."""

    count: Mapping[str, int]
    units: Mapping[str, range]

    def can_be(self, name: str, machine: Machine) -> tuple[Interface, ...]:
        """The cards that can get the kernel's `name`, such as eth0."""
        return tuple(
            card
            for card in machine.cards
            if any(f"{PATTERN[card.kind]}{unit}" == name for unit in self.units.get(card.devpath, ()))
        )


def in_order(cards: Sequence[Interface], order: ProbeOrder) -> list[Interface]:
    """`cards` in the order in which they are found; for "recorded" that of ifindex."""
    if order.kind == "recorded":
        return sorted(cards, key=lambda c: (c.ifindex is None, c.ifindex, c.devpath))
    if order.kind == "pci":
        return sorted(cards, key=_place)
    queues = _by_driver(cards, order.drivers if order.kind == "driver" else ())
    if order.kind == "driver":
        return [card for queue in queues for card in queue]
    return _race(queues, order.seed)


def outcomes(machine: Machine) -> Outcomes:
    """Every way in which a race between the drivers of `machine` can end.

    Within a driver the order is fixed, so the orders of one pattern are the interleavings of its drivers' queues:
    a multinomial coefficient. A card that is number k of its driver gets unit k at best, and is passed by all
    cards of the other drivers at worst.
    """
    count: dict[str, int] = {}
    units: dict[str, range] = {}
    for pattern in dict.fromkeys(PATTERN.values()):
        queues = _by_driver([c for c in machine.cards if PATTERN.get(c.kind) == pattern], ())
        total = sum(map(len, queues))
        if total:
            count[pattern] = math.factorial(total) // math.prod(math.factorial(len(q)) for q in queues)
        for queue in queues:
            for place, card in enumerate(queue):
                units[card.devpath] = range(place, place + total - len(queue) + 1)
    return Outcomes(count, units)


def _place(card: Interface) -> tuple[bool, tuple[int, ...], bool, int, str]:
    address = parse_address(card.bus_path or "") if card.bus == "pci" else None
    where = () if address is None else dataclasses.astuple(address)
    return address is None, where, card.ifindex is None, card.ifindex or 0, card.devpath


def _by_driver(cards: Iterable[Interface], first: Sequence[str]) -> list[list[Interface]]:
    """The cards of each driver by place; a card whose driver is unknown stands alone."""
    queues: dict[tuple[bool, int, str, str], list[Interface]] = {}
    rank = {driver: number for number, driver in enumerate(dict.fromkeys(first))}
    for card in sorted(cards, key=_place):
        alone = card.devpath if card.driver is None else ""
        key = (card.driver is None, rank.get(card.driver or "", len(rank)), card.driver or "", alone)
        queues.setdefault(key, []).append(card)
    return [queues[key] for key in sorted(queues)]


def _race(queues: Sequence[Sequence[Interface]], seed: int) -> list[Interface]:
    """One interleaving, each as likely as any other: a driver is drawn by the number of its cards that still wait."""
    import random

    draw = random.Random(seed)  # noqa: S311 - a lesson, not a secret; random() gives the same numbers everywhere
    left = [list(reversed(queue)) for queue in queues]
    found = []
    while waiting := sum(map(len, left)):
        number = int(draw.random() * waiting)
        for queue in left:
            if number < len(queue):
                found.append(queue.pop())
                break
            number -= len(queue)
    return found
