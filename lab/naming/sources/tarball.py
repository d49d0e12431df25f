"""A copy of sysfs in a tar file. Nothing is unpacked; the input is hostile until it is parsed."""

from __future__ import annotations

import io
import re
import tarfile
import zlib

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.sources.wanted import padding
from lab.naming.tree import Tree, tree_of

__all__ = ["looks_like", "parse"]

GZIP = b"\x1f\x8b"
UNPACKED = 1 << 28  # bytes after decompression: far above a whole /sys
MEMBERS = 500_000
DEPTH = 40  # folders in one path
BLOCK = 512
_CLASS_NET = re.compile(r"/class/net(?=/|$)")


def looks_like(data: bytes) -> bool:
    """True for gzip data and for a tar file (its magic stands at byte 257)."""
    return data.startswith(GZIP) or data[257:262] == b"ustar"


def parse(data: bytes, name: str) -> Machine:
    """The machine in the tar file `data` (plain or gzip); `name` is what errors call it.

    Raises `LabError` for damage, for too much, and for what no copy of sysfs holds: paths that lead
    outside, device nodes, hard links.
    """
    if data.startswith(GZIP):
        data = _gunzip(data, name)
    files, links, folders = _members(data, name)
    root = _root({*folders, *files, *links})
    if root is None:
        raise LabError(f"{name}: holds no class/net, so it is no copy of sysfs; copy /sys/class/net and /sys/devices")
    return machine_of(name, "sysfs tarball", _below(root, files, links, folders, name))


def _gunzip(data: bytes, name: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, UNPACKED)
    except zlib.error:
        raise LabError(f"{name}: is damaged (the gzip data does not unpack); copy it again") from None
    if unpacker.unconsumed_tail:
        raise LabError(f"{name}: unpacks to more than {UNPACKED:,} bytes; this is no copy of sysfs")
    if not unpacker.eof:
        raise LabError(f"{name}: is truncated (the gzip data ends early); copy it again")
    return plain


def _members(data: bytes, name: str) -> tuple[dict[str, bytes], dict[str, str], list[str]]:
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    folders: dict[str, None] = {}
    end = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for count, member in enumerate(archive):
                path = _path(member.name, name)
                if count >= MEMBERS:
                    raise LabError(f"{name}: has more than {MEMBERS:,} members; this is no copy of sysfs")
                if member.isdir():
                    folders[path] = None
                elif member.issym():
                    links[path] = member.linkname
                elif member.isreg() and not member.issparse():
                    content = data[member.offset_data : member.offset_data + member.size]
                    if not padding(path, content):
                        files[path] = content
                else:
                    what = "a hard link" if member.islnk() else "a device node or other special file"
                    raise LabError(f"{name}: {member.name} is {what}; a copy of sysfs has none")
                end = member.offset_data + (-(-member.size // BLOCK) * BLOCK if member.isreg() else 0)
    except (tarfile.TarError, ValueError, OverflowError, RecursionError):
        raise LabError(f"{name}: is damaged or truncated (no tar file); copy it again") from None
    if data[end : end + BLOCK] != bytes(BLOCK):
        raise LabError(f"{name}: is truncated (the tar file has no end); copy it again")
    return files, links, list(folders)


def _path(member: str, name: str) -> str:
    """The member's path with one "/" before each part; refuses what leads outside."""
    parts = [part for part in member.split("/") if part not in ("", ".")]
    if member.startswith("/") or ".." in parts or "\0" in member:
        raise LabError(f"{name}: the path {member!r} leads outside; this is no honest copy of sysfs")
    if len(parts) > DEPTH:
        raise LabError(f"{name}: {member[:60]!r}... lies more than {DEPTH} folders deep; this is no copy of sysfs")
    return "".join(f"/{part}" for part in parts)


def _root(paths: set[str]) -> str | None:
    """Where sysfs begins in the archive ("/sys" or ""): the shortest prefix of a path to class/net."""
    found = {p[: cut.start()] for p in paths if (cut := _CLASS_NET.search(p))}
    return min(found, key=lambda prefix: (len(prefix), prefix), default=None)


def _below(root: str, files: dict[str, bytes], links: dict[str, str], folders: list[str], name: str) -> Tree:
    """The tree below `root`; what lies beside it in the archive is left out."""
    cut = len(root)
    start = f"{root}/"
    try:
        return tree_of(
            {p[cut:]: v for p, v in files.items() if p.startswith(start)},
            {p[cut:]: v for p, v in links.items() if p.startswith(start)},
            [p[cut:] for p in folders if p.startswith(start)],
        )
    except ValueError as error:
        raise LabError(f"{name}: contradicts itself ({error}); this is no copy of sysfs") from None
