"""What every lookup must compare, computed by the lab's own index structures over the very same table."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Callable, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.lookup import Index, build_index, trace

__all__ = ["STRUCTURE", "Predicted", "bytes_read", "predict"]

# method of the kernel module -> the structure of lab.symbols.structures that is the same algorithm. The kernel's
# bsearch() (lib/bsearch.c) probes base + n/2 and halves as structures/binary.py does: the same entries in the same
# order, so it needs no structure of its own.
STRUCTURE: dict[str, str] = {"linear": "linear", "bsearch": "binary", "hash": "hash", "eytzinger": "eytzinger"}


@dataclasses.dataclass(frozen=True, slots=True)
class Predicted:
    """By lookup: strings compared, bytes of each string that strcmp() reads over all of them, the entry or -1."""

    comparisons: tuple[int, ...]
    bytes: tuple[int, ...]
    entries: tuple[int, ...]


def predict(method: str, table: Ksymtab, keys: Sequence[bytes]) -> Predicted:
    """The lookups of `keys` in `table` with a `method` of `STRUCTURE`."""
    index = build_index(STRUCTURE[method], table)
    count = _BYTES.get(method, _probed)
    return Predicted(
        tuple(index.counts(keys)), tuple(count(index, key) for key in keys), tuple(table.find(key) for key in keys)
    )


def bytes_read(a: bytes, b: bytes) -> int:
    """How many bytes of each of two strings strcmp() reads: up to the first that differs, or both ends."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))) + 1


def _probed(index: Index, key: bytes) -> int:
    """The bytes of the strings that the structure's own lookup compares."""
    return sum(bytes_read(key, index.table.keys[index.entry_at(place)]) for place in trace(index, key).probes)


def _scanned(index: Index, key: bytes) -> int:
    """The same for a linear scan, without scanning: names that begin alike lie side by side in a sorted table."""
    table, entry = index.table, index.table.find(key)
    total = 0
    for low, high in table.bounds():
        end = min(high, entry + 1) if entry >= 0 else high
        if end <= low:
            continue
        total += end - low
        for length in range(1, len(key) + 1):
            first = bisect_left(table.keys, key[:length], low, end)
            behind = bisect_left(table.keys, key[: length - 1] + bytes([key[length - 1] + 1]), low, end)
            if first == behind:
                break
            total += behind - first
    return total


_BYTES: dict[str, Callable[[Index, bytes], int]] = {"linear": _scanned}
