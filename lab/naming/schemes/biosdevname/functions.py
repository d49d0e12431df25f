"""The PCI functions of a machine as biosdevname lists them: all, by address, with a driver or without."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from lab.naming.schemes.biosdevname.config import Config, Unreadable
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.pci import Address, parse_address
from lab.naming.trace import Evidence, Gap
from lab.naming.tree import Tree

__all__ = ["Function", "functions"]

T = TypeVar("T")
NETWORK = 0x02  # base class (include/linux/pci_ids.h)


@dataclasses.dataclass(slots=True)
class Function:
    """One PCI function and what is found out about it, step by step.

    `slot`: 0 is the mainboard, None unknown. `smbios`: the table names it, then `kind` and `instance` are of type 41
    (0 of type 9). `physical` and `virtual`: of a virtual function its card and number. `port`, `partition`, `master`:
    of Dell's product data. `on_board` and `in_slot` count the network functions there.
    """

    path: str
    address: Address
    config: Config
    network: bool
    slot: int | None = None
    smbios: bool = False
    kind: int = 0
    instance: int = 0
    physical: Function | None = None
    virtual: int = 0
    port: int | None = None
    partition: int = 0
    master: Function | None = None
    on_board: int | None = None
    in_slot: int = 0
    evidence: list[Evidence] = dataclasses.field(default_factory=list)
    gaps: list[Gap] = dataclasses.field(default_factory=list)

    @property
    def sysname(self) -> str:
        """Its address as sysfs writes it."""
        return self.path.rpartition("/")[2]

    def ask(self, question: Callable[[Config], T], reason: str) -> T | None:
        """The answer from its configuration space; None, and a gap with this `reason`, if bytes are lacking."""
        try:
            return question(self.config)
        except Unreadable as missing:
            gap = Gap(f"{self.path}/config", f"{missing} cannot be read (root can): {reason}")
            if gap not in self.gaps:
                self.gaps.append(gap)
            return None

    def used(self, path: str, value: str, rule: str) -> None:
        """Note what decided something."""
        self.evidence.append(Evidence(path, value, rule, "used"))

    def refused(self, path: str, value: str | None, rule: str) -> None:
        """Note what was looked at in vain."""
        self.evidence.append(Evidence(path, value, rule, "refused" if value is not None else "unreadable"))


def functions(tree: Tree) -> dict[str, Function]:
    """Every PCI function of `tree` by its path, in the order of domain, bus, device, function."""
    found = []
    for link, target in tree.links.items():
        path, _, name = link.rpartition("/")
        address = parse_address(path.rpartition("/")[2]) if name == "subsystem" else None
        if address is not None and target.endswith("/pci") and path.startswith("/devices/"):
            found.append(_function(tree, path, address))
    found.sort(key=lambda f: (*dataclasses.astuple(f.address), f.path))
    return {f.path: f for f in found}


def _function(tree: Tree, path: str, address: Address) -> Function:
    function = Function(path, address, Config(tree.read(f"{path}/config") or b""), network=False)
    whole = unsigned(tree.text(f"{path}/class"))
    kind = whole >> 8 if whole is not None else function.ask(lambda c: c.device_class, "is it a network card?")
    function.network = kind is not None and kind >> 8 == NETWORK
    return function
