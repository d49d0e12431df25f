"""One lookup step by step, in words: what each structure computes, reads and decides.

One small function a structure, found through `STEPS`. They are told with the structures' own functions; a test
holds their comparisons and their end equal to the lookup's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.lookup import Index, trace
from lab.symbols.structures import fingerprint, gnu_hash, hash, kallsyms, perfect_hash, sysv_hash, trie

__all__ = ["KINDS", "STEPS", "VERDICTS", "Step", "steps"]

# what a step does
KINDS: dict[str, str] = {
    "hash": "a number is computed from the name",
    "bloom": "two bits of a filter are looked at",
    "bucket": "a place that the number leads to is read",
    "chain": "the next one with the same place is read",
    "node": "a node of the tree compares its piece of the name",
    "compare": "a whole name is compared",
    "end": "the lookup is over",
}
# what comes of it
VERDICTS: dict[str, str] = {
    "go on": "nothing is decided yet",
    "before": "the name is further to the front",
    "after": "the name is further to the back",
    "other": "this is another name",
    "found": "this is the name",
    "missing": "the name is not in the table",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """`what` happens, in words; `place` is where (an entry, slot, bucket or byte; -1: nowhere); see KINDS, VERDICTS."""

    what: str
    place: int
    kind: str
    verdict: str


def steps(index: Index, key: bytes) -> tuple[Step, ...]:
    """The lookup of `key` in `index`, step by step; the last one's verdict is "found" or "missing"."""
    told = STEPS[index.structure.id](index.table, index.slots, key)
    if not told or told[-1].verdict not in ("found", "missing"):
        told.append(Step("so the name is not in the table", -1, "end", "missing"))
    return tuple(told)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _compare(table: Ksymtab, key: bytes, entry: int, place: int, where: str) -> Step:
    """A name compared where no order helps."""
    if table.keys[entry] == key:
        return Step(f"{where}: `{_text(key)}` is the name", place, "compare", "found")
    return Step(f"{where}: `{_text(table.keys[entry])}` is another name", place, "compare", "other")


def _side(table: Ksymtab, key: bytes, entry: int, place: int, where: str) -> Step:
    """A name compared in a sorted table."""
    other = table.keys[entry]
    if other == key:
        return Step(f"{where}: `{_text(key)}` is the name", place, "compare", "found")
    side = "before" if key < other else "after"
    return Step(f"{where}: the name sorts {side} `{_text(other)}`", place, "compare", side)


