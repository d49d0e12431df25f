"""modules.softdep: what a module would like to have loaded before or after it."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text"]

HEADER = b"# Soft dependencies extracted from modules themselves.\n"


def text(names: Sequence[bytes], softdeps: Sequence[bytes]) -> bytes:
    """The file; `softdeps`: those of each module, each ended by NUL."""
    lines = [HEADER]
    for name, ended in zip(names, softdeps, strict=True):
        lines += [b"softdep " + name + b" " + value + b"\n" for value in ended.split(b"\0")[:-1]]
    return b"".join(lines)
