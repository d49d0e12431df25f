"""This machine, through netlink and sysfs. The only place that needs pyroute2; imported when asked for."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.naming.model import Interface, Machine
from lab.naming.sources.folder import capture, has_interfaces
from lab.naming.sources.lacks import LIVE
from lab.naming.tree import parent_device, subsystem

__all__ = ["merge", "netlink", "this_machine", "udev_properties"]

SYSFS = "/sys"
UDEV = "/run/udev/data"
PROPERTIES_MAX = 1 << 20  # bytes of one device's file
SHUT = "look at a recording instead: kernel-lab naming show t09a"


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """What netlink says of one interface: `kind` is that of a virtual one ("veth"), else None."""

    ifname: str
    ifindex: int
    mac: str | None
    kind: str | None
    loopback: bool
    altnames: tuple[str, ...]


def this_machine(
    root: Path | str = SYSFS, name: str = "this machine", udev: Path | str | None = None, foreign: bool = False
) -> Machine:
    """This machine's interfaces: names, kinds and altnames from netlink, devices from the sysfs at `root`.

    `name` is what the machine is called. `udev`: where udev keeps its database, for the properties of the devices
    (default: its place beside /sys, none beside another root). `foreign`: this process has moved to another network
    namespace, of whose interfaces udev knows nothing (see `lab.naming.sources.netns`).

    Raises `LabError` where netlink or sysfs is not to be had.
    """
    base = Path(root)
    if not has_interfaces(base):
        raise LabError(f"{base}: holds no class/net; give the place where sysfs is mounted, or {SHUT}")
    found = merge(netlink(), capture(base, name, LIVE))
    if udev is None and base != Path(SYSFS):
        return found
    return dataclasses.replace(found, properties=udev_properties(found, Path(udev or UDEV), foreign))


def udev_properties(machine: Machine, udev: Path, foreign: bool = False) -> dict[str, dict[str, str]]:
    """The properties (ID_...) that udev's database in the folder `udev` has of the interfaces and the devices above.

    A device that is not in it has none. Its files are called n<ifindex> and +<subsystem>:<name> (systemd,
    src/libsystemd/sd-device, device_get_device_id).
    """
    files: dict[str, str] = {}
    for interface in machine.interfaces:
        if interface.ifindex is not None and not foreign:
            files[interface.devpath] = f"n{interface.ifindex}"
        device = parent_device(machine.tree, interface.devpath)
        while device is not None:
            files[device] = f"+{subsystem(machine.tree, device)}:{device.rpartition('/')[2]}"
            device = parent_device(machine.tree, device)
    found = {path: _properties(udev / file) for path, file in sorted(files.items())}
    return {path: values for path, values in found.items() if values}


def _properties(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    lines = read_bytes(file, PROPERTIES_MAX).decode("utf-8", "backslashreplace").split("\n")
    pairs = (line[2:].partition("=") for line in lines if line.startswith("E:ID_"))
    return {key: value for key, equal, value in pairs if equal}


def netlink() -> tuple[Link, ...]:
    """Every interface of this network namespace, by RTM_GETLINK; raises `LabError` where that fails."""
    try:
        from pyroute2 import NetlinkError
    except ImportError:
        raise LabError(f"this machine: pyroute2 is not here, so netlink cannot be asked; {SHUT}") from None
    try:
        # pyroute2 runs an event loop of its own, which cannot be where one runs already: in a notebook's cell
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(_dump).result()
    except NetlinkError as error:  # the kernel's own answer; no OSError
        raise LabError(f"this machine: netlink cannot be asked ({os.strerror(error.code)}); {SHUT}") from None
    except OSError as error:
        raise LabError(f"this machine: netlink cannot be asked ({error.strerror or error}); {SHUT}") from None


def _dump() -> tuple[Link, ...]:
    from pyroute2 import IPRoute

    with IPRoute() as socket:
        return tuple(_link(message) for message in socket.get_links())


def _link(message: Any) -> Link:
    attributes = dict(message["attrs"])
    info = dict(attributes.get("IFLA_LINKINFO", {}).get("attrs", ()))
    properties = attributes.get("IFLA_PROP_LIST", {}).get("attrs", ())
    return Link(
        ifname=str(attributes["IFLA_IFNAME"]),
        ifindex=int(message["index"]),
        mac=attributes.get("IFLA_ADDRESS"),
        kind=info.get("IFLA_INFO_KIND"),
        loopback=bool(message["flags"] & 0x8),  # IFF_LOOPBACK
        altnames=tuple(str(value) for name, value in properties if name == "IFLA_ALT_IFNAME"),
    )


def merge(links: tuple[Link, ...], machine: Machine) -> Machine:
    """`machine` (from sysfs) with what netlink knows; an interface that sysfs does not show has no device.

    sysfs shows the network namespace in which it was mounted, netlink that of the caller.
    """
    known: Mapping[tuple[str, int | None], Interface] = {(i.ifname, i.ifindex): i for i in machine.interfaces}
    found = []
    tree = machine.tree
    for link in links:
        seen = known.get((link.ifname, link.ifindex))
        kind = link.kind or ("loopback" if link.loopback else seen.kind if seen else "unknown")
        if seen is None:
            path = f"/devices/virtual/net/{link.ifname}"
            if path in tree.folders:  # of another interface, of the namespace that sysfs shows
                tree = tree.without(path).without(f"/class/net/{link.ifname}")
            seen = Interface(link.ifname, path, link.ifindex, None, None, kind, None, None)
        found.append(dataclasses.replace(seen, mac=link.mac, kind=kind, altnames=link.altnames))
    return dataclasses.replace(machine, tree=tree, interfaces=tuple(sorted(found, key=lambda i: i.devpath)))
