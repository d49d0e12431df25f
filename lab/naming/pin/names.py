"""The names to keep: those of today, those of a policy, or those that are written out."""

from __future__ import annotations

from collections import Counter

from lab.core.errors import LabError
from lab.naming.link.decide import decide
from lab.naming.model import Machine
from lab.naming.pin.rule import dangerous
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import Scheme

__all__ = ["CURRENT", "identity", "names_to_keep"]

CURRENT = "current"


def names_to_keep(machine: Machine, wanted: str, under: Scheme, old: Scheme | None) -> dict[str, str]:
    """The name of each card of `machine`, by devpath.

    `wanted`: "current" (as the cards are called, or as the scheme `old` would call them), a policy ("PATH"), or
    `CARD=NAME,...` with a MAC, bus path or name for CARD; the cards that are not written out keep their current names.
    Raises `LabError` for anything else, and for a name that is written out and cannot be given.
    """
    if wanted in POLICIES:
        offered = {card: predict(machine, card, old or under)[wanted].name for card in machine.cards}
        return {card.devpath: name for card, name in offered.items() if name}
    if old is None:
        names = {card.devpath: card.ifname for card in machine.cards}
    else:
        decided = decide(machine, old)
        names = {card.devpath: decided[card.devpath].name for card in machine.cards}
    if wanted == CURRENT:
        return names
    for part in wanted.split(","):
        card, equal, name = part.strip().rpartition("=")
        if not equal:
            known = ", ".join((CURRENT, *POLICIES))
            raise LabError(f"--names: {part.strip()!r} is not CARD=NAME, and none of {known}")
        word = dangerous(name)
        if word:
            raise LabError(f"--names: {name!r} for {card}: {word}; give another name, such as lan0")
        found = machine.interface(card)
        if not found.is_card:
            raise LabError(f"--names: {card} is no hardware; who creates a virtual interface names it")
        names[found.devpath] = name
    several = [name for name, count in Counter(names.values()).items() if count > 1]
    if several:
        raise LabError(f"--names: {several[0]!r} would be the name of two cards; give each its own")
    return names


def identity(machine: Machine) -> dict[str, str]:
    """The devpath of each card by what it is known by on another boot: its MAC, else MAC and bus path."""
    macs = Counter(card.mac for card in machine.cards)
    found: dict[str, str] = {}
    for card in machine.cards:
        key = card.mac if card.mac and macs[card.mac] == 1 else f"{card.mac or 'no address'} at {card.bus_path}"
        found[key if key not in found else f"{key} {card.ifname}"] = card.devpath
    return found
