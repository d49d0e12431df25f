"""The stable tree as a folder: `by-path/pci-0000:00:03.0 -> ../if2`. Changed as little as needed, never beyond it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from lab.core.errors import LabError
from lab.naming.model import Interface
from lab.naming.nodes.mapping import KINDS, NodeTree

__all__ = ["Changes", "sync"]

_OURS = re.compile(r"if[0-9]+", re.ASCII)
_LINK = re.compile(r"\.\./if[0-9]+", re.ASCII)
_DEVICE = re.compile(r"(?:/[^/]+)*/netnode/[0-9]+", re.ASCII)  # what a link of ours at ifN leads to
_PART = re.compile(r"\.kernel-lab-[0-9a-f]{16}", re.ASCII)  # a link or file on its way to its place
_HEAD = b"ifname="
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """What became of the folder: paths below its root, and what was `left` because it is not ours."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True if anything was written or removed."""
        return bool(self.added or self.changed or self.removed)


def sync(
    root: Path | str, tree: NodeTree, namespace: str, devices: Mapping[int, str] = MappingProxyType({})
) -> Changes:
    """Make the folder `root` show `tree`; made if need be, each entry replaced at once.

    `ROOT/ifN` leads to the interface's character device, which `devices` names by ifindex, where there is one; else
    it is a file with ifname, ifindex and `namespace`. What this function did not make is never touched; a link in the
    place of a folder is never followed. Raises `LabError` if the folder cannot be written.
    """
    wanted = {"": {f"if{i.ifindex}": _node(i, namespace, devices) for i in _indexed(tree)}}
    for kind in KINDS:
        paths = {p.partition("/")[2]: i for p, i in tree.links.items() if p.startswith(f"{kind}/")}
        wanted[kind] = {name: f"../if{i.ifindex}" for name, i in paths.items() if i.ifindex is not None}
    try:
        os.makedirs(root, exist_ok=True)
        base = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(f"{root}: cannot be used as the root of the tree ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{str(root)!r}: is no path of a folder") from None
    try:
        import fcntl  # a browser's Python may not have it

        fcntl.flock(base, fcntl.LOCK_EX)  # another run may be on its way in this folder; released with the handle
        return _sync(base, wanted)
    except OSError as error:
        raise LabError(f"{root}: cannot be written ({error.strerror})") from None
    finally:
        os.close(base)


def _indexed(tree: NodeTree) -> Iterator[Interface]:
    """The interfaces that have a place in the tree; without an ifindex there is no node to point at."""
    return (i for i in tree.machine.interfaces if i.devpath in tree.offered and i.ifindex is not None)


def _node(interface: Interface, namespace: str, devices: Mapping[int, str]) -> str | bytes:
    """The target of the link to the character device, or the content of the file."""
    device = devices.get(interface.ifindex or 0)
    if device is not None:
        return device
    return f"ifname={interface.ifname}\nifindex={interface.ifindex}\nnamespace={namespace}\n".encode()


def _sync(base: int, wanted: Mapping[str, Mapping[str, str | bytes]]) -> Changes:
    """Nodes first, then the links to them; what is stale goes last, links before nodes."""
    added: list[str] = []
    changed: list[str] = []
    removed: list[str] = []
    left: list[str] = []
    folders = {kind: _open(base, kind, left) for kind in wanted}
    try:
        for kind, handle in folders.items():
            if handle is None:
                continue
            for name, value in wanted[kind].items():
                here = _read(handle, name, kind)
                path = f"{kind}/{name}".lstrip("/")
                if here == value:
                    continue
                if here is None:
                    left.append(path)
                    continue
                _put(handle, name, value)
                (added if here == "" else changed).append(path)
        for kind, handle in reversed(folders.items()):
            if handle is None:
                continue
            for name in sorted(os.listdir(handle)):
                if _PART.fullmatch(name) or (name not in wanted[kind] and _read(handle, name, kind)):
                    os.unlink(name, dir_fd=handle)
                    removed.append(f"{kind}/{name}".lstrip("/"))
    finally:
        for handle in folders.values():
            if handle is not None:
                os.close(handle)
    return Changes(tuple(added), tuple(changed), tuple(removed), tuple(left))


def _open(base: int, kind: str, left: list[str]) -> int | None:
    """The folder of `kind` (the root for ""), made if need be; None, and said so, if something else stands there."""
    if not kind:
        return os.dup(base)
    with contextlib.suppress(FileExistsError):
        os.mkdir(kind, dir_fd=base)
    try:
        return os.open(kind, _FLAGS, dir_fd=base)
    except NotADirectoryError:  # a file, or a link that might lead outside
        left.append(kind)
        return None


def _read(handle: int, name: str, kind: str) -> str | bytes | None:
    """What stands at `name`: the target of a link or the content of a node; "" if nothing, None if it is not ours."""
    try:
        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return ""
    if stat.S_ISLNK(mode):
        target = os.readlink(name, dir_fd=handle)
        ours = _LINK.fullmatch(target) if kind else _OURS.fullmatch(name) and _DEVICE.fullmatch(target)
        return target if ours else None
    if kind or not stat.S_ISREG(mode) or not _OURS.fullmatch(name):
        return None
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle), "rb") as file:
        data = file.read(4096)
    return data if data.startswith(_HEAD) else None


def _put(handle: int, name: str, value: str | bytes) -> None:
    """A link to `value`, or a file that holds it, put in its place at once."""
    part = f".kernel-lab-{secrets.token_hex(8)}"
    try:
        if isinstance(value, str):
            os.symlink(value, part, dir_fd=handle)
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(part, flags, 0o644, dir_fd=handle), "wb") as file:
                file.write(value)
        os.rename(part, name, src_dir_fd=handle, dst_dir_fd=handle)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=handle)
        raise
