"""What-if step `move`: a card is put elsewhere in the same machine."""

from __future__ import annotations

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.tree import Tree, subsystem, tree_of
from lab.naming.whatif.add import add_port, slot_doubts
from lab.naming.whatif.argument import pci_function, split
from lab.naming.whatif.buses import fitted, is_complete
from lab.naming.whatif.change import DEPTH_FIRST, PARTIAL, Change
from lab.naming.whatif.draft import Draft
from lab.naming.whatif.firmware import firmware_of, leave_place
from lab.naming.whatif.place import Spot, free_functions, place_of_text
from lab.naming.whatif.rename import Renaming, link_text, renamed

__all__ = ["move_card"]

EXAMPLE = "52:54:00:00:00:01 to slot 3"
STAYS = "what the firmware said of the old place (index, label, slot number) stays there"


def move_card(machine: Machine, argument: str) -> Change:
    """The machine with `CARD to PLACE`: all functions of the card, and what is behind them, at another place.

    A card is named by an interface on it, or by its PCI address. Raises `LabError` if it cannot go there.
    """
    who, where = split("move", argument, " to ", EXAMPLE)
    device = pci_function(machine, who, "move")
    tree = machine.tree
    functions = _functions(tree, device)
    if any(e.startswith("virtfn") for f in functions for e in tree.entries(f)):
        raise LabError(f"--step move: {who} has virtual functions; write vfs {who} = 0 before")
    spot = place_of_text(machine, where)
    if any(spot.folder == f or spot.folder.startswith(f"{f}/") for f in functions):
        raise LabError(f"--step move: {where} is on the card itself; choose another place")
    if not spot.port and len(functions) > 1 and (spot.function or free_functions(tree, spot) < 8):
        raise LabError(f"--step move: {where} has no room for {len(functions)} functions; choose another place")
    draft = Draft(machine)
    behind = add_port(draft, spot) if spot.port else spot
    new = _addresses(functions, behind)
    first = Renaming(
        devices={f.rpartition("/")[2]: address for f, address in new.items()},
        folders={f: f"{behind.folder}/{f.rpartition('/')[2]}" for f in functions},
    )
    moved = renamed(draft.done(), first)
    for folder, address in new.items():
        moved = _settle(moved, first.path(folder), behind.folder, address)
    after, second = fitted(moved, tree)
    notes = [STAYS]
    notes += [DEPTH_FIRST] if spot.port or second.buses else []
    notes += [] if is_complete(tree) else [PARTIAL]
    doubts = slot_doubts(machine, second.path(behind.folder)) if spot.port else ()
    return Change(after, tuple(notes), doubts, lambda path: second.path(first.path(path)))


def _functions(tree: Tree, device: str) -> list[str]:
    """All functions of the device that `device` is one of, in order."""
    start = device.rpartition(".")[0]
    found = (f"{start}.{n}" for n in range(8))
    return [f for f in found if f in tree.folders and subsystem(tree, f) == "pci"]


def _addresses(functions: list[str], spot: Spot) -> dict[str, str]:
    """The new address of every function: its number stays, but one alone takes that of the place."""
    alone = len(functions) == 1
    return {f: spot.address(0 if alone else int(f[-1])) for f in functions}


def _settle(tree: Tree, folder: str, above: str, address: str) -> Tree:
    """The function in `folder`, and all below it, with what the firmware says of the new place."""
    for place in [f for f in tree.folders if f == folder or f.startswith(f"{folder}/")]:
        if subsystem(tree, place) == "pci":
            tree = leave_place(tree, place)
    node = firmware_of(tree, above, address)
    if node is None:
        return tree
    return tree_of(tree.files, {**tree.links, f"{folder}/firmware_node": link_text(folder, node)}, tree.folders)
