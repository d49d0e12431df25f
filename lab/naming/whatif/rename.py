"""A sysfs whose PCI devices get other addresses: folders, links, slots and the texts that hold an address."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Callable, Mapping

from lab.naming.smbios import TABLE
from lab.naming.tree import Tree, tree_of
from lab.naming.whatif import dmi

__all__ = ["Renaming", "link_text", "renamed"]

# A bus may have more than two digits here: what a step adds is numbered from 100 (hexadecimal) until it has its place
_ADDRESS = re.compile(r"(?<![0-9a-f])([0-9a-f]{4,8}:[0-9a-f]{2,4}):[0-9a-f]{2}\.[0-7](?![0-9a-f])", re.ASCII)
_BUS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2,4}", re.ASCII)
_SLOT = re.compile(r"([0-9a-f]{4,8}:[0-9a-f]{2,4})(:[0-9a-f]{2}\s*)", re.ASCII)
HOLD_ADDRESS = ("uevent", "name")  # attributes whose text may hold an address: PCI_SLOT_NAME=, a wakeup source
SLOTS = "/bus/pci/slots/"


@dataclasses.dataclass(frozen=True, slots=True)
class Renaming:
    """`buses`: new name by old ("0000:01"); `devices`: new address by old, which goes before the bus.

    `folders`: the devices that are moved, from path to path; both paths are written with the old addresses.
    """

    buses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    devices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    folders: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def text(self, text: str) -> str:
        """`text` with every address in it renamed; each is looked up once, so buses may change places."""
        return _ADDRESS.sub(self._address, text)

    def _address(self, match: re.Match[str]) -> str:
        old, bus = match[0], match[1]
        return self.devices.get(old) or self.buses.get(bus, bus) + old[len(bus) :]

    def path(self, path: str) -> str:
        """Where `path` (below sysfs, canonical) lies afterwards."""
        place = path
        while self.folders and len(place) > 1:
            if place in self.folders:
                path = self.folders[place] + path[len(place) :]
                break
            place = place.rpartition("/")[0]
        parts = path.split("/")
        for i, part in enumerate(parts):
            if i and parts[i - 1] == "pci_bus" and _BUS.fullmatch(part):
                parts[i] = self.buses.get(part, part)
            elif ":" in part:
                parts[i] = self.text(part)
        return "/".join(parts)

    def slot(self, text: str) -> str:
        """The address of a slot (a device without function), renamed: the slot stays, its bus has another number."""
        match = _SLOT.fullmatch(text)
        return text if match is None else self.buses.get(match[1], match[1]) + match[2]


def renamed(tree: Tree, renaming: Renaming) -> Tree:
    """`tree` with `renaming` applied everywhere. A link leads to the renamed thing that it led to before.

    Raises `ValueError` if two paths would become one.
    """
    files = {renaming.path(p): _content(p, data, renaming) for p, data in tree.files.items()}
    links = {renaming.path(p): _target(p, target, renaming.path) for p, target in tree.links.items()}
    folders = dict.fromkeys(renaming.path(p) for p in tree.folders)
    if len(files) < len(tree.files) or len(links) < len(tree.links) or len(folders) < len(tree.folders):
        raise ValueError("two devices would have one address")
    return tree_of(files, links, folders)


def _content(path: str, data: bytes, renaming: Renaming) -> bytes:
    if path == TABLE:
        return dmi.renumbered(data, renaming.buses)
    name = path.rpartition("/")[2]
    if name == "address" and path.startswith(SLOTS):
        rename = renaming.slot
    elif name in HOLD_ADDRESS and b":" in data:
        rename = renaming.text
    else:
        return data
    return rename(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _target(path: str, target: str, moved: Callable[[str], str]) -> str:
    """The text of the link at `path`, as it must be afterwards; as it was if nothing on its way has moved."""
    folder = posixpath.dirname(path)
    old = posixpath.normpath(posixpath.join(folder, target))
    new, here = moved(old), posixpath.dirname(moved(path))
    if target.startswith("/") or (new, here) == (old, folder):
        return target
    return link_text(here, new)


def link_text(folder: str, target: str) -> str:
    """The text of a link in `folder` that leads to `target`, as the kernel writes it (fs/kernfs/symlink.c).

    It always ends in the name of the target, also where that is a folder above the link.
    """
    above, _, name = target.rpartition("/")
    way = posixpath.relpath(above or "/", folder)
    return name if way == "." else f"{way}/{name}"
