"""The machine as values: its sysfs, its interfaces, and for a udev database the names that were recorded."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lab.core.errors import LabError
from lab.naming.tree import Tree, hardware, parent_device, subsystem, uevent_value

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Interface", "Machine", "Recorded", "Tree", "checked", "interfaces", "machine_of", "uevent_value"]

IFNAME_MAX = 15  # bytes: IFNAMSIZ - 1 (include/uapi/linux/if.h)
NO_NAME = re.compile(rb"[/:\0\t-\r \xa0]")  # what the kernel refuses byte by byte; to it 0xa0 is a blank, too

# include/uapi/linux/if_arp.h
ARPHRD = {"1": "ether", "32": "infiniband", "256": "slip", "290": "mctp", "772": "loopback"}


@dataclasses.dataclass(frozen=True, slots=True)
class Interface:
    """One network interface.

    `devpath`: its folder below sysfs ("/devices/..."). `kind`: "ether", "loopback", "wlan", or what netlink
    calls a virtual one ("veth"). `bus`, `bus_path`: the first device above it that is no virtio level, such as
    "pci" and "0000:01:00.0"; None for a virtual interface. `altnames`: known from netlink only.
    """

    ifname: str
    devpath: str
    ifindex: int | None
    mac: str | None
    driver: str | None
    kind: str
    bus: str | None
    bus_path: str | None
    altnames: tuple[str, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """True for lo, which the naming rules leave alone; its name tells it where its `type` is not known."""
        return self.kind == "loopback" or self.ifname == "lo"

    @property
    def is_card(self) -> bool:
        """True for hardware (it sits on a bus), false for lo, bridges, veth and their like."""
        return self.bus is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """What a udev database says of an interface: the `names` by policy, and the `scheme` that gave them."""

    scheme: str | None
    names: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """`name` for people, `source` says what it was read from, `edits` are the what-if steps applied to it.

    `recorded` holds, by devpath, the names of a udev database; its tree has devices and buses but few attributes.
    `properties`: what udev says of a device beside sysfs (ID_PATH, ID_NET_NAME_ALLOW), by devpath, where known.
    """

    name: str
    source: str
    tree: Tree
    interfaces: tuple[Interface, ...]
    recorded: Mapping[str, Recorded] = dataclasses.field(default_factory=dict)
    edits: tuple[str, ...] = ()
    properties: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    @property
    def cards(self) -> tuple[Interface, ...]:
        """The interfaces that are hardware."""
        return tuple(i for i in self.interfaces if i.is_card)

    def interface(self, wanted: str) -> Interface:
        """The interface with this name, altname, MAC or bus path; raises `LabError` if none or several fit."""
        found = [i for i in self.interfaces if wanted in (i.ifname, i.mac, i.bus_path, *i.altnames)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(i.ifname for i in found or self.interfaces)
        raise LabError(f"{self.name}: {wanted!r} is {'not unique' if found else 'unknown'}; there are {names}")


def machine_of(name: str, source: str, tree: Tree, edits: tuple[str, ...] = ()) -> Machine:
    """The machine whose sysfs is `tree`.

    Raises `LabError` if that is no copy of sysfs (it needs class/net), an interface's folder is not in it, or the
    interfaces are none that a kernel has (see `checked`).
    """
    if tree.resolve("/class/net") not in tree.folders:
        raise LabError(f"{name}: holds no class/net, so it is no copy of sysfs; copy /sys/class/net and /sys/devices")
    found = checked(tuple(interfaces(tree, name)), name)
    return Machine(name, source, tree, tuple(sorted(found, key=lambda i: i.devpath)), edits=edits)


def checked(found: tuple[Interface, ...], name: str) -> tuple[Interface, ...]:
    """`found`, the interfaces of one machine, if a kernel can have them; `name` is what errors call the source.

    Raises `LabError` for a name that the kernel refuses (dev_valid_name, net/core/dev.c), for a folder that is not
    below /devices, and for two interfaces of one name or in one folder.
    """
    by_name: set[str] = set()
    by_folder: dict[str, str] = {}
    for interface in found:
        ifname, devpath = interface.ifname, interface.devpath
        if not _is_ifname(ifname):
            raise LabError(f"{name}: no interface can be called {ifname[:60]!r}; the source is damaged")
        if not devpath.startswith("/devices/"):
            where = f"leads to {devpath[:60]!r}, not to a device below /devices"
            raise LabError(f"{name}: the interface {ifname!r} {where}; copy sysfs with its links as links (cp -a)")
        if ifname in by_name:
            raise LabError(f"{name}: two interfaces are called {ifname!r}; the source is damaged")
        if devpath in by_folder:
            both = f"{by_folder[devpath]!r} and {ifname!r}"
            raise LabError(f"{name}: two interfaces, {both}, have the folder {devpath[:60]!r}; the source is damaged")
        by_name.add(ifname)
        by_folder[devpath] = ifname
    return found


def _is_ifname(text: str) -> bool:
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return 0 < len(data) <= IFNAME_MAX and data not in (b".", b"..") and NO_NAME.search(data) is None


def interfaces(tree: Tree, name: str) -> Iterator[Interface]:
    """Every entry of /class/net; raises `LabError` (naming the source `name`) if one leads nowhere."""
    for ifname in tree.entries("/class/net"):
        path = f"/class/net/{ifname}"
        if path in tree.files:  # bonding_masters is a file beside the interfaces
            continue
        devpath = tree.resolve(path)
        if devpath is None:
            raise LabError(f"{name}: class/net/{ifname} leads to nothing in this copy; copy /sys/devices as well")
        yield _interface(tree, ifname, devpath)


def _interface(tree: Tree, ifname: str, devpath: str) -> Interface:
    device = hardware(tree, devpath)
    direct = parent_device(tree, devpath)
    driver = None if direct is None else tree.links.get(f"{direct}/driver", "").rpartition("/")[2] or None
    index = tree.text(f"{devpath}/ifindex") or ""
    return Interface(
        ifname=ifname,
        devpath=devpath,
        ifindex=int(index) if index.isdecimal() and index.isascii() and len(index) < 11 else None,
        mac=tree.text(f"{devpath}/address") or None,
        driver=driver,
        kind=uevent_value(tree, devpath, "DEVTYPE") or _arphrd(tree.text(f"{devpath}/type")),
        bus=None if device is None else subsystem(tree, device) or "unknown",
        bus_path=None if device is None else device.rpartition("/")[2],
    )


def _arphrd(text: str | None) -> str:
    return "unknown" if text is None else ARPHRD.get(text, f"type {text}")
