"""What the guest says it has seen: text of a stranger until it is parsed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from lab.core.errors import LabError, printable

__all__ = ["Event", "Node", "Seen", "parse_events", "parse_nodes", "parse_seen", "warnings"]

TEXT_LIMIT = 1 << 20  # characters of one file
LINES = 10_000
VALUE = 2_000  # characters of one value
NOTHING = "nothing"  # stands for what the guest did not say
_LINE = re.compile(r"([a-z]{1,20}\.[a-z0-9]{1,20})\t(.*)")
_EVENT = re.compile(r"UDEV +\[[0-9.]+\] ([a-z]+) +(\S+) \(netnode\)")
# What the kernel says where a driver has gone wrong: warnings, lost references, names taken twice, tasks that hang
_WARNING = re.compile(
    r"WARNING:|BUG:|Oops|Call Trace|general protection|refcount_t|waiting for .* to become free|circular locking"
    r"|blocked for more than|cannot create duplicate|stay in the old namespace"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """By "step.key" what was seen, each time in turn."""

    values: Mapping[str, tuple[str, ...]]

    def __getitem__(self, key: str) -> str:
        """The one value of `key`, `NOTHING` if the guest gave none or several."""
        found = self.values.get(key, ())
        return found[0] if len(found) == 1 else NOTHING

    def words(self, key: str) -> tuple[str, ...]:
        """The value of `key` as the words or lines it is made of."""
        return tuple(self[key].replace(";", " ").split()) if self[key] != NOTHING else ()


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One uevent as udev sent it on: add, change, remove and the properties that rules can match."""

    action: str
    properties: Mapping[str, str]

    @property
    def said(self) -> str:
        """The action and the interface's name, "change ens11>lan0" for a new one."""
        old = self.properties.get("INTERFACE_OLD")
        return f"{self.action} {f'{old}>' if old else ''}{self.properties.get('INTERFACE', '?')}"


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A node when it appeared: its minor, its line, the same as class net has it, and what else is to be equal."""

    minor: int
    line: str
    interface: str  # "IFINDEX NAME" of /sys/class/net
    parent: str  # device above it in /sys, "" for a virtual one
    interface_parent: str
    kind: str
    mode: str
    devices: tuple[str, str]  # major:minor in /sys and of the file


def parse_seen(text: str) -> Seen:
    """The lines "STEP.KEY<tab>VALUE" of the guest's seen.txt; raises `LabError` for what is no such file."""
    _bounded(text, "seen.txt")
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None or len(match[2]) > VALUE:
            raise LabError(f"the guest's seen.txt, line {number}: {line[:60]!r} is no STEP.KEY and value")
        found.setdefault(match[1], []).append(printable(match[2].strip()))
    return Seen({key: tuple(values) for key, values in found.items()})


def parse_nodes(values: tuple[str, ...]) -> tuple[Node, ...]:
    """The values of "appear.node"; raises `LabError` for one that is damaged."""
    found = []
    for value in values:
        parts = value.split(";")
        if len(parts) != 9 or not parts[0].isdecimal() or len(parts[0]) > 7:
            raise LabError(f"the guest's seen.txt: {value[:80]!r} is no node")
        above, interface_above = _parent(parts[3]), _parent(parts[4])
        devices = (parts[7], parts[8])
        found.append(Node(int(parts[0]), parts[1], parts[2], above, interface_above, parts[5], parts[6], devices))
    return tuple(found)


def _parent(path: str) -> str:
    """A virtual interface has no device above it; readlink says the path that there would be."""
    return "" if path.startswith("/sys/devices/virtual/") else path


def parse_events(text: str) -> tuple[Event, ...]:
    """The uevents in the output of `udevadm monitor --udev --property`; raises `LabError` for too much of it."""
    _bounded(text, "events.txt")
    found: list[Event] = []
    properties: dict[str, str] | None = None
    for line in text.splitlines():
        if match := _EVENT.fullmatch(line.rstrip()):
            properties = {}
            found.append(Event(match[1], properties))
        elif "=" in line and properties is not None:
            key, _, value = line.partition("=")
            properties[printable(key[:100])] = printable(value[:VALUE])
        else:
            properties = None
    return tuple(found)


def warnings(dmesg: str) -> tuple[str, ...]:
    """The lines of the kernel's log that tell of something wrong."""
    _bounded(dmesg, "dmesg.txt")
    return tuple(printable(line[:300]) for line in dmesg.splitlines() if _WARNING.search(line))


def _bounded(text: str, name: str) -> None:
    if len(text) > TEXT_LIMIT or text.count("\n") > LINES:
        raise LabError(f"the guest's {name} has more than {TEXT_LIMIT:,} characters or {LINES:,} lines")
