"""What-if step `vfs`: virtual functions of a card are switched on (SR-IOV)."""

from __future__ import annotations

import re

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.tree import Tree, tree_of
from lab.naming.whatif.argument import assignment, number, pci_function
from lab.naming.whatif.card import without_devices
from lab.naming.whatif.change import Change
from lab.naming.whatif.draft import Draft
from lab.naming.whatif.parts import Part

__all__ = ["set_vfs"]

MOST = 256
FUNCTIONS = 256  # device and function numbers of one bus
# Where the driver of virtual functions is another than that of the card
DRIVERS = {"igb": "igbvf", "ixgbe": "ixgbevf", "i40e": "iavf", "ice": "iavf"}
PLAIN = "the card says of itself no number of virtual functions (sriov_totalvfs); it is taken for one that has them"
ADDRESSES = "the virtual functions take the next free addresses; the card's own distance (sriov_offset) is not known"


def set_vfs(machine: Machine, argument: str) -> Change:
    """`CARD = N`: the card has N virtual functions, with an interface each; those it had before are gone.

    They are named after the card, with v<N> (v239 on). Whether their MACs are permanent depends on the driver.
    """
    who, value = assignment("vfs", argument, "enp1s0 = 2")
    device = pci_function(machine, who, "vfs")
    tree = machine.tree
    wanted = number("vfs", value or "0", 0, MOST)
    total = _attribute(tree, f"{device}/sriov_totalvfs")
    if total is not None and wanted > total:
        raise LabError(f"--step vfs: {who} of {machine.name} has at most {total} virtual functions")
    tree = _without_old(tree, device)
    draft = Draft(machine_of(machine.name, machine.source, tree))
    addresses, notes = _addresses(tree, device, wanted)
    if len(addresses) < wanted:
        raise LabError(f"--step vfs: only {len(addresses)} addresses are free on the bus of {who}; ask for fewer")
    part = _part(tree, device)
    for n, address in enumerate(addresses):
        folder = f"{device.rpartition('/')[0]}/{address}"
        draft.function(part, folder)
        draft.link(f"{folder}/physfn", device)
        draft.link(f"{device}/virtfn{n}", folder)
        place = draft.virtio(folder) if part.driver == "virtio-pci" else folder
        draft.interface(place, {"addr_assign_type": None})
    if f"{device}/sriov_numvfs" in tree.files:
        draft.text(device, {"sriov_numvfs": wanted})
    notes = notes if total is not None or not wanted else (PLAIN, *notes)
    return Change(draft.done(), notes)


def _without_old(tree: Tree, device: str) -> Tree:
    """`tree` without the virtual functions that the card has."""
    old = {path for e in tree.entries(device) if e.startswith("virtfn") and (path := tree.resolve(f"{device}/{e}"))}
    tree = without_devices(tree, old) if old else tree
    links = {p: t for p, t in tree.links.items() if not p.startswith(f"{device}/virtfn")}  # those that led nowhere
    return tree if len(links) == len(tree.links) else tree_of(tree.files, links, tree.folders)


def _addresses(tree: Tree, device: str, wanted: int) -> tuple[list[str], tuple[str, ...]]:
    """The addresses of the virtual functions: as the card says, else the next free ones after the card."""
    folder, _, sysname = device.rpartition("/")
    bus, place = sysname[:-5], int(sysname[-4:-2], 16) * 8 + int(sysname[-1])
    taken = {p.rpartition("/")[2] for p in tree.folders if p.rpartition("/")[0] == folder}
    offset, stride = (_attribute(tree, f"{device}/sriov_{word}") for word in ("offset", "stride"))
    known = bool(offset and stride)
    numbers = range(place + (offset or 1), FUNCTIONS, stride or 1) if known else range(place + 1, FUNCTIONS)
    notes = () if known or not wanted else (ADDRESSES,)
    free = [a for n in numbers if (a := f"{bus}:{n >> 3:02x}.{n & 7}") not in taken]
    return free[:wanted], notes


def _part(tree: Tree, device: str) -> Part:
    """A virtual function of the card, by what the card says of itself."""
    vendor, kind = (_attribute(tree, f"{device}/{name}") or 0 for name in ("vendor", "sriov_vf_device"))
    own = _attribute(tree, f"{device}/device") or 0
    driver = tree.links.get(f"{device}/driver", "").rpartition("/")[2]
    return Part(vendor & 0xFFFF, (kind or own) & 0xFFFF, driver=DRIVERS.get(driver, driver))


def _attribute(tree: Tree, path: str) -> int | None:
    """The number in an attribute: `vendor` is written 0x8086, sriov_vf_device 10ed, the rest in decimal."""
    text = tree.text(path) or ""
    if re.fullmatch(r"0x[0-9a-f]{1,8}", text, re.ASCII):
        return int(text, 16)
    if path.endswith("_device"):
        return int(text, 16) if re.fullmatch(r"[0-9a-f]{1,8}", text, re.ASCII) else None
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) else None
