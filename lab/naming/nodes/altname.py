"""The same names as further names of the interface in the kernel: `by-path-pci-0000_00_03_0` (since Linux 5.5)."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

from lab.naming.model import Interface
from lab.naming.nodes.mapping import KINDS, NodeTree

__all__ = ["ALTNAME_MAX", "Alias", "aliases", "altname"]

ALTNAME_MAX = 127  # bytes: ALTIFNAMSIZ - 1 (include/uapi/linux/if.h)


@dataclasses.dataclass(frozen=True, slots=True)
class Alias:
    """An altname for `interface`; `state` is "new", "there" or why it is refused ("taken", "too long")."""

    interface: Interface
    name: str
    state: str
    note: str = ""


def altname(kind: str, text: str) -> str:
    """`kind` and the raw name `text` as one altname: what is no ASCII letter, digit or "-" becomes "_".

    The kernel would take almost anything, but iproute2 and systemd refuse "/", ":", "%" and blanks. It is the form
    of udev's ID_PATH_TAG, of which the rest of the name is made: `by-path-pci-0000_00_03_0`.
    """
    return f"{kind}-{re.sub('[^0-9A-Za-z-]', '_', text)}"


def aliases(tree: NodeTree) -> tuple[Alias, ...]:
    """What is to be set so that every stable name is an altname, in the order of interfaces and kinds."""
    taken = {name: i for i in tree.machine.interfaces for name in (i.ifname, *i.altnames)}
    wanted = [
        (interface, altname(kind, text))
        for interface in tree.machine.interfaces
        for kind in KINDS
        if (text := tree.raw.get(interface.devpath, {}).get(kind))
    ]
    counts = Counter(name for _, name in wanted)
    return tuple(_alias(interface, name, taken.get(name), counts[name]) for interface, name in wanted)


def _alias(interface: Interface, name: str, owner: Interface | None, count: int) -> Alias:
    if len(name.encode()) > ALTNAME_MAX:
        return Alias(interface, name, "too long", f"more than {ALTNAME_MAX} bytes")
    if count > 1:
        return Alias(interface, name, "taken", f"{count} interfaces would have it: none of them gets it")
    if owner is None:
        return Alias(interface, name, "new")
    if owner.devpath == interface.devpath:
        return Alias(interface, name, "there")
    return Alias(interface, name, "taken", f"{owner.ifname} has it")
