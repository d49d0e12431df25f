"""modules.weakdep: what a module may ask for while it runs, so that an initramfs takes it along (kmod 33 and later)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text"]

HEADER = b"# Weak dependencies extracted from modules themselves.\n"


def text(names: Sequence[bytes], weakdeps: Sequence[bytes]) -> bytes:
    """The file; `weakdeps`: those of each module, each ended by NUL."""
    lines = [HEADER]
    for name, ended in zip(names, weakdeps, strict=True):
        lines += [b"weakdep " + name + b" " + value + b"\n" for value in ended.split(b"\0")[:-1]]
    return b"".join(lines)
