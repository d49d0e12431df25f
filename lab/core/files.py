"""Files read within bounds and replaced wholly or not at all: what a short command needs of `lab.core.snapshot`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lab.core.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_bytes", "write_atomic"]

LIMIT = 1 << 28  # bytes of one snapshot file; far above any real one
TRIES = 100  # names for a temporary file; a second one is hardly ever needed


def write_atomic(path: Path | str, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Replace the file at `path` by `data`, wholly or not at all (temporary file, fsync, rename).

    What is too large to be in memory at once is given piece by piece.

    A symbolic link stays, the file it leads to is replaced; an existing file keeps its mode unless `mode` is given
    (0o600), which the file has from its first moment on. Raises `LabError` if the folder cannot be written or if a
    device, pipe or folder stands there; nothing is changed then.
    """
    temporary = ""
    try:
        target = os.path.realpath(path)
        found = _mode(target)
        if not stat.S_ISREG(found):
            raise LabError(f"{path}: is {_kind(found)}, no file; nothing was changed, name another")
        handle, temporary = _temporary(target)
        with os.fdopen(handle, "wb") as out:
            out.writelines([data] if isinstance(data, bytes) else data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, stat.S_IMODE(found) if mode is None else mode)
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise LabError(f"{path}: cannot be written ({error.strerror}); nothing was changed") from None
    except ValueError:
        raise LabError(f"{str(path)!r}: is no path of a file") from None
    finally:
        if temporary:
            os.unlink(temporary)


def _temporary(target: str) -> tuple[int, str]:
    """A new file beside `target` that only its owner may open: descriptor and path. Raises `OSError`.

    As `tempfile.mkstemp`, whose import (shutil, random and what they need) takes longer than most commands work.
    """
    folder, name = os.path.split(target)
    for left in reversed(range(TRIES)):
        path = os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}")
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), path
        except FileExistsError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _mode(target: str) -> int:
    """The mode of what stands at `target`, or of a new file there."""
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return stat.S_IFREG | (0o666 & ~mask)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe or socket" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else "a device"


def read_bytes(path: Path | str, limit: int = LIMIT) -> bytes:
    """The bytes of a file, at most `limit` of them; raises `LabError` if it is larger, unreadable or no file.

    Opened without blocking, so that a pipe nobody writes to is refused and not waited for.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(handle, "rb") as source:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                raise LabError(f"{path}: is {_kind(mode)}, no file")
            data = source.read(limit + 1)
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{path!r}: is no path of a file") from None
    if len(data) > limit:
        raise LabError(f"{path}: larger than {limit:,} bytes; this is no file of ours")
    return data
