"""The text of `udevadm info --export-db`: the names that udev gave. It holds too little to predict others from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine, Recorded
from lab.naming.schemes import POLICIES
from lab.naming.tree import past_virtio, tree_of

__all__ = ["looks_like", "parse", "records"]

_LINE = re.compile(r"([A-Z]): ?(.*)", re.DOTALL)
_MAC = re.compile(r"[a-z]{2}x([0-9a-f]{12})")


def looks_like(data: bytes) -> bool:
    """True for text whose first line names a device ("P: /devices/...")."""
    return data.lstrip(b"\r\n").startswith(b"P: /")


def parse(data: bytes, name: str) -> Machine:
    """The machine whose udev database is the text `data`; `name` is what errors call it.

    Raises `LabError` if a line is no record of udev, the text ends within a record, or no network
    interface is in it.
    """
    text = data.decode("utf-8", "backslashreplace")
    devices = list(records(text, name))
    known = dict(devices)
    found: list[Interface] = []
    recorded: dict[str, Recorded] = {}
    for path, values in devices:
        if values.get("SUBSYSTEM") != "net" or "INTERFACE" not in values:
            continue
        if path not in recorded:
            found.append(_interface(path, values, known))
            recorded[path] = Recorded(values.get("ID_NET_NAMING_SCHEME"), _names(values))
    if not found:
        raise LabError(f"{name}: names no network interface; was it written on the machine itself, and to its end?")
    return Machine(name, "udev database", tree_of({}, {}), tuple(sorted(found, key=lambda i: i.devpath)), recorded)


def records(text: str, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each device of the text: its devpath and its properties; raises `LabError` for a line that is no record."""
    path: str | None = None
    values: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not line:
            if path is not None:
                yield path, values
            path, values = None, {}
            continue
        match = _LINE.fullmatch(line)
        if match is None or (path is None) != (match[1] == "P"):
            raise LabError(f"{name}: line {number} is no record of udevadm info --export-db: {line[:60]!r}")
        if match[1] == "P":
            if not match[2].startswith("/"):
                raise LabError(f"{name}: line {number} names no device: {line[:60]!r}")
            path = match[2]
        elif match[1] == "E":
            key, equal, value = match[2].partition("=")
            if not equal:
                raise LabError(f"{name}: line {number} is no property: {line[:60]!r}")
            values[key] = value
    if path is not None:
        yield path, values


def _names(values: dict[str, str]) -> dict[str, str]:
    return {p: values[f"ID_NET_NAME_{p}"] for p in POLICIES if values.get(f"ID_NET_NAME_{p}")}


def _interface(path: str, values: dict[str, str], known: dict[str, dict[str, str]]) -> Interface:
    direct = _above(path, known)
    device = past_virtio(path, lambda place: _above(place, known), lambda place: known[place].get("SUBSYSTEM"))
    permanent = _MAC.fullmatch(values.get("ID_NET_NAME_MAC", ""))
    index = values.get("IFINDEX", "")
    driver = values.get("ID_NET_DRIVER") or (known[direct].get("DRIVER") if direct is not None else None)
    return Interface(
        ifname=values["INTERFACE"],
        devpath=path,
        ifindex=int(index) if index.isdecimal() and index.isascii() and len(index) < 11 else None,
        mac=re.sub(r"..(?=.)", r"\g<0>:", permanent[1]) if permanent else None,
        driver=driver or None,
        kind=_kind(values),
        bus=None if device is None else known[device].get("SUBSYSTEM", "unknown"),
        bus_path=None if device is None else device.rpartition("/")[2],
    )


def _kind(values: dict[str, str]) -> str:
    """DEVTYPE, else what the recorded names say: udev begins with "en" for Ethernet only."""
    if values["INTERFACE"] == "lo":
        return "loopback"
    ethernet = any(name.startswith("en") for name in _names(values).values())
    return values.get("DEVTYPE") or ("ether" if ethernet else "unknown")


def _above(path: str, known: dict[str, dict[str, str]]) -> str | None:
    place = path.rpartition("/")[0]
    while place:
        if place in known:
            return place
        place = place.rpartition("/")[0]
    return None
