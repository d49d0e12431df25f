"""modules.devname: device nodes to make at boot so that opening one loads its module."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

__all__ = ["text"]

HEADER = b"# Device nodes to trigger on-demand module loading.\n"
_NUMBERS = re.compile(rb"(char|block)-major-[ \t-\r]*([+-]?[0-9]+)-[ \t-\r]*([+-]?[0-9]+)")  # as sscanf reads "%u"


def text(names: Sequence[bytes], aliases: Sequence[bytes], warn: Callable[[str], None]) -> bytes:
    """The file, empty if no module asks for a node; `aliases`: those of each module, each ended by NUL.

    A node takes its name from `devname:NAME` and its numbers from the first `char-major-N-M` or `block-major-N-M`
    with which both are known (kmod, `output_devname`); a name without numbers is left out and told to `warn`.
    """
    lines = []
    for name, ended in zip(names, aliases, strict=True):
        if b"devname:" not in ended:
            continue
        node, numbers = None, b""
        for alias in ended.split(b"\0"):
            if alias.startswith(b"devname:"):
                node = alias[8:]
            elif found := _NUMBERS.match(alias):
                numbers = b"%c%d:%d" % (found[1][:1], _unsigned(found[2]), _unsigned(found[3]))
            if node is not None and numbers:
                break
        if node is None:
            continue
        if numbers:
            lines.append(name + b" " + node + b" " + numbers + b"\n")
        else:
            warn(
                f"Module '{name.decode('utf-8', 'backslashreplace')}' has devname "
                f"({node.decode('utf-8', 'backslashreplace')}) but lacks major and minor information. Ignoring."
            )
    return b"".join([HEADER, *lines]) if lines else b""


def _unsigned(digits: bytes) -> int:
    """What a 64-bit `strtoul` makes of it, cut to 32 bits."""
    value = int(digits[:40])
    return (min(value, (1 << 64) - 1) if value > 0 else value) & 0xFFFFFFFF
