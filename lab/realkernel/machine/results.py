"""The files that a guest sends back: an archive that may be cut off, damaged or hostile."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import tarfile
import zlib
from pathlib import Path

from lab.core.errors import LabError, printable
from lab.core.files import read_bytes
from lab.realkernel.machine.console import Sent

__all__ = ["LIMIT", "check_size", "read_results"]

LIMIT = 1 << 26  # bytes of all files together, and of the packed archive; real ones have a megabyte
COUNT = 50_000  # files
HEADS = 1024 * COUNT  # bytes of the archive that are no content: a head, and what fills the last block
_TOO_MUCH = f"sent more than {LIMIT >> 20} MiB or {COUNT:,} files"
# What tarfile raises for damage: it takes the archive's own numbers at their word
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError, RecursionError)


def read_results(path: Path, sent: Sent | None) -> dict[str, bytes]:
    """Path below /out -> content, links and devices left out; `sent` is what init says of the archive.

    Raises `LabError` where it is not whole, not an archive, or larger than `LIMIT`.
    """
    if sent is None:
        raise LabError("ended without saying what it sent")
    if sent.size > LIMIT:
        raise LabError(f"sent {sent.size:,} bytes; at most {LIMIT:,} are taken")
    data = read_bytes(path, LIMIT)
    if len(data) != sent.size:
        raise LabError(f"sent {sent.size:,} bytes of results, of which {len(data):,} came")
    if hashlib.sha256(data).hexdigest() != sent.sha256:
        raise LabError("sent results that were damaged on the way (SHA-256 differs)")
    return _unpacked(data)


def check_size(path: Path) -> None:
    """Raise `LabError` if a guest that still sends has sent more than `LIMIT` into the file `path`."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LIMIT:
            raise LabError(f"sends without end: more than {LIMIT >> 20} MiB of results")


def _unpacked(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = LIMIT
    members = 0
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(LIMIT + HEADS + 1)
        if len(plain) > LIMIT + HEADS:
            raise LabError(_TOO_MUCH)
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for member in archive:
                members += 1
                left -= max(0, member.size)
                if left < 0 or members > COUNT:
                    raise LabError(_TOO_MUCH)
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    found[_name(member.name)] = content.read()
    except _DAMAGE as error:
        raise LabError(f"sent results that are no archive ({printable(str(error)[:100])})") from None
    return found


def _name(said: str) -> str:
    """A member's path below /out. Raises `LabError` for one that no file can have."""
    name = said.removeprefix("./")
    if "\0" in name or not name.strip("./"):
        raise LabError(f"sent a file whose name is {printable(said[:60])!r}")
    return name
