"""What a lookup has read after each of its steps: the lookup's own reads, in order, dealt out to the steps.

The structure's `lookup` runs over buffers that write down every read; each step then takes the reads that belong
to what it does. The sums are those of `lab.symbols.touch`.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any

from lab.symbols.lookup import Index
from lab.symbols.steps import Step
from lab.symbols.structures import kallsyms
from lab.symbols.touch import LINE, Touched

__all__ = ["reads_by_step"]

NAMES, OFFSETS, PARTS, SLOTS, PROBES = range(5)
Read = tuple[int, int]  # buffer, place


class _Noted(Sequence[int]):
    """A buffer that writes every read into a log that it shares with the others."""

    __slots__ = ("_log", "_number", "_values", "width")

    def __init__(self, values: Sequence[int], number: int, log: list[Read]) -> None:
        self._values, self._number, self._log = values, number, log
        self.width: int = getattr(values, "itemsize", 1)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: Any) -> Any:
        self._log.append((self._number, place))
        return self._values[place]


class _Probes(MutableSequence[int]):
    """Takes the probes of a lookup and marks in the log when each was made."""

    def __init__(self, log: list[Read]) -> None:
        self._log = log

    def __setitem__(self, at: Any, place: Any) -> None:
        self._log.append((PROBES, place))

    def __getitem__(self, at: Any) -> Any:
        raise IndexError(at)

    def __delitem__(self, at: Any) -> None:
        raise IndexError(at)

    def __len__(self) -> int:
        return 0

    def insert(self, index: int, value: int) -> None:
        raise IndexError(index)


def reads_by_step(index: Index, key: bytes, told: Sequence[Step]) -> list[Touched]:
    """After each of `told` (the steps of a lookup of `key`): names compared, bytes and cache lines read so far."""
    log: list[Read] = []
    table, trie = index.table, index.structure.id == "trie"
    buffers = [_Noted(b, i, log) for i, b in enumerate((table.names, table.offsets, table.parts, index.slots))]
    index.structure.lookup(key, 0, len(key), *buffers, _Probes(log))
    widths = [b.width for b in buffers]
    region = REGIONS.get(index.structure.id, lambda slots, place: "C")
    kinds = [_kind(region, index.slots, read) for read in log]
    seen: set[Read] = set()
    lines: set[Read] = set()
    made, at, size, out = 0, 0, 0, []
    for number, step in enumerate(told, 1):
        end = len(log) if number == len(told) else TAKES[step.kind](kinds, log, at)
        for buffer, place in log[at:end]:
            if buffer != PROBES and (buffer, place) not in seen:
                seen.add((buffer, place))
                lines.add((buffer, place * widths[buffer] // LINE))
                size += widths[buffer]
        made += step.kind == ("node" if trie else "compare")
        at = max(at, end)
        out.append(Touched(made, size, len(lines)))
    return out


def _kind(region: Callable[[Sequence[int], int], str], slots: Sequence[int], read: Read) -> str:
    """A letter for what a read is: a name N, where it begins O, the tables' bounds P, a probe M, or its region."""
    return region(slots, read[1]) if read[0] == SLOTS else "NOPSM"[read[0]]


def _gnu(slots: Sequence[int], place: int) -> str:
    bounds = (4, 4 + 2 * slots[2], 4 + 2 * slots[2] + slots[0])
    if place >= bounds[2]:
        return "V" if place < bounds[2] + (len(slots) - bounds[2]) // 2 else "C"
    return "H" if place < bounds[0] else "B" if place < bounds[1] else "K"


def _kallsyms(slots: Sequence[int], place: int) -> str:
    if place < kallsyms.HEADER:
        return "T" if 8 <= place < 12 else "H"  # where the tokens are is asked first of all when a name is expanded
    return "Q" if kallsyms.number(slots, 16) <= place < kallsyms.number(slots, 20) else "W"


# structure -> what lies at a place of its slots: header H, bloom B, bucket K, chain value V, slot S, ...
REGIONS: dict[str, Callable[[Sequence[int], int], str]] = {
    "sysv-hash": lambda slots, place: "H" if place < 2 else "K" if place < 2 + slots[0] else "V",
    "gnu-hash": _gnu,
    "hash": lambda slots, place: "S",
    "fingerprint": lambda slots, place: "S",
    "perfect-hash": lambda slots, place: "H" if place < 2 else "K",
    "trie": lambda slots, place: "W",
    "kallsyms": _kallsyms,
}


def _while(kinds: Sequence[str], at: int, wanted: str) -> int:
    while at < len(kinds) and kinds[at] in wanted:
        at += 1
    return at


def _slot(kinds: Sequence[str], log: Sequence[Read], at: int) -> int:
    """To the end of the reads of one slot; a slot of the fingerprints is a pair."""
    at = _while(kinds, at, "HPK")
    first = log[at][1] if at < len(log) else 0
    while at < len(log) and kinds[at] == "S" and log[at][1] in (first, first - 1, first + 1):
        at += 1
    return at


def _bucket(kinds: Sequence[str], log: Sequence[Read], at: int) -> int:
    if "Q" in kinds[at : at + 12]:  # kallsyms: from the sequence to the name's codes
        return _until(kinds, at, "T")
    return _slot(kinds, log, at)


def _until(kinds: Sequence[str], at: int, mark: str) -> int:
    while at < len(kinds) and kinds[at] != mark:
        at += 1
    return at


def _compare(kinds: Sequence[str], log: Sequence[Read], at: int) -> int:
    """A name's place, then its letters; kallsyms expands them instead."""
    if at < len(kinds) and kinds[at] == "T":
        return _until(kinds, at, "Q")
    at = _slot(kinds, log, at)
    return _while(kinds, _while(kinds, at, "MCOP"), "N")


def _chain(kinds: Sequence[str], log: Sequence[Read], at: int) -> int:
    at = _while(kinds, at, "P")
    return at + (at < len(kinds) and kinds[at] == "V")


def _node(kinds: Sequence[str], log: Sequence[Read], at: int) -> int:
    return _until(kinds, _until(kinds, at, "M") + 1, "M")


Take = Callable[[Sequence[str], Sequence[Read], int], int]
TAKES: dict[str, Take] = {
    "hash": lambda kinds, log, at: _while(kinds, at, "HP"),
    "bloom": lambda kinds, log, at: _while(kinds, at, "HPB"),
    "bucket": _bucket,
    "chain": _chain,
    "node": _node,
    "compare": _compare,
    "end": lambda kinds, log, at: len(kinds),
}