def _by_trace(method: str, where: str, sorted_table: bool) -> Callable[[Ksymtab, Sequence[int], bytes], list[Step]]:
    """Steps of a structure that does nothing but compare: those that its lookup makes."""
    from lab.symbols.structures import STRUCTURES

    def told(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
        index = Index(STRUCTURES[method], table, slots)  # type: ignore[arg-type]
        tell = _side if sorted_table else _compare
        return [tell(table, key, index.entry_at(p), p, f"{where} {p:,}") for p in trace(index, key).probes]

    return told


def sysv_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """Hash, bucket, then every symbol of the chain."""
    value = sysv_hash.elf_hash(key, 0, len(key))
    bucket = value % slots[0]
    symbol = slots[2 + bucket]
    told = [
        Step(f"the hash of the name is {value:#09x}", -1, "hash", "go on"),
        Step(
            f"bucket {bucket:,} of {slots[0]:,} " + (f"begins with symbol {symbol:,}" if symbol else "is empty"),
            bucket,
            "bucket",
            "go on" if symbol else "missing",
        ),
    ]
    while symbol:
        told.append(_compare(table, key, symbol - 1, symbol - 1, f"symbol {symbol:,}"))
        if told[-1].verdict == "found":
            break
        symbol = slots[2 + slots[0] + symbol]
        last = "that was the last of the chain"
        told.append(
            Step(f"the chain goes on with symbol {symbol:,}" if symbol else last, symbol - 1, "chain",
                 "go on" if symbol else "missing")
        )  # fmt: skip
    return told


def gnu_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """Hash, filter, bucket, the hash values of the chain; names only where these agree."""
    value = hash.gnu_hash(key, 0, len(key))
    word, bits = (value >> 6) % slots[2], (value & 63, (value >> slots[3]) & 63)
    passed = gnu_hash.may_hold(slots, value)
    told = [
        Step(f"the hash of the name is {value:#010x}", -1, "hash", "go on"),
        Step(
            f"bits {bits[0]} and {bits[1]} of filter word {word:,} are "
            + ("set: the name may be here" if passed else "not both set: the name is not here"),
            word,
            "bloom",
            "go on" if passed else "missing",
        ),
    ]
    if not passed:
        return told
    chained = gnu_hash.chain(slots, value)
    bucket = value % slots[0]
    count = f"{len(chained)} symbol{'' if len(chained) == 1 else 's'}"
    told.append(
        Step(f"bucket {bucket:,} of {slots[0]:,} has {count if chained else 'no symbol'}", bucket, "bucket",
             "go on" if chained else "missing")
    )  # fmt: skip
    for stored, entry in chained:
        same = stored | 1 == value | 1
        agrees = "agrees, so the name is compared" if same else "is another, so the name is not looked at"
        told.append(
            Step(f"the hash kept in the chain, {stored:#010x}, {agrees}", entry, "chain", "go on" if same else "other")
        )
        if same:
            told.append(_compare(table, key, entry, entry, f"entry {entry:,}"))
            if told[-1].verdict == "found":
                break
    return told


def hash_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """Hash, home slot, then slot by slot to the name or to an empty one."""
    value, mask = hash.gnu_hash(key, 0, len(key)), len(slots) - 1
    slot = value & mask
    told = [Step(f"the hash of the name is {value:#010x}: slot {slot:,} of {len(slots):,}", slot, "hash", "go on")]
    while slots[slot] >= 0:
        told.append(_compare(table, key, slots[slot], slot, f"slot {slot:,}"))
        if told[-1].verdict == "found":
            return told
        slot = (slot + 1) & mask
    return [*told, Step(f"slot {slot:,} is empty", slot, "bucket", "missing")]


def fingerprint_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """The fingerprint, then slot by slot; a name only where all 64 bits agree."""
    value, mask = fingerprint.fingerprint(key, 0, len(key)), len(slots) // 2 - 1
    slot = value & mask
    shown = f"{value & 0xFFFFFFFFFFFFFFFF:#018x}"
    told = [Step(f"the fingerprint of the name is {shown}: slot {slot:,} of {mask + 1:,}", slot, "hash", "go on")]
    while slots[2 * slot + 1] >= 0:
        if slots[2 * slot] == value:
            told.append(Step(f"slot {slot:,} holds this fingerprint, so its name is compared", slot, "bucket", "go on"))
            told.append(
                _compare(table, key, slots[2 * slot + 1], slots[2 * slot + 1], f"entry {slots[2 * slot + 1]:,}")
            )
            if told[-1].verdict == "found":
                return told
        else:
            told.append(Step(f"slot {slot:,} holds another fingerprint", slot, "bucket", "other"))
        slot = (slot + 1) & mask
    return [*told, Step(f"slot {slot:,} is empty", slot, "bucket", "missing")]


def perfect_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """Two hashes, the bucket's displacement, the one slot, the one comparison."""
    size = len(table)
    if not size:
        return []
    one, two = perfect_hash.two_hashes(key, 0, len(key), slots[0])
    bucket = one % slots[1]
    displacement = slots[2 + bucket]
    slot = perfect_hash.place_of(two, displacement, size)
    entry = slots[2 + slots[1] + slot]
    shift = f"has displacement {displacement:,}" if displacement >= 0 else "has one name only"
    return [
        Step(f"the hashes of the name are {one:#010x} and {two:#010x}", -1, "hash", "go on"),
        Step(f"bucket {bucket:,} of {slots[1]:,} {shift}: that leads to slot {slot:,}", bucket, "bucket", "go on"),
        _compare(table, key, entry, entry, f"slot {slot:,}, entry {entry:,}"),
    ]


def trie_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """Node by node; each holds the letters that all names below it have in common."""
    told: list[Step] = []
    found, nodes = table.find(key), list(trie.visited(slots, key))
    for number, (place, _, read) in enumerate(nodes, 1):
        text = f"the names from here on begin with `{_text(read)}`" if read else "the root: every name begins here"
        if number < len(nodes):
            arc = _text(key[len(read) : len(read) + 1])
            told.append(Step(f"byte {place:,}: {text}; the next letter is `{arc}`", place, "node", "go on"))
        elif found >= 0:
            told.append(Step(f"byte {place:,}: {text}; the name ends here: entry {found:,}", place, "node", "found"))
        elif not key.startswith(read):
            told.append(Step(f"byte {place:,}: {text}; this one does not", place, "node", "missing"))
        else:
            end = "no name ends here" if key == read else "none goes on with the next letter"
            told.append(Step(f"byte {place:,}: {text}; {end}", place, "node", "missing"))
    return told


def kallsyms_steps(table: Ksymtab, slots: Sequence[int], key: bytes) -> list[Step]:
    """The middle of the sequence, the way to its name from the marker before it, the name expanded and compared."""
    from lab.symbols.structures import STRUCTURES

    told: list[Step] = []
    for entry in trace(Index(STRUCTURES["kallsyms"], table, slots), key).probes:  # type: ignore[arg-type]
        at = kallsyms.place(slots, entry)
        first, last = kallsyms.begin(slots, at)
        way = f"from marker {entry >> 8:,} over {entry & 0xFF} names to byte {at:,}"
        told.append(Step(f"{way}: {last - first} codes to expand", at, "bucket", "go on"))
        told.append(_side(table, key, entry, entry, f"entry {entry:,}"))
    return told


STEPS: dict[str, Callable[[Ksymtab, Sequence[int], bytes], list[Step]]] = {
    "linear": _by_trace("linear", "entry", sorted_table=False),
    "binary": _by_trace("binary", "entry", sorted_table=True),
    "eytzinger": _by_trace("eytzinger", "place", sorted_table=True),
    "sysv-hash": sysv_steps,
    "gnu-hash": gnu_steps,
    "hash": hash_steps,
    "fingerprint": fingerprint_steps,
    "perfect-hash": perfect_steps,
    "trie": trie_steps,
    "merge": _by_trace("merge", "entry", sorted_table=True),
    "kallsyms": kallsyms_steps,
}
