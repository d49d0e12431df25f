"""A part of sysfs as a value: what is read live, from a folder or from a tarball looks the same here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

__all__ = [
    "Tree", "ancestors", "hardware", "lacking_above", "parent_device", "past_virtio", "subsystem", "tree_of",
    "uevent_value",
]  # fmt: skip

HOPS = 40  # links followed for one path, as the kernel does (fs/namei.c, MAXSYMLINKS)
DEVICE = ("modalias", "config", "vendor", "class")  # attributes that tell a device from a mere folder
_PCI = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9]{1,3}", re.ASCII | re.IGNORECASE)
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Tree:
    """`files`: content by path; `links`: target text by path; `folders`: entries by path, as the source listed them.

    A path begins with "/", which stands for the place where sysfs is mounted ("/class/net"). No path
    lies below a link, so every path is the canonical one.
    """

    files: Mapping[str, bytes]
    links: Mapping[str, str]
    folders: Mapping[str, tuple[str, ...]]
    _made: dict[Any, Any] = dataclasses.field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[[Tree], T]) -> T:
        """What `make` makes of this tree; made at the first question, kept as long as the tree."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

    def resolve(self, path: str) -> str | None:
        """`path` with every link followed; None if something is missing or the path leaves the tree."""
        if path in self.files or path in self.folders:
            return path
        above, _, last = path.rpartition("/")
        if above in self.folders and path not in self.links and last not in ("", ".", ".."):
            return None  # the folder is here and does not hold it
        todo = path.strip("/").split("/")[::-1]
        place, hops = "", 0
        while todo:
            step = todo.pop()
            if step in ("", "."):
                continue
            if step == "..":
                if not place:
                    return None
                place = place.rpartition("/")[0]
                continue
            place = f"{place}/{step}"
            target = self.links.get(place)
            if target is not None:
                hops += 1
                if hops > HOPS or target.startswith("/"):
                    return None
                todo += target.split("/")[::-1]
                place = place.rpartition("/")[0]
            elif place not in self.folders and (place not in self.files or todo):
                return None
        return place or "/"

    def read(self, path: str) -> bytes | None:
        """The content of the attribute at `path`, through links; None if there is none."""
        real = self.resolve(path)
        return None if real is None else self.files.get(real)

    def text(self, path: str) -> str | None:
        """The attribute at `path` as text without the newline at its end; None if there is none.

        GNU tar fills what a file of sysfs is shorter than its stated size with zeros; those are no text either.
        """
        data = self.read(path)
        return None if data is None else data.rstrip(b"\0").decode("utf-8", "backslashreplace").rstrip("\r\n")

    def entries(self, path: str) -> tuple[str, ...]:
        """What the folder at `path` holds, through links, in the order of the source; () if there is none."""
        real = self.resolve(path)
        return () if real is None else self.folders.get(real, ())

    def with_file(self, path: str, data: bytes) -> Tree:
        """This tree with the attribute at `path` (a canonical path) set to `data`."""
        return tree_of({**self.files, path: data}, self.links, self.folders)

    def without(self, path: str) -> Tree:
        """This tree without `path` (file, link or folder with all it holds)."""

        def stays(item: str) -> bool:
            return item != path and not item.startswith(path + "/")

        return tree_of(
            {k: v for k, v in self.files.items() if stays(k)},
            {k: v for k, v in self.links.items() if stays(k)},
            filter(stays, self.folders),
        )


def tree_of(files: Mapping[str, bytes], links: Mapping[str, str], folders: Iterable[str] = ()) -> Tree:
    """A tree of these files, links and folders; the folders on the way to each are added.

    Raises `ValueError` if a path lies below a file or a link, or is both.
    """
    entries: dict[str, list[str]] = {"/": []}
    for kind in (folders, files, links):
        for path in kind:
            _enter(path, entries, is_folder=kind is folders)
    for path in (*files, *links):
        if path in entries or (path in files and path in links):
            raise ValueError(f"{path} is two things at once")
    return Tree(dict(files), dict(links), {path: tuple(names) for path, names in entries.items()})


def _enter(path: str, entries: dict[str, list[str]], is_folder: bool) -> None:
    missing = []
    place = path
    if is_folder:
        if place in entries:
            return
        missing.append(place)
    while True:
        above = place.rpartition("/")[0] or "/"
        if above in entries or place == "/":
            break
        missing.append(above)
        place = above
    for folder in reversed(missing):
        entries[folder] = []
        entries[folder.rpartition("/")[0] or "/"].append(folder.rpartition("/")[2])
    if not is_folder:
        entries[path.rpartition("/")[0] or "/"].append(path.rpartition("/")[2])


def parent_device(tree: Tree, path: str) -> str | None:
    """The device that holds `path`: the nearest folder above it with a `uevent` file; None at the top.

    So finds `sd_device_get_parent` its parent (systemd, src/libsystemd/sd-device).
    """
    place = path.rpartition("/")[0]
    while place and place != "/devices":
        if f"{place}/uevent" in tree.files:
            return place
        place = place.rpartition("/")[0]
    return None


def subsystem(tree: Tree, device: str) -> str | None:
    """The bus or class of `device` ("pci", "virtio", "net"): the last part of its `subsystem` link."""
    target = tree.links.get(f"{device}/subsystem")
    return None if target is None else target.rpartition("/")[2]


def ancestors(tree: Tree, path: str) -> tuple[tuple[str, str | None], ...]:
    """The devices above `path`, nearest first, each with its bus or class."""
    found = []
    device = parent_device(tree, path)
    while device is not None:
        found.append((device, subsystem(tree, device)))
        device = parent_device(tree, device)
    return tuple(found)


def lacking_above(tree: Tree, path: str) -> tuple[str, ...]:
    """The missing `uevent` files and `subsystem` links of what must be a device above `path`, nearest first.

    Every device has a `uevent`, which tells it from a mere folder ("net"). Those without a bus or class have no
    `subsystem`, such as the root of a PCI bus; one that is called or described as devices on a bus are has both.
    """
    known = tree.once(_nothing_known)
    if path not in known:
        known[path] = tuple(_lacking_above(tree, path))
    return known[path]


def _nothing_known(_: Tree) -> dict[str, tuple[str, ...]]:
    return {}


def _lacking_above(tree: Tree, path: str) -> Iterator[str]:
    place = path.rpartition("/")[0]
    while place and place != "/devices":
        missing = [
            item
            for item, found in ((f"{place}/uevent", tree.files), (f"{place}/subsystem", tree.links))
            if item not in found
        ]
        if missing and (
            f"{place}/subsystem" in tree.links
            or any(f"{place}/{attribute}" in tree.files for attribute in DEVICE)
            or _PCI.fullmatch(place.rpartition("/")[2])
        ):
            yield from missing
        place = place.rpartition("/")[0]


def uevent_value(tree: Tree, device: str, key: str) -> str | None:
    """The value of `key` in the device's `uevent` file; None if it is not there."""
    for line in (tree.text(f"{device}/uevent") or "").split("\n"):
        name, equal, value = line.partition("=")
        if equal and name == key:
            return value
    return None


def hardware(tree: Tree, path: str) -> str | None:
    """The device that the interface at `path` sits on, past the levels of virtio; None for a virtual interface."""
    return past_virtio(path, lambda place: parent_device(tree, place), lambda device: subsystem(tree, device))


def past_virtio(path: str, above: Callable[[str], str | None], bus: Callable[[str], str | None]) -> str | None:
    """The first device over `path` that is no virtio level: systemd names a card by its PCI device (226 on)."""
    device = above(path)
    while device is not None and bus(device) == "virtio":
        device = above(device)
    return device
