"""A kernel's exports to compare: from an index, or from a Module.symvers."""

from __future__ import annotations

from pathlib import Path

from lab.symbols.store.diff import Exported, Listing
from lab.symbols.store.format import MAGIC
from lab.symbols.store.index import open_index

__all__ = ["listing"]


def listing(path: Path | str) -> Listing:
    """The exports that the file at `path` tells of.

    Raises `LabError` if it is neither an index nor a Module.symvers.
    """
    if not _is_index(path):
        from lab.symbols.symvers import read_symvers

        rows = read_symvers(path)
        return Listing(str(path), [Exported(r.name, r.owner, r.crc, r.namespace, r.gpl) for r in rows], None)
    with open_index(path) as index:
        exports = [Exported(*row) for row in index.listing()]
        return Listing(str(path), exports, frozenset(module.name for module in index.modules))


def _is_index(path: Path | str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return True  # let the index's reader say what is wrong
