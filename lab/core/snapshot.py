"""Versioned, validated, atomically written files that carry where they come from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.core import jsontext
from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic

__all__ = ["Provenance", "Snapshot", "line", "load", "read_bytes", "save", "understood", "write_atomic"]


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
