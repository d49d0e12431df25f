"""What-if step `remove`: a card, or any PCI device with all that is behind it, is taken out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.schemes.slot import SLOTS
from lab.naming.smbios import TABLE
from lab.naming.tree import Tree, hardware, subsystem, tree_of
from lab.naming.whatif import dmi
from lab.naming.whatif.buses import bridges, fitted
from lab.naming.whatif.change import DEPTH_FIRST, Change

__all__ = ["remove_card", "without_devices"]

OTHERS = "other functions of the same card are still there; remove each of them to take out all of it"


def remove_card(machine: Machine, argument: str) -> Change:
    """The machine without the card of this MAC, bus path or name, and every interface on it.

    The bus path of a bridge takes out all that is behind it. A port that becomes empty keeps its bus; where a
    bridge goes, the buses behind later ones are numbered again, as at the next boot.
    """
    tree = machine.tree
    gone = {hardware(tree, i.devpath) or i.devpath for i in machine.cards if argument in (i.ifname, i.mac, i.bus_path)}
    if not gone:
        gone = {f for f in tree.folders if f.endswith(f"/{argument}") and _is_pci(tree, f)}
    if not gone:
        cards = ", ".join(i.ifname for i in machine.cards)
        raise LabError(f"--step remove: {argument!r} is no card of {machine.name}; cards are {cards}")
    after, renaming = fitted(without_devices(tree, gone), tree)
    left = {f.rpartition(".")[0] for f in after.folders if _is_pci(after, f)}
    notes = [OTHERS] if any(renaming.path(f).rpartition(".")[0] in left for f in gone) else []
    notes += [DEPTH_FIRST] if renaming.buses else []
    return Change(after, tuple(notes), moved=renaming.path)


def without_devices(tree: Tree, folders: Collection[str]) -> Tree:
    """`tree` without the devices in `folders`: with their virtual functions, and every link and slot that led there."""
    gone = set(folders)
    gone |= {p.rpartition("/")[0] for p in tree.links if p.endswith("/physfn") and tree.resolve(p) in gone}
    pattern = re.compile("|".join(rf"{re.escape(path)}(?:/|$)" for path in sorted(gone)))

    def stays(path: str) -> bool:
        return pattern.match(path) is None

    def leads(path: str, target: str) -> bool:
        return stays(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))

    after = tree_of(
        {p: data for p, data in tree.files.items() if stays(p)},
        {p: target for p, target in tree.links.items() if stays(p) and leads(p, target)},
        filter(stays, tree.folders),
    )
    lost = {b.name for root in bridges(tree) for b in root.walk()}
    lost -= {b.name for root in bridges(after) for b in root.walk()}
    for slot in after.entries(SLOTS) if lost else ():
        if (after.text(f"{SLOTS}/{slot}/address") or "").rpartition(":")[0] in lost:
            after = after.without(f"{SLOTS}/{slot}")
    if lost and TABLE in after.files:
        after = after.with_file(TABLE, dmi.renumbered(after.files[TABLE], dict.fromkeys(lost)))
    return after


def _is_pci(tree: Tree, folder: str) -> bool:
    return folder.startswith("/devices/") and subsystem(tree, folder) == "pci"
