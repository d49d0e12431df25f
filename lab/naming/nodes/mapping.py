"""The stable tree of 2009: names by address, path, slot and label, each of which leads to one interface."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping

from lab.core.table import Table
from lab.naming.model import Interface, Machine
from lab.naming.nodes.by_label import by_label
from lab.naming.nodes.by_mac import by_mac
from lab.naming.nodes.by_path import by_path
from lab.naming.nodes.by_slot import by_slot
from lab.naming.nodes.escape import escape
from lab.naming.trace import Candidate, Refused, Trace

__all__ = ["KINDS", "NodeTree", "node_tree"]

# To add a kind: write its file (raw name and reason, or `Refused`), add a line.
KINDS: dict[str, Callable[[Machine, Interface, Trace], tuple[str, str]]] = {
    "by-mac": by_mac,
    "by-path": by_path,
    "by-slot": by_slot,
    "by-label": by_label,
}


@dataclasses.dataclass(frozen=True, slots=True)
class NodeTree:
    """`offered`: by devpath and kind what was found, with its reason; `links`: what stands in the tree.

    `links` maps a path below the root ("by-path/pci-0000:00:03.0") to the interface. A name that two interfaces
    would have stands for neither: its candidates have no name.
    """

    machine: Machine
    offered: Mapping[str, Mapping[str, Candidate]]
    raw: Mapping[str, Mapping[str, str]]
    links: Mapping[str, Interface]

    def names(self, interface: Interface) -> tuple[str, ...]:
        """The paths that lead to `interface`, in the order of `KINDS`."""
        return tuple(path for path, found in self.links.items() if found == interface)

    def to_table(self) -> Table:
        """A row for each interface: its name now and what each kind calls it."""
        rows = tuple(
            (i.ifname, i.ifindex, *(self.offered[i.devpath][kind].name for kind in KINDS))
            for i in self.machine.interfaces
            if i.devpath in self.offered
        )
        return Table(("name now", "ifindex", *KINDS), rows, f"{self.machine.name}: names that stay")


def node_tree(machine: Machine) -> NodeTree:
    """The stable tree of `machine`; loopback has no place in it.

    After the proposal of 2009 (Domsch, "Network Device Naming mechanism and policy", lwn.net/Articles/356900),
    which hung such links on a character device for each interface.
    """
    offered: dict[str, dict[str, Candidate]] = {}
    raw: dict[str, dict[str, str]] = {}
    for interface in machine.interfaces:
        if not interface.is_loopback:
            answers = {kind: _candidate(machine, interface, kind) for kind in KINDS}
            offered[interface.devpath] = {kind: candidate for kind, (candidate, _) in answers.items()}
            raw[interface.devpath] = {kind: name for kind, (_, name) in answers.items() if name}
    for kind in KINDS:
        counts = Counter(found[kind].name for found in offered.values() if found[kind].name)
        for devpath, found in offered.items():
            name = found[kind].name
            if name and counts[name] > 1:
                because = f"{counts[name]} interfaces would be `{name}`: none of them gets it"
                found[kind] = dataclasses.replace(found[kind], name=None, because=because)
                raw[devpath].pop(kind)
    links = {
        f"{kind}/{name}": interface
        for kind in KINDS
        for interface in machine.interfaces
        if interface.devpath in offered and (name := offered[interface.devpath][kind].name)
    }
    return NodeTree(machine, offered, raw, links)


def _candidate(machine: Machine, interface: Interface, kind: str) -> tuple[Candidate, str]:
    """What `kind` calls `interface` (as a file name), and the same before it was escaped."""
    trace = Trace(machine.tree)
    try:
        text, because = KINDS[kind](machine, interface, trace)
        name: str | None = escape(text)
    except Refused as refusal:
        text, name, because = "", None, str(refusal)
    return Candidate(kind, name, because, tuple(trace.evidence), tuple(trace.gaps)), text
