"""Both ways through the tree: from a stable name to the interface, from an interface to its stable names."""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError
from lab.naming.model import Interface
from lab.naming.nodes.altname import altname
from lab.naming.nodes.escape import escape
from lab.naming.nodes.mapping import KINDS, NodeTree
from lab.naming.trace import Refused

__all__ = ["Resolved", "resolve"]


@dataclasses.dataclass(frozen=True, slots=True)
class Resolved:
    """An interface and every stable name that leads to it; `wanted` is what was asked for."""

    wanted: str
    interface: Interface
    names: tuple[str, ...]


def resolve(tree: NodeTree, wanted: str) -> Resolved:
    """The interface that `wanted` means, and all its stable names.

    `wanted` is a path of the tree ("by-mac/52:54:00:00:00:01", escaped or not), the same as an altname, `ifN`, or an
    interface by name, altname, address or bus path. Raises `LabError` if nothing fits, saying why where the tree
    knows why.
    """
    kind, slash, name = wanted.strip("/").partition("/")
    if slash and kind in KINDS:
        return _by_path(tree, wanted, kind, name)
    if slash:
        raise LabError(f"{wanted}: is no stable name; they begin with {', '.join(f'{k}/' for k in KINDS)}")
    found = _by_altname(tree, wanted)
    if found is None and wanted.startswith("if") and wanted[2:].isdecimal():
        found = next((i for i in tree.machine.interfaces if str(i.ifindex) == wanted[2:]), None)
    if found is None:
        found = tree.machine.interface(wanted)
    return Resolved(wanted, found, tree.names(found))


def _by_path(tree: NodeTree, wanted: str, kind: str, name: str) -> Resolved:
    for path in (f"{kind}/{name}", f"{kind}/{_escaped(name)}", f"{kind}/{name.lower()}"):
        if path in tree.links:
            return Resolved(wanted, tree.links[path], tree.names(tree.links[path]))
    known = [path for path in tree.links if path.startswith(f"{kind}/")]
    clash = next((c for f in tree.offered.values() if f"`{name}`" in (c := f[kind].because) and not f[kind].name), "")
    reason = clash or (f"there are {', '.join(known)}" if known else f"no interface has a {kind} name here")
    raise LabError(f"{wanted}: leads to no interface of {tree.machine.name}; {reason}".replace("`", ""))


def _by_altname(tree: NodeTree, wanted: str) -> Interface | None:
    for devpath, found in tree.raw.items():
        for kind, text in found.items():
            if altname(kind, text) == wanted:
                return next(i for i in tree.machine.interfaces if i.devpath == devpath)
    return None


def _escaped(name: str) -> str:
    try:
        return escape(name)
    except Refused:
        return name
