"""Every structure finds what Python's dictionary finds, and counts what it compares."""

from __future__ import annotations

import bisect
import collections
import itertools
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import LAYOUTS, Ksymtab, ksymtab
from lab.symbols.lookup import Index, build_index, indexes, trace
from lab.symbols.scenario import SymbolScenario
from lab.symbols.structures import STRUCTURES, hash
from lab.symbols.structures.compare import compare

word = (st.binary(min_size=1, max_size=6) | st.binary(min_size=100, max_size=500)).map(lambda b: b.replace(b"\0", b"_"))
words = st.lists(st.sampled_from([b"a", b"ab", b"abc", b"b", b"\xff", b"\x80z"]) | word, max_size=40)


def table_of(plain: Sequence[bytes], gpl: Sequence[bytes], layout: str) -> Ksymtab:
    return ksymtab([(k, i) for i, k in enumerate(plain)], [(k, 100 + i) for i, k in enumerate(gpl)], layout)


def index_of(method: str, table: Ksymtab) -> Index:
    return build_index(method, table)


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_compare_is_the_order_of_bytes(a: bytes, b: bytes) -> None:
    padded_a, padded_b = b"##" + a + b"~", b"#" + b + b"~~"
    assert compare(padded_a, 2, 2 + len(a), padded_b, 1, 1 + len(b)) == (a > b) - (a < b)


@pytest.mark.parametrize("method", STRUCTURES)
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=12)
@given(words, words, st.lists(word, max_size=10))
def test_finds_what_a_dictionary_finds(
    method: str, layout: str, plain: list[bytes], gpl: list[bytes], others: list[bytes]
) -> None:
    table = table_of(plain, gpl, layout)
    index = index_of(method, table)
    assert set(table.keys) == {*plain, *gpl}
    for key in {*plain, *gpl, *others}:
        found = trace(index, key)
        assert (found.entry >= 0) == (key in {*plain, *gpl})
        if found.entry >= 0:
            assert table.keys[found.entry] == key
            assert index.entry_at(found.probes[-1]) == found.entry or method == "trie"
            assert index.text_at(key, found.probes[-1]) == key
        assert len(found.probes) == index.counts([key])[0], "the closed form is the count"
        assert index.lookup(key) == (found.entry, found.comparisons)
        assert len(set(found.probes)) == len(found.probes), "nothing is compared twice"


@pytest.mark.parametrize("method", STRUCTURES)
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=10)
@given(words, words, word)
def test_remaining_holds_every_later_probe(
    method: str, layout: str, plain: list[bytes], gpl: list[bytes], key: bytes
) -> None:
    index = index_of(method, table_of(plain, gpl, layout))
    found = trace(index, key)
    sides = [(key > k) - (key < k) for k in (index.text_at(key, p) for p in found.probes)]
    sizes = []
    for step in range(len(found.probes)):
        ranges = index.structure.remaining(index.table, index.slots, key, found.probes[:step], sides[:step])
        assert all(any(low <= p < high for low, high in ranges) for p in found.probes[step:])
        sizes.append(sum(high - low for low, high in ranges))
    assert sizes == sorted(sizes, reverse=True)
    if found.entry < 0 and method != "linear":
        assert index.structure.remaining(index.table, index.slots, key, found.probes, sides) == ()


def test_linear_compares_up_to_the_entry() -> None:
    table = table_of([b"a", b"c"], [b"b", b"d"], "split")
    index = index_of("linear", table)
    assert [trace(index, k).comparisons for k in (b"a", b"c", b"b", b"d", b"x")] == [1, 2, 3, 4, 4]
    assert list(trace(index, b"b").probes) == [0, 1, 2]


@settings(deadline=None, max_examples=60)
@given(words, words, words, st.sampled_from(list(LAYOUTS)))
def test_a_merge_join_in_one_batch(plain: list[bytes], gpl: list[bytes], wanted: list[bytes], layout: str) -> None:
    """Answers are the dictionary's; comparisons, of keys that repeat too, those of the closed form."""
    index = index_of("merge", table_of(plain, gpl, layout))
    entries, made = index.lookup_many(wanted)
    assert list(entries) == [index.table.find(key) for key in wanted]
    batch = index.structure.batch
    assert batch is not None
    assert made == batch(index.table, collections.Counter(wanted))
    assert made <= len(index.table) + 2 * len(wanted)


