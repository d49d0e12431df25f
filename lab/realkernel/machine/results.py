"""The files that a guest sends back: an archive that may be cut off, damaged or hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.realkernel.machine.console import Sent

__all__ = ["LIMIT", "read_results"]

LIMIT = 1 << 26  # bytes of all files together, and of the packed archive; real ones have a megabyte
COUNT = 50_000  # files


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


def _unpacked(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = LIMIT
    try:
        with gzip.open(io.BytesIO(data)) as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                left -= member.size
                if left < 0 or len(found) >= COUNT:
                    raise LabError(f"sent more than {LIMIT >> 20} MiB or {COUNT:,} files")
                content = archive.extractfile(member)
                if content is not None:
                    found[member.name.removeprefix("./")] = content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise LabError(f"sent results that are no archive ({error})") from None
    return found
