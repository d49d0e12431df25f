"""The character device of an interface, as Dell proposed it in 2009, where a driver gives one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError

__all__ = ["CLASS", "DEVICES", "device_nodes", "node_ifindex"]

CLASS = "class/netnode"  # below sysfs; like class net it shows the interfaces of the reader's own namespace
DEVICES = "/dev/netnode"
LINE = 32  # bytes: an ifindex, a blank, a name, a newline
_NODE = re.compile(r"(?:netnode)?([0-9]{1,7})", re.ASCII)
_LINE = re.compile(rb"([0-9]{1,10}) [^/\s]{1,15}\n")


def device_nodes(sysfs: Path | str = "/sys", devices: Path | str = DEVICES) -> Mapping[int, str]:
    """By ifindex the path of the character device, for every interface of this namespace that has one.

    `sysfs` says which number belongs to which interface, `devices` is the folder of the nodes. Empty without such a
    driver; a number whose node is not there, or is no character device, counts as none.
    """
    found: dict[int, str] = {}
    folder = Path(sysfs, CLASS)
    for name in sorted(os.listdir(folder)) if folder.is_dir() else ():
        match = _NODE.fullmatch(name)
        with contextlib.suppress(OSError, ValueError):  # gone meanwhile
            ifindex = int((folder / name / "ifindex").read_text("ascii"))
            node = Path(devices, match[1]) if match else None
            if node is not None and stat.S_ISCHR(node.stat().st_mode):
                found[ifindex] = str(node)
    return found


def node_ifindex(path: str) -> int:
    """The ifindex that the character device at `path` says, in one read; raises `LabError` if it says none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            if not stat.S_ISCHR(os.fstat(handle).st_mode):
                raise LabError(f"{path}: is no character device; write a name such as by-path/... or enp1s0")
            said = os.read(handle, LINE)
        finally:
            os.close(handle)
    except OSError as error:
        why = {
            errno.ENODEV: "its interface is gone",
            errno.EACCES: "its interface is in another network namespace; look from there (--netns)",
        }.get(error.errno or 0, error.strerror)
        raise LabError(f"{path}: {why}") from None
    match = _LINE.fullmatch(said)
    if match is None:
        raise LabError(f"{path}: is no node of a network interface")
    return int(match[1])
