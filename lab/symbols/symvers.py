"""`Module.symvers`: every export of a kernel and its modules, as the build wrote it down (scripts/mod/modpost.c).

Columns, by tabs: CRC, name, owner, kind, namespace. The namespace stood third in 5.4 and 5.5 (moved to the end
by commit 5190044c2965), was not there before, and before 2.6.18 neither was the kind.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes

__all__ = ["KINDS", "SymversRow", "is_symvers", "parse_symvers", "read_symvers"]

LIMIT = 1 << 26  # bytes; a distribution's has 2 MB
NUMBER = re.compile(rb"0[xX][0-9a-fA-F]{1,16}")

# how it was exported -> GPL-compatible modules only; the last three left the kernel in 5.12
KINDS = {
    "EXPORT_SYMBOL": False,
    "EXPORT_SYMBOL_GPL": True,
    "EXPORT_SYMBOL_GPL_FUTURE": False,
    "EXPORT_UNUSED_SYMBOL": False,
    "EXPORT_UNUSED_SYMBOL_GPL": True,
}


class SymversRow(NamedTuple):
    """One export. `path`: `vmlinux` or the module's path in the build, without suffix. `crc`: None for none."""

    crc: int | None
    name: str
    path: str
    gpl: bool
    namespace: str | None

    @property
    def owner(self) -> str:
        """`vmlinux` or the module's name with `_`."""
        return self.path.rpartition("/")[2].removesuffix(".ko").replace("-", "_")


def read_symvers(path: Path | str) -> tuple[SymversRow, ...]:
    """The rows of a file; raises `LabError` if it cannot be read or a line is none."""
    return parse_symvers(read_bytes(path, LIMIT), str(path))


def is_symvers(data: bytes) -> bool:
    """Whether `data` begins as a `Module.symvers` does."""
    return re.match(NUMBER.pattern + rb"\t[^\t\n\0]+\t[^\n\0]+", data) is not None


def parse_symvers(data: bytes, source: str) -> tuple[SymversRow, ...]:
    """`read_symvers` for bytes at hand; `source` names them in errors, which give the number of the line.

    A build without MODVERSIONS writes 0 for every CRC: where all are 0, none is known.
    """
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    rows = tuple(_row(line.rstrip("\r"), i, source) for i, line in enumerate(lines, 1) if line.strip("\r"))
    return rows if any(r.crc for r in rows) else tuple(r._replace(crc=None) for r in rows)


def _row(line: str, number: int, source: str) -> SymversRow:
    crc, *rest = line.split("\t")
    if not NUMBER.fullmatch(crc.encode("utf-8", "replace")) or int(crc, 16) >> 32:
        raise LabError(f"{source}: line {number} begins with no 32-bit checksum (0x...); it is no Module.symvers")
    match rest:
        case [name, path] if name and path:
            return SymversRow(int(crc, 16), name, path, False, None)
        case [name, path, kind] if name and path and kind in KINDS:
            return SymversRow(int(crc, 16), name, path, KINDS[kind], None)
        case [name, path, kind, space] if name and path and kind in KINDS:
            return SymversRow(int(crc, 16), name, path, KINDS[kind], space or None)
        case [name, space, path, kind] if name and path and kind in KINDS:
            return SymversRow(int(crc, 16), name, path, KINDS[kind], space or None)
    raise LabError(
        f"{source}: line {number} is no row of a Module.symvers (CRC, name, owner, {' or '.join(list(KINDS)[:2])}, "
        "namespace, with tabs between)"
    )
