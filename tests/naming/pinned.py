"""Machines and rules files for MAC pinning."""

from lab.naming.model import Machine, machine_of
from lab.naming.persistent_rules import Rules, parse_rules, rule_text
from lab.naming.schemes.persistent import Boot
from lab.naming.schemes.probe import ProbeOrder
from tests.naming.synthetic import Board

__all__ = ["PCI", "A", "B", "C", "file", "machine", "named", "rule"]

A, B, C = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b", "00:1b:21:00:00:0c"
PCI = ProbeOrder("pci")


def machine(*macs: str, driver: str = "igb", **attributes: str) -> Machine:
    """Cards with these addresses, in the order of PCI devices."""
    board = Board()
    for number, mac in enumerate(macs):
        path = board.pci(f"0000:0{number + 1}:00.0")
        board.links[f"{path}/driver"] = f"../../../bus/pci/drivers/{driver}"
        board.net(path, address=mac, **attributes)
    return machine_of("made up", "synthetic", board.tree())


def named(of: Machine, after: Boot) -> dict[str, str | None]:
    """Address -> name."""
    return {str(card.mac): after.names[card.devpath].name for card in of.cards}


def rule(mac: str, name: str, **more: str) -> str:
    """A rule as the generator writes it."""
    keys = {"DRIVERS": "?*", "ATTR{address}": mac, "ATTR{dev_id}": "0x0", "ATTR{type}": "1", **more, "KERNEL": "eth*"}
    return rule_text(list(keys.items()), name)


def file(*lines: str) -> Rules:
    """A rules file of these lines."""
    return parse_rules("".join(f"{line}\n" for line in lines).encode(), "rules")
