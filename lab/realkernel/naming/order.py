"""What a race of drivers leaves open, and what it does not: who gets eth0 is drawn, that somebody does is not."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping

from lab.naming.model import Interface, Machine
from lab.naming.schemes.probe import outcomes

__all__ = ["CHECKS", "OpenOrder", "open_order", "share"]

CHECKS = 2  # what is checked of an order that is left open
_UNIT = re.compile(r"([a-z]+)([0-9]{1,9})", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class OpenOrder:
    """The cards that race: the `names` that they share out, how many orders are `possible`.

    `wrong`: what contradicts even so, in words: the names given are not those, or do not follow the order in which the
    kernel registered the cards.
    """

    names: tuple[str, ...]
    possible: int
    wrong: tuple[str, ...]

    @property
    def words(self) -> str:
        """The names in short: "eth0 or eth1", "eth0 to eth7"."""
        return share(self.names)


def share(names: tuple[str, ...]) -> str:
    """Names of a row in short: "eth0", "eth0 or eth1", "eth0 to eth7"."""
    return " or ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}"


def open_order(
    racing: frozenset[str], predicted: Mapping[str, Interface], real: Mapping[str, Interface], machine: Machine
) -> OpenOrder | None:
    """What is left open of the cards with the MACs `racing`, of the `predicted` and the `real` ones by MAC.

    `machine` is the predicted one. None if nothing races. Checked is what every order has: the names given are those
    of the prediction in some order, and their numbers follow ifindex, since register_netdevice (net/core/dev.c) draws
    both under one lock.
    """
    if not racing:
        return None
    wanted = sorted((card.ifname for mac, card in predicted.items() if mac in racing), key=_key)
    cards = [card for mac, card in real.items() if mac in racing]
    given = sorted((card.ifname for card in cards), key=_key)
    wrong = []
    if given != wanted:
        wrong.append(f"the racing cards are called {', '.join(given) or 'nothing'}, predicted {', '.join(wanted)}")
    if all(card.ifindex is not None for card in cards):
        order = [card.ifname for card in sorted(cards, key=lambda c: c.ifindex or 0)]
        if order != given:
            wrong.append(f"the kernel registered {', '.join(order)} in this order, which its numbers do not follow")
    return OpenOrder(tuple(wanted), math.prod(outcomes(machine).count.values()), tuple(wrong))


def _key(name: str) -> tuple[str, int]:
    found = _UNIT.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, -1)
