"""A machine as one line of JSON: what the naming rules read, written down exactly, read back without trust.

The body has `name`, `source`, `sysfs` (a folder is an object; a file is its text, or `["hex", digits]` where it is no
UTF-8; a link is `["link", target]`), and where there is more to say `links` (what netlink or udev say of an interface
beyond sysfs), `properties`, `recorded` and `edits`. Many such lines in one file are a fleet.
"""

from __future__ import annotations

import binascii
import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from lab import __version__
from lab.core.errors import LabError
from lab.core.snapshot import Provenance, Snapshot, line, understood
from lab.naming.model import Interface, Machine, Recorded, checked, interfaces
from lab.naming.tree import Tree

__all__ = ["KIND", "VERSION", "decode", "encode", "looks_like", "parse"]

KIND = "naming-machine"
VERSION = 1
DEPTH = 40  # folders in one path
ENTRIES_MAX = 500_000  # files, links and folders of one machine
NAME_MAX = 255  # include/uapi/linux/limits.h
TARGET_MAX = 4096
INTERFACES_MAX = 100_000
T = TypeVar("T")

FACTS = ("ifname", "ifindex", "kind", "altnames")  # of netlink; the other fields stand there if sysfs does not say so
JSON_WORDS = {"dict": "object", "list": "list", "str": "text"}
_OBJECT = re.compile(rb"\s*\{")


def looks_like(data: bytes) -> bool:
    """True for what begins as a JSON object does."""
    return _OBJECT.match(data) is not None


def parse(data: bytes, name: str) -> Machine:
    """The machine whose snapshot is in the file `data`; `name` is what errors call it.

    Raises `LabError` for damaged text, for another or a newer kind of snapshot, and for a fleet (several lines).
    """
    lines = [text for text in data.splitlines() if text.strip()]
    if len(lines) > 1 and _is_object(lines[0]):
        raise LabError(f"{name}: holds {len(lines):,} snapshots, one a line; read them with kernel-lab naming fleet")
    return decode(data, name)


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def encode(machine: Machine, provenance: Provenance | None = None) -> str:
    """`machine` as one line of JSON without a newline; `decode` gives the same machine back.

    `provenance` tells what was recorded and when; without it the machine's name stands there, and no date.
    """
    body: dict[str, Any] = {"name": machine.name, "source": machine.source, "sysfs": _folder(machine.tree, "/")}
    links = _links(machine)
    if links is not None:
        body["links"] = links
    if machine.properties:
        body["properties"] = {path: dict(values) for path, values in machine.properties.items()}
    if machine.recorded:
        body["recorded"] = {
            path: {"scheme": recorded.scheme, "names": dict(recorded.names)}
            for path, recorded in machine.recorded.items()
        }
    if machine.edits:
        body["edits"] = list(machine.edits)
    told = provenance or Provenance(machine.name, f"kernel-lab {__version__}")
    return line(Snapshot(KIND, VERSION, told, body))


def _folder(tree: Tree, path: str) -> dict[str, Any]:
    start = path.rstrip("/")
    return {name: _entry(tree, f"{start}/{name}") for name in tree.folders[path]}


def _entry(tree: Tree, path: str) -> Any:
    if path in tree.folders:
        return _folder(tree, path)
    if path in tree.links:
        return ["link", tree.links[path]]
    data = tree.files[path]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ["hex", data.hex()]


def _links(machine: Machine) -> list[dict[str, Any]] | None:
    """What is known of the interfaces beyond the tree; None if the tree says it all."""
    shown = _shown(machine.tree, machine.name)
    if machine.interfaces == tuple(sorted(shown.values(), key=lambda i: i.devpath)):
        return None
    return [_link(interface, shown) for interface in machine.interfaces]


def _shown(tree: Tree, name: str) -> dict[str, Interface]:
    """The interfaces of /class/net by name; none if the tree has no such folder."""
    return {i.ifname: i for i in interfaces(tree, name)}


def _link(interface: Interface, shown: Mapping[str, Interface]) -> dict[str, Any]:
    base = shown.get(interface.ifname) or _unseen(interface.ifname)
    values = {f.name: getattr(interface, f.name) for f in dataclasses.fields(interface)}
    values["altnames"] = list(interface.altnames)
    return {k: v for k, v in values.items() if k in FACTS or v != getattr(base, k)}


def _unseen(ifname: str) -> Interface:
    """An interface that sysfs does not show."""
    return Interface(ifname, f"/devices/virtual/net/{ifname}", None, None, None, "unknown", None, None)


def decode(text: str | bytes, name: str) -> Machine:
    """The machine that one line of JSON describes; `name` is what errors call it.

    Raises `LabError` for damaged text, for another or a newer kind of snapshot, for names that no file can have, and
    for more or deeper folders than a machine has.
    """
    body = understood(text, name, KIND, VERSION).body
    tree = _Reader(name).tree(_of(dict, body.get("sysfs"), name, "sysfs"))
    links = body.get("links")
    if links is None and tree.resolve("/class/net") not in tree.folders:
        raise LabError(f"{name}: has neither sysfs/class/net nor links, so it names no interface; record it again")
    shown = _shown(tree, name)
    found = checked(tuple(shown.values()) if links is None else _interfaces(links, shown, name), name)
    return Machine(
        name=_of(str, body.get("name"), name, "name"),
        source=_of(str, body.get("source"), name, "source"),
        tree=tree,
        interfaces=tuple(sorted(found, key=lambda i: i.devpath)) if links is None else found,
        recorded={path: _recorded(value, name) for path, value in _by_device(body, "recorded", name)},
        edits=_texts(body.get("edits", []), name, "edits"),
        properties={path: _strings(value, name, "properties") for path, value in _by_device(body, "properties", name)},
    )


