"""The text of `udevadm info --export-db`: the names that udev gave, the devices and their buses, but no attributes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine, Recorded, checked
from lab.naming.schemes import POLICIES
from lab.naming.tree import Tree, past_virtio, tree_of

__all__ = ["looks_like", "parse", "records"]

DEPTH = 40  # folders in one path
PATH_MAX = 4096
# properties that udev copies from the kernel's uevent
UEVENT = (
    "DEVTYPE", "DRIVER", "IFINDEX", "INTERFACE", "MODALIAS", "OF_FULLNAME", "PCI_CLASS", "PCI_ID", "PCI_SLOT_NAME",
    "PCI_SUBSYS_ID", "PRODUCT", "TYPE",
)  # fmt: skip
CLASSES = {"net", "dmi", "block", "tty"}  # subsystems that are classes, so far as they can lie above a card
LINK_TYPES = {"en": "1", "wl": "1", "ww": "1", "ib": "32", "sl": "256", "mc": "290"}  # first letters: ARPHRD_*
_LINE = re.compile(r"([A-Z]): ?(.*)", re.DOTALL)
_MAC = re.compile(r"[a-z]{2}x([0-9a-f]{12})")
_PCI_ID = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})")
# a PCI card's name by place: domain, bus, slot, function, then its port by name or number, virtual function
_PLACE = re.compile(r"[a-z]{2}(?:P\d+)?(?:p\d+)?s\d+(?:f\d+)?(?:n(?P<name>.+)|d(?P<port>\d+))?(?:v\d+)?", re.ASCII)
_ROOT = re.compile(r"/devices/pci[0-9a-f]{4,}:[0-9a-f]{2}(?=/)")
_HEX = re.compile(r"[0-9A-Fa-f]{1,6}")


def looks_like(data: bytes) -> bool:
    """True for text whose first line names a device ("P: /devices/...")."""
    return data.lstrip(b"\r\n").startswith(b"P: /")


def parse(data: bytes, name: str) -> Machine:
    """The machine whose udev database is the text `data`; `name` is what errors call it.

    Its tree holds what follows from the text alone: the devices, their buses, and what a recorded name implies of its
    interface (the link type, that it is not stacked, the permanent address).

    Raises `LabError` if a line is no record of udev, the text ends within a record, no network interface is in it,
    or the interfaces are none that a kernel has.
    """
    text = data.decode("utf-8", "backslashreplace")
    devices = list(records(text, name))
    known = dict(devices)
    found: list[Interface] = []
    recorded: dict[str, Recorded] = {}
    for path, values in devices:
        if values.get("SUBSYSTEM") != "net" or "INTERFACE" not in values:
            continue
        _check(path, name)
        found.append(_interface(path, values, known))
        recorded[path] = Recorded(values.get("ID_NET_NAMING_SCHEME"), _names(values))
    if not found:
        raise LabError(f"{name}: names no network interface; was it written on the machine itself, and to its end?")
    interfaces = tuple(sorted(checked(tuple(found), name), key=lambda i: i.devpath))
    tree = _tree(interfaces, known, name)
    properties = {path: values for path, values in devices if f"{path}/uevent" in tree.files}
    return Machine(name, "udev database", tree, interfaces, recorded, properties=properties)


def _check(path: str, name: str) -> None:
    parts = path.split("/")[1:]
    if len(path) > PATH_MAX or len(parts) > DEPTH or any(p in ("", ".", "..") or "\0" in p for p in parts):
        raise LabError(f"{name}: {path[:60]!r} is no path of a device; the text is damaged")


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


def _names(values: Mapping[str, str]) -> dict[str, str]:
    return {p: values[f"ID_NET_NAME_{p}"] for p in POLICIES if values.get(f"ID_NET_NAME_{p}")}


def _interface(path: str, values: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> Interface:
    direct = _above(path, known)
    device = past_virtio(path, lambda place: _above(place, known), lambda place: known[place].get("SUBSYSTEM"))
    driver = values.get("ID_NET_DRIVER") or (known[direct].get("DRIVER") if direct is not None else None)
    return Interface(
        ifname=values["INTERFACE"],
        devpath=path,
        ifindex=_index(values),
        mac=_permanent(values),
        driver=driver or None,
        kind=_kind(values),
        bus=None if device is None else known[device].get("SUBSYSTEM", "unknown"),
        bus_path=None if device is None else device.rpartition("/")[2],
    )


def _index(values: Mapping[str, str]) -> int | None:
    index = values.get("IFINDEX", "")
    return int(index) if index.isdecimal() and index.isascii() and len(index) < 11 else None


def _permanent(values: Mapping[str, str]) -> str | None:
    match = _MAC.fullmatch(values.get("ID_NET_NAME_MAC", ""))
    return None if match is None else re.sub(r"..(?=.)", r"\g<0>:", match[1])


def _kind(values: Mapping[str, str]) -> str:
    """DEVTYPE, else what the recorded names say: udev begins with "en" for Ethernet only."""
    if values["INTERFACE"] == "lo":
        return "loopback"
    ethernet = any(name.startswith("en") for name in _names(values).values())
    return values.get("DEVTYPE") or ("ether" if ethernet else "unknown")


def _above(path: str, known: Mapping[str, Mapping[str, str]]) -> str | None:
    place = path.rpartition("/")[0]
    while place:
        if place in known:
            return place
        place = place.rpartition("/")[0]
    return None


def _tree(found: tuple[Interface, ...], known: Mapping[str, Mapping[str, str]], name: str) -> Tree:
    """What the text implies of sysfs: the interfaces and the devices above them."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    for interface in found:
        path: str | None = interface.devpath
        links[f"/class/net/{interface.ifname}"] = posixpath.relpath(interface.devpath, "/class/net")
        above = _above(interface.devpath, known)
        if above is not None:
            links[f"{interface.devpath}/device"] = posixpath.relpath(above, interface.devpath)
        for attribute, value in _implied(interface, known[interface.devpath]).items():
            files[f"{interface.devpath}/{attribute}"] = f"{value}\n".encode()
        root = _ROOT.match(interface.devpath)
        if root is not None:
            files[f"{root[0]}/uevent"] = b""  # a device without a bus: udev has no record of it
        while path is not None and f"{path}/uevent" not in files:
            _device(path, known[path], files, links)
            path = _above(path, known)
    try:
        return tree_of(files, links)
    except ValueError as error:
        raise LabError(f"{name}: contradicts itself ({error}); this is no udev database") from None


