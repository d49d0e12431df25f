"""Which model made a figure: a digest of the source of every rule, so that no change of a rule goes unseen."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
from pathlib import Path

__all__ = ["model_version"]

ROOM = Path(__file__).resolve().parents[1]
# What draws, prints or plans and decides no figure; every other file of the room counts, also one added later.
NO_RULES = (
    "__init__.py",
    "breakeven_map.py",
    "commands/*",
    "curve.py",
    "evidence.py",
    "explain*",
    "grid/*",
    "*picture.py",
    "picture/*",
    "presets.py",
    "published*",
    "sequence/*",
    "sharing.py",
    "story.py",
    "sweep.py",
    "trace/*",
)


@functools.cache
def model_version() -> str:
    """Sixteen hexadecimal digits that change whenever a file of the model does, be it by a comment.

    A number that a person must raise is forgotten one day; a needless run costs seconds, a stale figure trust.
    """
    digest = hashlib.sha256()
    for name in rules():
        data = (ROOM / name).read_bytes()
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


def rules() -> list[str]:
    """The files that count, by their names below the room."""
    names = (path.relative_to(ROOM).as_posix() for path in ROOM.rglob("*.py"))
    return sorted(name for name in names if not any(fnmatch.fnmatchcase(name, one) for one in NO_RULES))
