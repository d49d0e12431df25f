"""Versioned, validated, atomically written files that carry where they come from."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab.core import jsontext
from lab.core.errors import LabError

__all__ = ["Provenance", "Snapshot", "line", "load", "read_bytes", "save", "understood", "write_atomic"]

LIMIT = 1 << 28  # bytes of one snapshot file; far above any real one


@dataclasses.dataclass(frozen=True, slots=True)
class Provenance:
    """`origin`: what was recorded; `tool`: by what; `date`: ISO 8601 or "" where it must not vary."""

    origin: str
    tool: str
    date: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """`kind` names the schema, `version` its revision; `body` is plain JSON data."""

    kind: str
    version: int
    provenance: Provenance
    body: Mapping[str, Any]


def write_atomic(path: Path | str, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Replace the file at `path` by `data`, wholly or not at all (temporary file, fsync, rename).

    What is too large to be in memory at once is given piece by piece.

    A symbolic link stays, the file it leads to is replaced; an existing file keeps its mode unless `mode` is given
    (0o600), which the file has from its first moment on. Raises `LabError` if the folder cannot be written or if a
    device, pipe or folder stands there; nothing is changed then.
    """
    temporary = ""
    try:
        target = Path(os.path.realpath(path))
        found = _mode(target)
        if not stat.S_ISREG(found):
            raise LabError(f"{path}: is {_kind(found)}, no file; nothing was changed, name another")
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:200]}.", dir=target.parent)
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


def _mode(target: Path) -> int:
    """The mode of what stands at `target`, or of a new file there."""
    try:
        return target.stat().st_mode
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


def save(path: Path | str, snapshot: Snapshot) -> None:
    """Write `snapshot` as JSON, atomically; raises `LabError` if that fails."""
    write_atomic(path, (jsontext.dumps(snapshot) + "\n").encode())


def line(snapshot: Snapshot) -> str:
    """`snapshot` as JSON on one line without a newline, in ASCII: many of them make a file of JSON lines.

    Raises `TypeError` if its body is no plain JSON data.
    """
    plain = {f.name: getattr(snapshot, f.name) for f in dataclasses.fields(snapshot)}
    plain["provenance"] = dataclasses.asdict(snapshot.provenance)
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)


def load(path: Path | str, kind: str, version: int) -> Snapshot:
    """Read a snapshot of `kind`; raises `LabError` for another kind, a newer version or damaged text."""
    return understood(read_bytes(path), str(path), kind, version)


def understood(text: bytes | str, name: str, kind: str, version: int) -> Snapshot:
    """The snapshot of `kind` that `text` holds; `name` is what errors call it.

    Raises `LabError` for another kind, for a version newer than `version` and for damaged text.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise LabError(f"{name}: is no JSON text; a {kind} snapshot was expected") from None
    if not isinstance(raw, dict) or raw.get("kind") != kind:
        raise LabError(f"{name}: is no {kind} snapshot")
    found = raw.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= version:
        raise LabError(f"{name}: {kind} version {found!r} is not known here (newest is {version}); update the lab")
    body, origin = raw.get("body"), raw.get("provenance")
    if not isinstance(body, dict) or not isinstance(origin, dict):
        raise LabError(f"{name}: the {kind} snapshot has no body or no provenance")
    texts = {key: str(origin.get(key, "")) for key in ("origin", "tool", "date")}
    return Snapshot(kind, found, Provenance(**texts), body)
