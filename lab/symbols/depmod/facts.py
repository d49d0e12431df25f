"""The facts of all modules as columns, out of a cache where it has them, read where not."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.symbols.depmod import cache, resolve
from lab.symbols.depmod.gather import gather
from lab.symbols.depmod.types import Facts, Found

__all__ = ["FactTable"]


class FactTable:
    """`columns`: a list for each field of `Facts`, a value for each module; `read`: how many files were read."""

    def __init__(
        self,
        modules: Sequence[Found],
        paths: Sequence[bytes],
        cached: cache.Cached | None,
        compat: bool,
        processes: int,
    ) -> None:
        """Take from `cached` what still holds, read the rest of `modules`; `damaged`: a line for each that is."""
        self._cached = cached
        known = cached.matches(modules, paths) if cached else [-1] * len(modules)
        missing = [i for i, at in enumerate(known) if at < 0]
        facts, self.damaged = gather([modules[i] for i in missing], compat, processes)
        self.read = len(missing)
        self._fresh = set(missing)
        # the same modules in the same order: only then an index that was written before can still be right
        self.complete = cached is not None and cached.paths == paths
        self.columns: list[list[bytes]] = []
        self._same: list[bool] = []
        for field in range(len(Facts._fields)):
            old = cached.column(field) if cached else []
            column = old[:] if self.complete else [old[at] if at >= 0 else b"" for at in known]
            for i, read in zip(missing, facts, strict=True):
                column[i] = read[field]
            self.columns.append(column)
            self._same.append(self.complete and all(column[i] == old[i] for i in missing))

    def needs(self, owners: dict[bytes, int]) -> list[list[int]]:
        """Which modules each module needs; looked up anew only where it may have changed."""
        wants = self.columns[1]
        if not self._same[0] or self._cached is None:
            return resolve.dependencies(wants, owners)
        result = [[] if i in self._fresh else self._cached.needs(i) for i in range(len(wants))]
        fresh = sorted(self._fresh)
        for i, needed in zip(fresh, resolve.dependencies([wants[i] for i in fresh], owners), strict=True):
            result[i] = needed
        return result

    def kept(self, fields: Sequence[int], files: Sequence[str], folder: str) -> tuple[cache.Output, ...]:
        """`files` as they lie in `folder` if they are made of `fields` that did not change; () if one is not so."""
        if not fields or self._cached is None or not all(self._same[field] for field in fields):
            return ()
        found = []
        for name in files:
            output = self._cached.outputs.get(name)
            if output is None or output.path != f"{folder}/{name}" or not _unchanged(output):
                return ()
            found.append(output)
        return tuple(found)


def _unchanged(output: cache.Output) -> bool:
    """Whether the file still has the content that was written; a link in its place never has."""
    if os.path.islink(output.path):
        return False
    try:
        data = read_bytes(output.path, output.size)
    except LabError:
        return False
    return len(data) == output.size and zlib.crc32(data) == output.checksum