def _device(path: str, values: Mapping[str, str], files: dict[str, bytes], links: dict[str, str]) -> None:
    """The device at `path`: what udev has from the kernel's uevent, and the attributes that say the same."""
    files[f"{path}/uevent"] = "".join(f"{key}={values[key]}\n" for key in UEVENT if key in values).encode()
    bus = values.get("SUBSYSTEM", "")
    if bus and "/" not in bus:
        kind = "class" if bus in CLASSES else "bus"
        links[f"{path}/subsystem"] = posixpath.relpath(f"/{kind}/{bus}", path)
        driver = values.get("DRIVER", "")
        if driver and "/" not in driver:
            links[f"{path}/driver"] = posixpath.relpath(f"/bus/{bus}/drivers/{driver}", path)
    if bus != "pci":
        return
    if "MODALIAS" in values:
        files[f"{path}/modalias"] = f"{values['MODALIAS']}\n".encode()
    ids = _PCI_ID.fullmatch(values.get("PCI_ID", ""))
    if ids is not None:
        files[f"{path}/vendor"] = f"0x{ids[1].lower()}\n".encode()
        files[f"{path}/device"] = f"0x{ids[2].lower()}\n".encode()
    if _HEX.fullmatch(values.get("PCI_CLASS", "")):
        files[f"{path}/class"] = f"0x{values['PCI_CLASS'].lower():0>6}\n".encode()


def _implied(interface: Interface, values: Mapping[str, str]) -> dict[str, str]:
    """What follows for the interface from its recorded names.

    udev names none that is stacked, by its MAC only one with a permanent MAC, and the port is part of a name by place.
    """
    found: dict[str, str] = {}
    names = _names(values)
    starts = {name[:2] for name in names.values()}
    kind = LINK_TYPES.get(starts.pop()) if len(starts) == 1 else None
    if kind is None and values.get("DEVTYPE") in ("wlan", "wwan"):
        kind = LINK_TYPES["wl"]
    if interface.ifindex is not None:
        found["ifindex"] = str(interface.ifindex)
        if kind is not None and names:
            found["iflink"] = str(interface.ifindex)
    if kind is not None:
        found["type"] = kind
    if interface.mac is not None:
        found |= {"addr_assign_type": "0", "address": interface.mac}
    places = (_PLACE.fullmatch(names[policy]) for policy in ("PATH", "SLOT") if policy in names)
    place = next((match for match in places if match is not None), None)
    if place is not None and place["name"] is not None:
        found["phys_port_name"] = place["name"]
    elif place is not None and not (place["port"] and kind == LINK_TYPES["ib"]):  # its d<N> may be of dev_id as well
        found["dev_port"] = place["port"] or "0"
    return found