def test_binary_search_is_the_kernels() -> None:
    """lib/bsearch.c on eight names: pivots 4, 2, 1, 0 on the way left; 4, 6, 7 on the way right."""
    table = table_of([bytes([c]) for c in b"abcdefgh"], [], "merged")
    index = index_of("binary", table)
    assert [list(trace(index, k).probes) for k in (b"a", b"h", b"e", b"Z", b"z")] == [
        [4, 2, 1, 0],
        [4, 6, 7],
        [4],
        [4, 2, 1, 0],
        [4, 6, 7],
    ]


def test_binary_search_never_needs_more_than_the_logarithm() -> None:
    for size in (1, 2, 3, 7, 8, 100, 1023, 1024):
        table = table_of([b"%05d" % i for i in range(size)], [], "merged")
        index = index_of("binary", table)
        assert max(index.counts([*table.keys, b"", b"~"])) == size.bit_length()


def test_gnu_hash_against_published_values() -> None:
    """Values from the description of DT_GNU_HASH: the empty name, printf, exit, syscall."""
    known = {b"": 0x00001505, b"printf": 0x156B2BB8, b"exit": 0x7C967E3F, b"syscall": 0xBAC212A0}
    for key, value in known.items():
        assert hash.gnu_hash(key, 0, len(key)) == value


def test_hash_table_is_at_most_half_full_and_wraps() -> None:
    for size in (1, 2, 3, 16, 17, 1000):
        table = table_of([b"%d" % i for i in range(size)], [], "merged")
        slots = STRUCTURES["hash"].build(table)
        assert len(slots) & (len(slots) - 1) == 0
        assert 2 * size <= len(slots) <= max(4, 4 * size)
        assert sorted(s for s in slots if s >= 0) == list(range(size))


def test_empty_table() -> None:
    for method in STRUCTURES:
        found = trace(index_of(method, table_of([], [], "split")), b"a")
        assert (found.entry, list(found.probes)) == (-1, [12] if method == "trie" else [])


def test_first_of_equal_names_counts() -> None:
    table = table_of([b"a", b"b"], [b"a", b"c"], "split")
    assert table.keys == (b"a", b"b", b"c")
    assert [table.rows[table.find(k)] for k in table.keys] == [0, 1, 101]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", STRUCTURES)
def test_every_real_name(method: str, layout: str) -> None:
    """All 10,503 exports and as many misses: closed form against the lookup (the linear scan by samples)."""
    exports = bundled().exports
    (index,) = indexes(SymbolScenario(methods=(method,), layout=layout))
    table = index.table
    every = {"linear": 1997, "merge": 1997, "kallsyms": 397}.get(method, 29)
    probes = array("i", [0]) * index.places
    for i, name in itertools.islice(enumerate(exports.names), 0, None, every):
        key = name if i % 2 else name[:-1] + b"~"
        entry, made = STRUCTURES[method].lookup(
            key, 0, len(key), table.names, table.offsets, table.parts, index.slots, probes
        )
        assert entry == table.find(key)
        assert made == index.counts([key])[0]


def test_depths_by_simulation() -> None:
    """The mean over all names of a sorted table equals a bisection written another way."""
    keys = [b"%06d" % i for i in range(0, 3000, 7)]
    index = index_of("binary", table_of(keys, [], "merged"))

    def depth(low: int, high: int, wanted: int) -> int:
        pivot = low + (high - low) // 2
        if pivot == wanted:
            return 1
        return 1 + (depth(low, pivot, wanted) if wanted < pivot else depth(pivot + 1, high, wanted))

    for key in keys:
        assert index.counts([key])[0] == depth(0, len(keys), bisect.bisect_left(keys, key))
