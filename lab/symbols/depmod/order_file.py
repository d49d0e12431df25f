"""modules.order: the order in which the kernel's build linked its modules, which is the order of the index."""

from __future__ import annotations

import os
from collections.abc import Callable

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.symbols.depmod.inside import resolve

__all__ = ["read_order"]

NAME = "modules.order"
LIMIT = 1 << 26  # bytes; a real one has 300,000
LONGEST = 4094  # bytes of a line: kmod reads PATH_MAX with the newline and the NUL behind it


def read_order(folder: str, root: str, warn: Callable[[str], None], kmod: int = 30) -> dict[str, int] | None:
    """Path of a module, ending in `.ko` whatever its form is -> its rank; None if there is no order.

    `folder`: the modules folder, a real path below `root`. As kmod: a file that is missing or damaged (its last line
    not ended, a line too long or with a NUL in it) costs a line to `warn` and orders nothing; a line that names no
    module is nothing. Of two equal lines kmod 30 follows the last one, 34 the first.
    """
    shown = f"{folder}/{NAME}"
    inner = folder[len(root.rstrip("/")) :]
    path = resolve(root, f"{inner}/{NAME}")
    if path is None:
        warn(f"could not open {NAME} at {folder}: No such file or directory; modules are in no order of their own")
        return None
    try:
        content = read_bytes(path, LIMIT)
    except LabError as error:
        warn(f"{error}; modules are in no order of their own")
        return None
    if problem := _damage(content):
        warn(f"{shown}:{problem}: corrupted line misses '\\n'; modules are in no order of their own")
        return None
    if content.count(b"\r\n"):
        warn(f"{shown}: its lines end with carriage returns and name no module; write it with plain newlines")
    lines = os.fsdecode(content).split("\n")[:-1]
    ranks = range(len(lines))
    order = dict(zip(lines, ranks, strict=True) if kmod < 34 else zip(reversed(lines), reversed(ranks), strict=True))
    order.pop("", None)  # what modules of external folders would find
    return order


def _damage(content: bytes) -> int:
    """The number of the first line that kmod calls corrupted; 0 for none. A line that begins with NUL is none."""
    *lines, rest = content.split(b"\n")
    if not rest and b"\0" not in content and max(map(len, lines), default=0) <= LONGEST:
        return 0
    damaged = (n for n, line in enumerate(lines, 1) if line[:1] != b"\0" and (len(line) > LONGEST or b"\0" in line))
    return next(damaged, len(lines) + 1 if rest[:1] not in (b"", b"\0") else 0)
