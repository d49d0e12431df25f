"""What-if step on cards: one is taken out. Bus numbers stay; only a boot with the other hardware shows new ones."""

from __future__ import annotations

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.tree import Tree, hardware

__all__ = ["remove_card"]


def remove_card(machine: Machine, argument: str) -> Tree:
    """The tree without the card of this MAC, bus path or name, and every interface on it."""
    wanted = {i.devpath for i in machine.cards if argument in (i.ifname, i.mac, i.bus_path)}
    if not wanted:
        cards = ", ".join(i.ifname for i in machine.cards)
        raise LabError(f"--step remove: {argument!r} is no card of {machine.name}; cards are {cards}")
    tree = machine.tree
    for devpath in sorted(wanted):
        gone = hardware(tree, devpath) or devpath
        for other in machine.interfaces:
            if other.devpath == gone or other.devpath.startswith(f"{gone}/"):
                tree = tree.without(f"/class/net/{other.ifname}")
        tree = tree.without(gone)
    return tree
