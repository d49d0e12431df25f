"""What the firmware says of a place: its ACPI node, by the address of the device (_ADR)."""

from __future__ import annotations

import posixpath
import re

from lab.naming.tree import Tree

__all__ = ["firmware_of", "leave_place"]

_PLACE = re.compile(r".*:([0-9a-f]{2})\.([0-7])", re.ASCII)
# What the firmware says of the device at an address, not of the card: ACPI node, _DSM index, SMBIOS type 41
OF_PLACE = ("firmware_node", "acpi_index", "index", "label")


def firmware_of(tree: Tree, above: str, address: str) -> str | None:
    """The ACPI node of a device at `address` below the bridge or root in the folder `above`; None for no node.

    Nodes carry their device and function in `adr` (ACPI 6.5, 6.1.1, _ADR). A source that did not copy the nodes gives
    a path that is not there: then a slot number may be missing, and the rule for SLOT says so.
    """
    target = tree.links.get(f"{above}/firmware_node")
    if target is None:
        return None
    node = posixpath.normpath(posixpath.join(above, target))
    match = _PLACE.fullmatch(address)
    if match is None:
        return None
    wanted = int(match[1], 16) << 16 | int(match[2])
    for entry in tree.entries(node):
        if _number(tree.text(f"{node}/{entry}/adr")) == wanted:
            return f"{node}/{entry}"
    known = any(path.startswith(f"{node}/") and path.endswith("/adr") for path in tree.files)
    return None if known else f"{node}/unknown"


def leave_place(tree: Tree, folder: str) -> Tree:
    """`tree` without what the firmware says of the place of the device in `folder`."""
    node = tree.resolve(f"{folder}/firmware_node")
    for name in OF_PLACE:
        if f"{folder}/{name}" in tree.files or f"{folder}/{name}" in tree.links:
            tree = tree.without(f"{folder}/{name}")
    if node is not None and tree.resolve(f"{node}/physical_node") == folder:
        tree = tree.without(f"{node}/physical_node")
    return tree


def _number(text: str | None) -> int | None:
    match = re.fullmatch(r"0x([0-9a-fA-F]{1,8})", text or "", re.ASCII)
    return None if match is None else int(match[1], 16)
