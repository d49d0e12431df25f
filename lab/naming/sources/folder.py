"""A folder with sysfs in it: /sys itself or an unpacked copy. Only what the naming rules read is copied.

Some attributes of a live sysfs are slow or have side effects, so there is a list of those that are read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.schemes.slot import SLOTS
from lab.naming.tree import Tree, tree_of

__all__ = ["capture", "has_interfaces", "read"]

NET = (
    "addr_assign_type", "address", "dev_id", "dev_port", "ifindex", "iflink", "name_assign_type",
    "phys_port_name", "type", "uevent",
)  # fmt: skip
DEVICE = (
    "acpi_index", "ari_enabled", "class", "config", "device", "function_id", "index", "label", "modalias", "uevent",
    "vendor",
)  # fmt: skip
LINKS = ("device", "driver", "firmware_node", "of_node", "physfn", "subsystem")
FIRMWARE = ("path", "sun", "uevent")
ATTRIBUTE_MAX = 1 << 16  # bytes; the kernel's own limit for most is a page
INTERFACES_MAX = 100_000
AS_ROOT = "; read it as the superuser, or copy it so that you may read all of it"


def read(path: Path) -> Machine:
    """The machine whose sysfs lies in the folder `path`, or in `path`/sys; raises `LabError` if neither does."""
    for root in (path, path / "sys"):
        if has_interfaces(root):
            return capture(root, str(path), "sysfs folder")
    raise LabError(f"{path}: holds no class/net, so it is no copy of sysfs; copy /sys/class/net and /sys/devices")


def has_interfaces(root: Path) -> bool:
    """True if `root` holds the folder class/net; raises `LabError` if that cannot be told (no permission)."""
    place = root / "class" / "net"
    try:
        return place.is_dir()
    except OSError as error:
        raise LabError(f"{place}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{str(root)!r}: is no path of a folder") from None


def capture(root: Path, name: str, source: str) -> Machine:
    """A copy of what the naming rules read below `root`, as a machine called `name`."""
    return machine_of(name, source, Capture(root).tree())


class Capture:
    """Copies attribute by attribute from the folder `root`; a link that leads out of it is kept, never followed."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.files: dict[str, bytes] = {}
        self.links: dict[str, str] = {}
        self.folders: dict[str, None] = {"/class/net": None}

    def tree(self) -> Tree:
        """Everything that belongs to the network interfaces, and the hot-plug slots."""
        for count, entry in enumerate(self._entries("/class/net")):
            if count >= INTERFACES_MAX:
                raise LabError(f"{self.root}: has more than {INTERFACES_MAX:,} interfaces")
            self._link(f"/class/net/{entry}")
            real = self._real(f"/class/net/{entry}")
            if real is None or not os.path.isdir(self.root + real):
                continue
            self._device(real, NET)
            for above in self._above(real):
                self._device(above, DEVICE)
        self._slots()
        try:
            return tree_of(self.files, self.links, self.folders)
        except ValueError as error:
            raise LabError(f"{self.root}: contradicts itself ({error}); this is no copy of sysfs") from None

    def _slots(self) -> None:
        """The slots; a folder that may not be listed is left out, and the rule for SLOT says that it is lacking."""
        try:
            entries = os.listdir(self.root + SLOTS)
        except OSError:
            return
        self.folders[SLOTS] = None
        for entry in entries:
            self.folders[f"{SLOTS}/{entry}"] = None
            self._file(f"{SLOTS}/{entry}/address")

    def _device(self, path: str, attributes: tuple[str, ...]) -> None:
        if path in self.folders:
            return
        self.folders[path] = None
        for attribute in attributes:
            self._file(f"{path}/{attribute}")
        for link in (*LINKS, *(e for e in self._entries(path) if e.startswith("virtfn"))):
            self._link(f"{path}/{link}")
        firmware = self._real(f"{path}/firmware_node")
        if firmware is not None and os.path.isdir(self.root + firmware) and firmware not in self.folders:
            self.folders[firmware] = None
            for attribute in FIRMWARE:
                self._file(f"{firmware}/{attribute}")
        physical = self._real(f"{path}/physfn")
        if physical is not None and os.path.isdir(self.root + physical):
            self._device(physical, DEVICE)
            for above in self._above(physical):
                self._device(above, DEVICE)

    def _above(self, path: str) -> Iterator[str]:
        place = path.rpartition("/")[0]
        while place and place != "/devices":
            yield place
            place = place.rpartition("/")[0]

    def _entries(self, path: str) -> list[str]:
        """What the folder holds; nothing if it is not there. One that may not be listed is no such answer."""
        try:
            return os.listdir(self.root + path)
        except (FileNotFoundError, NotADirectoryError):  # not there: the rules say what that means
            return []
        except OSError as error:
            raise LabError(f"{self.root}{path}: cannot be listed ({error.strerror}){AS_ROOT}") from None

    def _real(self, path: str) -> str | None:
        """The canonical path below the root; None if it leads out of it or nowhere."""
        real = os.path.realpath(self.root + path)
        if not real.startswith(f"{self.root.rstrip('/')}/") or not os.path.exists(real):
            return None
        return real[len(self.root.rstrip("/")) :]

    def _link(self, path: str) -> None:
        try:
            self.links[path] = os.readlink(self.root + path)
        except OSError:  # absent, or no link: nothing to keep
            return

    def _file(self, path: str) -> None:
        """Keep an attribute; one that gives nothing is absent, as systemd sees it (phys_port_name: EOPNOTSUPP).

        systemd may open every file. One that this user may not open is not absent, so that is an error.
        """
        try:
            handle = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except PermissionError as error:
            raise LabError(f"{self.root}{path}: cannot be read ({error.strerror}){AS_ROOT}") from None
        except OSError:
            return
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                self.files[path] = os.read(handle, ATTRIBUTE_MAX)
        except OSError:
            return
        finally:
            os.close(handle)
