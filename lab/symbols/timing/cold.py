"""Lookups that find nothing in the cache: every lookup in a copy of the table of its own, after a sweep.

Before each timed call a buffer larger than the last cache is read and written, line by line, so that nothing of the
tables, the index or the names that are looked up stays behind. A call is then a batch of lookups, each in another
copy: what one has read does not help the next. The processor may still overlap neighbouring lookups of a batch, as
it may in a warm one; translations of addresses (TLB) are as cold as the rest.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Sequence

from lab.core.timing import Machine
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures import batch
from lab.symbols.workload import Workload

__all__ = ["COPIES", "ColdLookups", "sweep_bytes"]

COPIES = 32  # lookups of one call, and copies of the table: a few MB for each method
LEAST_SWEEP, MOST_SWEEP = 32 << 20, 160 << 20


def sweep_bytes(machine: Machine) -> int:
    """How much is swept to empty the caches: one and a half times the largest, within bounds.

    Above 106 MiB of cache the bound is less than the cache and what is timed may be partly warm.
    """
    largest = max((cache.kib << 10 for cache in machine.caches), default=0)
    return min(max(LEAST_SWEEP, largest * 3 // 2), MOST_SWEEP)


class ColdLookups:
    """Batches of lookups out of a workload: `prepare` chooses the next names of it and empties the caches."""

    def __init__(self, table: Ksymtab, work: Workload, size: int) -> None:
        """For `work` in `table`, sweeping `size` bytes."""
        from lab.symbols.compiled import as_buffer, compiled_loop, compiled_plain

        self._table, self._work, self._at = table, work, 0
        self._window = array("i", [0]) * min(COPIES, max(1, len(work.order)))
        copies = len(self._window)
        self._names, self._offsets = as_buffer(table.names * copies), as_buffer(table.offsets * copies)
        self._sweep = functools.partial(compiled_plain(batch.sweep), as_buffer(bytearray(size)))
        self._buffer, self._loop = as_buffer, compiled_loop

    @property
    def batch(self) -> int:
        """Lookups in one call."""
        return len(self._window)

    def next_names(self) -> None:
        """Go on to the next names of the workload, from its start again at the end."""
        order, count = self._work.order, len(self._window)
        for i in range(count):
            self._window[i] = order[(self._at + i) % len(order)]
        self._at = (self._at + count) % len(order)

    def empty_caches(self) -> None:
        """Sweep."""
        self._sweep()

    def run(self, method: str, slots: Sequence[int]) -> Callable[[], int]:
        """The call that looks the chosen names up with `method`, whose index is `slots`."""
        table, work, copies = self._table, self._work, len(self._window)
        sizes = array("q", [len(table.names), len(table.offsets), len(slots)])
        stored = memoryview(slots).tobytes() * copies  # type: ignore[arg-type]
        kind = getattr(slots, "typecode", "B")
        buffers = (
            self._buffer(work.keys), self._buffer(work.offsets), self._buffer(self._window), self._names, self._offsets,
            self._buffer(table.parts), self._buffer(array(kind, stored)), self._buffer(sizes),
            self._buffer(array("i", [0]) * copies),
        )  # fmt: skip
        return functools.partial(self._loop(batch.resolve_in_copies, method), *buffers)
