"""An archive of the newc form, which the kernel unpacks as its first root file system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

__all__ = ["archive"]

FOLDER, FILE, LINK, DEVICE = 0o40755, 0o100755, 0o120777, 0o20600


def archive(
    files: Mapping[str, bytes | Path], links: Mapping[str, str], folders: tuple[str, ...] = ()
) -> Iterator[bytes]:
    """The archive piece by piece: every file may be run, all belong to root, folders are made where need be.

    `files`: path without a leading / -> content, or a file that holds it. /dev/console is in it, without which the
    kernel gives init no output. Raises OSError where a file cannot be read.
    Source: Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    names = {*folders, *(str(p) for name in [*files, *links] for p in PurePosixPath(name).parents)} - {"."}
    number = 0
    for folder in sorted({*names, "dev"}):
        number += 1
        yield _head(number, folder, FOLDER)
    yield _head(number := number + 1, "dev/console", DEVICE, device=(5, 1))
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.read_bytes()
        yield _head(number := number + 1, name, FILE, len(data))
        yield data
        yield bytes(-len(data) % 4)
    for name, target in links.items():
        data = target.encode()
        yield _head(number := number + 1, name, LINK, len(data))
        yield data + bytes(-len(data) % 4)
    yield _head(number + 1, "TRAILER!!!", 0)


def _head(number: int, name: str, mode: int, size: int = 0, device: tuple[int, int] = (0, 0)) -> bytes:
    """Inode, mode, user, group, links, time, size, device (twice), length of the name, checksum; then the name."""
    data = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, size, 0, 0, *device, len(data), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + data
    return head + bytes(-len(head) % 4)
