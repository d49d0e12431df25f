"""What an index structure looks like in memory, and where in it each step of a lookup looks.

A structure is some areas one behind the other (a filter, buckets, chains, names); a step looks at places of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from lab.symbols.lookup import Index
from lab.symbols.steps import Step
from lab.symbols.structures import gnu_hash, hash, kallsyms, perfect_hash, trie

__all__ = ["ANATOMY", "Anatomy", "Area", "Spot", "anatomy"]

Cell = Callable[[int], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Area:
    """One piece of memory: `word` is what it is, `places` how many it has, `says` what a place is for.

    `cell(place)`: what stands there. `path`: what is shown is the places visited, not the neighbours of one.
    `bits`: a place is a word of 64 bits.
    """

    word: str
    places: int
    says: str
    cell: Cell
    path: bool = False
    bits: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """A place that a step looks at: which area, which place; `bits` of it if not all of it counts."""

    area: int
    place: int
    bits: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Anatomy:
    """The areas, and for each step the spots it looks at (none: it only computes)."""

    areas: tuple[Area, ...]
    spots: tuple[tuple[Spot, ...], ...]


def anatomy(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    """The memory of `index`, and where each step of `told` (a lookup of `key`) looks."""
    return ANATOMY[index.structure.id](index, key, told)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _names(index: Index, path: bool = False) -> Area:
    names = index.table.keys
    return Area("names", len(names), "the table itself, sorted by name", lambda place: _text(names[place]), path)


def _at(area: int, place: int) -> tuple[Spot, ...]:
    return (Spot(area, place),) if place >= 0 else ()


def _names_only(path: bool) -> Callable[[Index, bytes, Sequence[Step]], Anatomy]:
    def made(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
        return Anatomy((_names(index, path),), tuple(_at(0, s.place) for s in told))

    return made


def _eytzinger(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    keys, slots = index.table.keys, index.slots
    tree = Area(
        "places", len(slots), "the search tree level by level: below place k stand 2k + 1 and 2k + 2",
        lambda place: _text(keys[slots[place]]), path=True,
    )  # fmt: skip
    spots = [(*_at(0, s.place), *(_at(1, slots[s.place]) if s.place >= 0 else ())) for s in told]
    return Anatomy((tree, _names(index)), tuple(spots))


def _sysv(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots, buckets = index.slots, index.slots[0]
    heads = Area("buckets", buckets, "first symbol of each hash value's chain", lambda p: _symbol(slots[2 + p]))
    chains = Area("chains", slots[1], "the next symbol in the chain", lambda p: _symbol(slots[2 + buckets + p]))
    before, spots = 0, list[tuple[Spot, ...]]()
    for step in told:
        if step.kind == "chain":
            spots.append(_at(1, before))
        else:
            spots.append(_at({"bucket": 0, "compare": 2}.get(step.kind, 0), step.place))
        before = step.place + 1 if step.kind == "compare" else before
    return Anatomy((heads, chains, _names(index)), tuple(spots))


def _symbol(number: int) -> str:
    return f"symbol {number:,}" if number else "end"


def _gnu(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots = index.slots
    buckets, words = slots[0], slots[2]
    heads = gnu_hash.HEADER + 2 * words
    values = heads + buckets
    value = hash.gnu_hash(key, 0, len(key))
    first = slots[heads + value % buckets] - gnu_hash.FIRST

    def word(place: int) -> str:
        low, high = (slots[gnu_hash.HEADER + 2 * place + i] & 0xFFFFFFFF for i in (0, 1))
        return f"{high << 32 | low:064b}"[::-1]

    def stored(place: int) -> str:
        code = slots[values + place] & 0xFFFFFFFF
        return f"{code:#010x}{' end' if code & 1 else ''}"

    areas = (
        Area("bloom filter", words, "two bits for each name; one not set: no such name", word, bits=True),
        Area("buckets", buckets, "where the chain begins", lambda p: _symbol(slots[heads + p])),
        Area("chain values", len(index.table), "the symbols' hashes; the lowest bit says where a chain ends", stored),
        _names(index),
    )
    spots, chained = list[tuple[Spot, ...]](), first
    for step in told:
        if step.kind == "bloom":
            spots.append((Spot(0, step.place, (value & 63, (value >> slots[3]) & 63)),))
        elif step.kind == "chain":
            spots.append(_at(2, chained))
            chained += 1
        else:
            spots.append(_at({"bucket": 1, "compare": 3}.get(step.kind, 0), step.place))
    return Anatomy(areas, tuple(spots))


def _hash(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots = index.slots

    def stored(place: int) -> str:
        return f"entry {slots[place]:,}" if slots[place] >= 0 else "empty"

    table = Area("slots", len(slots), "an entry's number, or empty", stored)
    spots = [(*_at(0, s.place), *(_at(1, slots[s.place]) if s.kind == "compare" else ())) for s in told]
    spots[0] = ()  # the first step only computes
    return Anatomy((table, _names(index)), tuple(spots))


def _fingerprint(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots = index.slots

    def pair(place: int) -> str:
        return f"{slots[2 * place] & 0xFFFFFFFFFFFFFFFF:016x}" if slots[2 * place + 1] >= 0 else "empty"

    table = Area("slots", len(slots) // 2, "64 bits made of the name, and its entry", pair)
    spots = [_at({"bucket": 0, "compare": 1}[s.kind], s.place) if s.kind in ("bucket", "compare") else () for s in told]
    return Anatomy((table, _names(index)), tuple(spots))


def _perfect(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots, size = index.slots, len(index.table)
    buckets = slots[1]
    two = perfect_hash.two_hashes(key, 0, len(key), slots[0])[1]
    shift = Area(
        "displacements", buckets, "what to add so that no two names meet",
        lambda p: f"{slots[2 + p]:,}" if slots[2 + p] >= 0 else f"slot {-1 - slots[2 + p]:,}",
    )  # fmt: skip
    places = Area("slots", size, "one for each name, none empty", lambda p: f"entry {slots[2 + buckets + p]:,}")
    spots = list[tuple[Spot, ...]]()
    for step in told:
        if step.kind == "bucket":
            spots.append((Spot(0, step.place), Spot(1, perfect_hash.place_of(two, slots[2 + step.place], size))))
        else:
            spots.append(_at(2, step.place) if step.kind == "compare" else ())
    return Anatomy((shift, places, _names(index)), tuple(spots))


def _trie(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    read = {at: _text(text) for at, _, text in trie.visited(index.slots, key)}
    file = Area(
        "bytes of the file", len(index.slots), "nodes: the letters all names below share, then a pointer a letter",
        lambda p: f"{read.get(p, '')}…" if p in read else "", path=True,
    )  # fmt: skip
    return Anatomy((file,), tuple(_at(0, s.place) for s in told))


def _kallsyms(index: Index, key: bytes, told: Sequence[Step]) -> Anatomy:
    slots, keys = index.slots, index.table.keys
    sequence, start, end = (kallsyms.number(slots, at) for at in (16, 20, 24))
    at = {sum(slots[sequence + 3 * i + j] << (16 - 8 * j) for j in range(3)): i for i in range(len(keys))}
    marks = (len(keys) + 255) // 256

    def pieces(place: int) -> str:
        code, last = kallsyms.begin(slots, place)
        tokens, table = kallsyms.number(slots, 8), kallsyms.number(slots, 12)
        at = [table + 2 * slots[c] for c in range(code, last)]
        return "·".join(_text(_token(slots, tokens + slots[place] + 256 * slots[place + 1])) for place in at)

    areas = (
        Area("sequence", len(keys), "entries in the order of their names, 3 bytes each",
             lambda p: f"entry {sum(slots[sequence + 3 * p + j] << (16 - 8 * j) for j in range(3)):,}", path=True),
        Area("markers", marks, "where each 256th name begins",
             lambda p: f"byte {kallsyms.number(slots, kallsyms.number(slots, 4) + 4 * p):,}"),
        Area("packed names", end - start, "names as codes; each stands for some letters",
             lambda p: pieces(start + p), path=True),
    )  # fmt: skip
    spots, entry = list[tuple[Spot, ...]](), 0
    for number, step in enumerate(told):
        if step.kind == "bucket":  # the comparison that follows names the entry
            entry = told[number + 1].place
            spots.append((Spot(0, at[entry]), Spot(1, entry >> 8)))
        else:
            spots.append((Spot(2, kallsyms.place(slots, entry) - start),) if step.kind == "compare" else ())
    return Anatomy(areas, tuple(spots))


def _token(slots: Sequence[int], at: int) -> bytes:
    end = at
    while slots[end]:
        end += 1
    return bytes(slots[at:end])


ANATOMY: dict[str, Callable[[Index, bytes, Sequence[Step]], Anatomy]] = {
    "linear": _names_only(path=False),
    "binary": _names_only(path=True),
    "eytzinger": _eytzinger,
    "sysv-hash": _sysv,
    "gnu-hash": _gnu,
    "hash": _hash,
    "fingerprint": _fingerprint,
    "perfect-hash": _perfect,
    "trie": _trie,
    "merge": _names_only(path=False),
    "kallsyms": _kallsyms,
}