class _Reader:
    """Turns nested objects into a tree; every name, depth and count is held against its limit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.files: dict[str, bytes] = {}
        self.links: dict[str, str] = {}
        self.folders: dict[str, tuple[str, ...]] = {}

    def tree(self, root: Mapping[str, Any]) -> Tree:
        self._folder("", root, 0)
        return Tree(self.files, self.links, self.folders)

    def _folder(self, path: str, entries: Mapping[str, Any], depth: int) -> None:
        if depth > DEPTH:
            raise LabError(f"{self.name}: sysfs{path[:60]}... lies more than {DEPTH} folders deep; this is no sysfs")
        self.count += len(entries)
        if self.count > ENTRIES_MAX:
            raise LabError(f"{self.name}: has more than {ENTRIES_MAX:,} files; this is no snapshot of ours")
        self.folders[path or "/"] = tuple(entries)
        for entry, value in entries.items():
            if not entry or entry in (".", "..") or "/" in entry or "\0" in entry or len(entry) > NAME_MAX:
                raise LabError(f"{self.name}: sysfs{path} has an entry {entry[:60]!r}, which no file can be called")
            place = f"{path}/{entry}"
            if isinstance(value, str):
                self.files[place] = self._bytes(place, value)
            elif isinstance(value, dict):
                self._folder(place, value, depth + 1)
            else:
                self._special(place, value)

    def _bytes(self, place: str, text: str) -> bytes:
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            raise LabError(f"{self.name}: sysfs{place} is no UTF-8 text; such a file is written in hex") from None

    def _special(self, place: str, value: Any) -> None:
        match value:
            case ["link", str() as target] if target and len(target) <= TARGET_MAX and "\0" not in target:
                self.links[place] = target
            case ["hex", str() as digits]:
                try:
                    self.files[place] = binascii.unhexlify(digits)
                except ValueError:
                    raise LabError(f"{self.name}: sysfs{place} is no hex text; the snapshot is damaged") from None
            case _:
                raise LabError(f"{self.name}: sysfs{place} is no folder, file or link; the snapshot is damaged")


def _interfaces(links: Any, shown: Mapping[str, Interface], name: str) -> tuple[Interface, ...]:
    found: list[Interface] = []
    for fact in _of(list, links, name, "links"):
        if len(found) >= INTERFACES_MAX:
            raise LabError(f"{name}: has more than {INTERFACES_MAX:,} interfaces")
        values = dict(_of(dict, fact, name, "links"))
        ifname = _of(str, values.get("ifname"), name, "links ifname")
        base = shown.get(ifname) or _unseen(ifname)
        values["altnames"] = _texts(values.get("altnames", []), name, "altnames")
        for key, value in values.items():
            _check(key, value, name)
        found.append(dataclasses.replace(base, **values))
    return tuple(found)


def _check(key: str, value: Any, name: str) -> None:
    """Raises `LabError` unless `value` may stand in the field `key` of an interface."""
    match key, value:
        case "ifindex", int() if not isinstance(value, bool) and 0 <= value < 1 << 32:
            return
        case "devpath", str():
            _device(value, name)
            return
        case (("ifindex" | "mac" | "driver" | "bus" | "bus_path"), None):
            return
        case (("ifname" | "kind" | "mac" | "driver" | "bus" | "bus_path"), str()):
            return
        case "altnames", tuple():
            return
    raise LabError(f"{name}: links has {key[:60]!r} = {str(value)[:60]!r}, which says nothing of an interface")


def _device(path: str, name: str) -> str:
    if not path.startswith("/") or len(path) > TARGET_MAX or ".." in path.split("/"):
        raise LabError(f"{name}: {path[:60]!r} is no path of a device; the snapshot is damaged")
    return path


def _by_device(body: Mapping[str, Any], key: str, name: str) -> list[tuple[str, Any]]:
    return [(_device(path, name), value) for path, value in _of(dict, body.get(key, {}), name, key).items()]


def _recorded(value: Any, name: str) -> Recorded:
    raw = _of(dict, value, name, "recorded")
    scheme = raw.get("scheme")
    return Recorded(
        None if scheme is None else _of(str, scheme, name, "recorded scheme"),
        _strings(raw.get("names"), name, "recorded names"),
    )


def _strings(value: Any, name: str, key: str) -> dict[str, str]:
    return {k: _of(str, v, name, key) for k, v in _of(dict, value, name, key).items()}


def _texts(value: Any, name: str, key: str) -> tuple[str, ...]:
    return tuple(_of(str, text, name, key) for text in _of(list, value, name, key))


def _of(kind: type[T], value: Any, name: str, key: str) -> T:
    if not isinstance(value, kind):
        raise LabError(f"{name}: {key} is no JSON {JSON_WORDS[kind.__name__]}; the snapshot is damaged")
    return value
