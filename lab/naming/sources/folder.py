"""A folder with sysfs in it: /sys itself or an unpacked copy. Only what the naming rules read is copied."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.sources.wanted import wanted

__all__ = ["capture", "has_interfaces", "read"]

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
    """A copy of what the naming rules read below `root`, as a machine called `name`.

    Raises `LabError` where an interface is no link to its device: a copy that followed links says of no device where
    it sits.
    """
    place = _Folder(root)
    for entry in place.entries("/class/net"):
        if place.is_folder(f"/class/net/{entry}"):
            raise LabError(f"{name}: class/net/{entry} is no link to a device; copy sysfs with its links (cp -a)")
    return machine_of(name, source, wanted(place))


class _Folder:
    """The folder `root` as a place; what a link outside of it leads to is never read."""

    def __init__(self, root: Path) -> None:
        self.name = os.path.realpath(root)
        self.root = self.name.rstrip("/")

    def entries(self, path: str, needed: bool = True) -> Sequence[str]:
        """What the folder holds; nothing if it is not there. One that may not be listed is no such answer."""
        try:
            return os.listdir(self.root + path)
        except (FileNotFoundError, NotADirectoryError):  # not there: the rules say what that means
            return []
        except OSError as error:
            if not needed:
                return []
            raise LabError(f"{self.root}{path}: cannot be listed ({error.strerror}){AS_ROOT}") from None

    def real(self, path: str) -> str | None:
        real = os.path.realpath(self.root + path)
        if not real.startswith(f"{self.root}/") or not os.path.exists(real):
            return None
        return real[len(self.root) :]

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(self.root + path) and self.real(path) == path

    def link(self, path: str) -> str | None:
        try:
            return os.readlink(self.root + path)
        except OSError:  # absent, or no link: nothing to keep
            return None

    def file(self, path: str, limit: int, needed: bool = True) -> bytes | None:
        """The attribute; one that gives nothing is absent, as systemd sees it (phys_port_name: EOPNOTSUPP).

        systemd may open every file. One that this user may not open is not absent, so where it is needed that is an
        error.
        """
        try:
            handle = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except PermissionError as error:
            if not needed:
                return None
            raise LabError(f"{self.root}{path}: cannot be read ({error.strerror}){AS_ROOT}") from None
        except OSError:
            return None
        try:
            return _all(handle, limit) if stat.S_ISREG(os.fstat(handle).st_mode) else None
        except OSError:
            return None
        finally:
            os.close(handle)


def _all(handle: int, limit: int) -> bytes:
    """At most `limit` bytes: sysfs gives a large binary attribute a page at a time."""
    data = b""
    while len(data) < limit and (more := os.read(handle, limit - len(data))):
        data += more
    return data
