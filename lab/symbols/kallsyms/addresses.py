"""Addresses of kallsyms: four layouts, told apart by what each must fulfil.

Symbols are sorted by address, so a table read under the wrong layout is out of order. With a base
(`kallsyms_relative_base`, 4.6, commit 2213e9a66bb8) the lowest symbol is at the base: its number is 0, or
-1 where numbers from 0 up are absolute (`--absolute-percpu`). The tables stand before the names, from 6.4
(commit 404bad70fcf7) behind the tokens. In 2026 the base went (commit a081b5789255): each number is
counted from its own place.
"""

from __future__ import annotations

import dataclasses
import itertools
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.symbols.kallsyms.names import sequence
from lab.symbols.kallsyms.tables import Tables

__all__ = ["LAYOUTS", "Addresses", "read_addresses"]

SAMPLES = 64
PAGE = 1 << 12


@dataclasses.dataclass(frozen=True, slots=True)
class Addresses:
    """`values`: one a symbol. `base`: None if they are addresses, else what is still to be added to them.

    `base` "stored": they count from the machine word at `slot`, which holds 0 until the kernel is relocated.
    `base` "place": they count from offset 0 of the image. `seqs`: offset of the sequence of names, or -1.
    """

    layout: str
    bits: int
    values: list[int]
    base: str | None
    slot: int
    seqs: int


def read_addresses(data: bytes, tables: Tables, bits: int) -> Addresses | None:
    """The addresses of the symbols of `tables`, None if no layout fits; `bits` is 64, 32, or 0 for not known."""
    both = []
    for word in (bits,) if bits else (64, 32):
        fit = (found for read in LAYOUTS.values() for found in read(data, tables, word // 8))
        both += list(itertools.islice(fit, 1))
    if len(both) > 1:  # a base of the wrong size is made of two halves: it is at no page
        both = [found for found in both if found.values[0] % PAGE == 0]
    return both[0] if len(both) == 1 else None


def _before_names(data: bytes, tables: Tables, word: int) -> Iterator[Addresses]:
    """Up to 6.3: numbers, base, number of names."""
    count = len(tables.symbols)
    slot = (tables.count_at & -word) - word
    at = slot - _padded(4 * count, word)
    yield from _from_base("before the names, from a base", data, tables, word, at, slot, tables.seqs)


def _behind_tokens(data: bytes, tables: Tables, word: int) -> Iterator[Addresses]:
    """From 6.4: numbers, base, sequence of names."""
    at = _padded(tables.end, word)
    slot = at + _padded(4 * len(tables.symbols), word)
    for found in _from_base("behind the tokens, from a base", data, tables, word, at, slot, slot + word):
        if _sorted_by_name(data, tables, found.seqs):
            yield found


def _by_place(data: bytes, tables: Tables, word: int) -> Iterator[Addresses]:
    """From 2026: numbers that count from where each stands, sequence of names."""
    count = len(tables.symbols)
    for at in {tables.end, _padded(tables.end, word)}:
        seqs = at + 4 * count
        if seqs > len(data):
            continue
        numbers = struct.unpack_from(f"{tables.order}{count}i", data, at)
        values = [place + number for place, number in zip(range(at, seqs, 4), numbers, strict=True)]
        if not -len(data) <= values[0] <= len(data):
            continue  # 32-bit addresses, which rise as well
        if _rising(values) and _sorted_by_name(data, tables, seqs):
            yield Addresses("behind the tokens, from each place", 8 * word, values, "place", -1, seqs)


def _absolute(data: bytes, tables: Tables, word: int) -> Iterator[Addresses]:
    """Machine words (up to 6.10 without KALLSYMS_BASE_RELATIVE, and all before 4.6)."""
    count = len(tables.symbols)
    code = {8: "Q", 4: "I"}[word]
    for at, behind in (((tables.count_at & -word) - word * count, False), (_padded(tables.end, word), True)):
        seqs = at + word * count if behind else tables.seqs
        if at < 0 or at + word * count > len(data) or (behind and not _sorted_by_name(data, tables, seqs)):
            continue
        values = list(struct.unpack_from(f"{tables.order}{count}{code}", data, at))
        if values[-1] and _rising(values):
            where = "behind the tokens" if behind else "before the names"
            yield Addresses(f"{where}, machine words", 8 * word, values, None, -1, seqs)


# layout -> how to read it: (image, tables, bytes of a machine word)
LAYOUTS: dict[str, Callable[[bytes, Tables, int], Iterator[Addresses]]] = {
    "before the names, from a base": _before_names,
    "behind the tokens, from a base": _behind_tokens,
    "behind the tokens, from each place": _by_place,
    "machine words": _absolute,
}


def _from_base(
    layout: str, data: bytes, tables: Tables, word: int, at: int, slot: int, seqs: int
) -> Iterator[Addresses]:
    count = len(tables.symbols)
    if at < 0 or slot + word > len(data):
        return
    (base,) = struct.unpack_from(tables.order + {8: "Q", 4: "I"}[word], data, slot)
    mask = (1 << 8 * word) - 1
    numbers = struct.unpack_from(f"{tables.order}{count}i", data, at)
    first = next((i for i, n in enumerate(numbers) if n < 0), count)
    if first < count and numbers[first] == -1 and _rising(numbers[:first]) and _rising(numbers[:first:-1]):
        if not base:
            return  # numbers above 0 are absolute: adding a base that is not known would make them wrong
        values = [n if n >= 0 else (base - 1 - n) & mask for n in numbers]
        yield Addresses(layout + ", per-CPU ones absolute", 8 * word, values, None, slot, seqs)
    elif numbers[0] == 0 and numbers[-1] != 0:
        unsigned = numbers if first == count else struct.unpack_from(f"{tables.order}{count}I", data, at)
        if _rising(unsigned) and base + unsigned[-1] <= mask:
            yield Addresses(layout, 8 * word, [base + n for n in unsigned], None if base else "stored", slot, seqs)


def _padded(at: int, word: int) -> int:
    return (at + word - 1) & -word


def _rising(values: Sequence[Any]) -> bool:
    return sorted(values) == list(values)


def _sorted_by_name(data: bytes, tables: Tables, at: int) -> bool:
    """Whether three bytes a name at `at` name the symbols in the order of their names, by a sample."""
    count = len(tables.symbols)
    if at + 3 * count > len(data):
        return False
    seqs = memoryview(data)[at : at + 3 * count]
    ranks = sorted({i * (count - 1) // SAMPLES for i in range(SAMPLES + 1)})
    positions = [sequence(seqs, rank) for rank in ranks]
    if max(positions) >= count:
        return False
    return _rising([tables.symbols[p][1:] for p in positions])
