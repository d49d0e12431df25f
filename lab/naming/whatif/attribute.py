"""What-if steps on attributes of sysfs: one is another, or is not there."""

from __future__ import annotations

import posixpath

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.whatif.change import Change

__all__ = ["place_of", "set_attribute", "unset_attribute"]

VALUE_MAX = 4096  # bytes: sysfs gives an attribute one page


def set_attribute(machine: Machine, argument: str) -> Change:
    """The machine with `PLACE/ATTRIBUTE=VALUE` applied; raises `LabError` if the place is not there."""
    target, equal, value = argument.partition("=")
    if not equal or len(value.encode()) > VALUE_MAX:
        raise LabError(f"--step set: {argument[:60]!r} is not PLACE/ATTRIBUTE=VALUE; write set 0000:00:03.0/index=1")
    path = place_of(machine, target)
    try:
        return Change(machine.tree.with_file(path, value.encode() + b"\n"))
    except ValueError:
        raise LabError(f"--step set: {target} is a folder or a link in {machine.name}, no attribute") from None


def unset_attribute(machine: Machine, argument: str) -> Change:
    """The machine without `PLACE/ATTRIBUTE`; raises `LabError` if it is not there."""
    path = place_of(machine, argument)
    if path not in machine.tree.files:
        raise LabError(f"--step unset: {argument} is no attribute of {machine.name}")
    return Change(machine.tree.without(path))


def place_of(machine: Machine, target: str) -> str:
    """The canonical path of `PLACE/ATTRIBUTE`; a place is a bus path, an interface or a path below sysfs.

    The attribute itself need not be there. A path that is written out may name new folders. Raises
    `LabError` if the place is unknown, or if a part of the path is empty, "." or "..".
    """
    place, _, attribute = target.removeprefix("/").partition("/")
    if not attribute and not target.startswith("/"):
        raise LabError(f"--step: {target!r} names no attribute; write PLACE/ATTRIBUTE")
    if not {"", ".", ".."}.isdisjoint(target.removeprefix("/").split("/")):
        raise LabError(f"--step: {target!r} has a part that is empty, . or ..; write PLACE/ATTRIBUTE")
    if target.startswith("/"):
        folder, name = posixpath.split(target)
        return posixpath.join(machine.tree.resolve(folder) or folder, name)
    found = [i.devpath for i in machine.interfaces if i.ifname == place] or [
        folder
        for folder in machine.tree.folders
        if folder.startswith("/devices/") and folder.endswith(f"/{place}") and f"{folder}/uevent" in machine.tree.files
    ]
    if len(found) != 1:
        cards = ", ".join(str(i.bus_path) for i in machine.cards)
        raise LabError(
            f"--step: {place} is {'not unique' if found else 'unknown'} in {machine.name}; cards are {cards}"
        )
    folder, _, name = attribute.rpartition("/")
    real = machine.tree.resolve(f"{found[0]}/{folder}" if folder else found[0])
    if real is None or real not in machine.tree.folders or not name:
        raise LabError(f"--step: {place} has no {folder or attribute} in {machine.name}")
    return f"{real}/{name}"
