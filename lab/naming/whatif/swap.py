"""What-if steps on a card's identity: two cards change places, or one is replaced by another of its kind."""

from __future__ import annotations

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine
from lab.naming.tree import Tree
from lab.naming.whatif.argument import interface, split, unused_mac
from lab.naming.whatif.change import Change

__all__ = ["replace_card", "swap_cards"]

KINDS_DIFFER = "the two cards have different drivers; only their addresses change places"


def swap_cards(machine: Machine, argument: str) -> Change:
    """`CARD CARD`: the two change places, so each has the other's MAC."""
    words = argument.split()
    if len(words) != 2:
        raise LabError(f"--step swap: {argument[:60]!r} is not two cards; write swap enp1s0 enp2s0, or their MACs")
    one, two = (interface(machine, word, "swap") for word in words)
    if one == two or not one.mac or not two.mac:
        raise LabError(f"--step swap: {argument[:60]!r} is not two cards with a MAC each; name two of them")
    tree = _with_mac(_with_mac(machine.tree, one, two.mac), two, one.mac)
    return Change(tree, (KINDS_DIFFER,) if one.driver != two.driver else ())


def replace_card(machine: Machine, argument: str) -> Change:
    """`CARD with MAC`: in its place now is another card of the same kind, with another MAC."""
    who, mac = split("replace", argument, " with ", "enp1s0 with 52:54:00:00:00:09")
    old = interface(machine, who, "replace")
    return Change(_with_mac(machine.tree, old, unused_mac(machine, mac, "replace")))


def _with_mac(tree: Tree, card: Interface, mac: str) -> Tree:
    return tree.with_file(f"{card.devpath}/address", f"{mac}\n".encode())
