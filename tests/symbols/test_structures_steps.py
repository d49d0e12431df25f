"""A lookup told step by step is the lookup itself; what it touches is what it reads."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.binding import bind
from lab.symbols.corpus import bundled
from lab.symbols.cost import name_cost
from lab.symbols.ksymtab import LAYOUTS, ksymtab
from lab.symbols.lookup import Index, build_index, trace
from lab.symbols.scenario import SymbolScenario
from lab.symbols.steps import KINDS, STEPS, VERDICTS, Step, steps
from lab.symbols.structures import FIRST_THREE, STRUCTURES, fingerprint
from lab.symbols.synthetic import synthetic_names
from lab.symbols.touch import LINE, Watched, mean_touched, touch_cost, touched

word = st.binary(min_size=1, max_size=5).map(lambda b: b.replace(b"\0", b"_"))
words = st.lists(st.sampled_from([b"a", b"ab", b"abc", b"b", b"\xff"]) | word, max_size=30)


@functools.cache
def kernel_index(method: str, every: int = 20) -> Index:
    exports = bundled().exports
    return build_index(method, exports.table(range(0, exports.kernel, every), "split"))


def test_every_structure_is_told_and_marked() -> None:
    assert list(STEPS) == list(STRUCTURES)
    assert set(FIRST_THREE) < set(STRUCTURES)
    assert len({s.mark for s in STRUCTURES.values()}) == len({s.word for s in STRUCTURES.values()}) == len(STRUCTURES)


@pytest.mark.parametrize("method", STRUCTURES)
@settings(deadline=None, max_examples=12)
@given(words, words, st.lists(word, max_size=5), st.sampled_from(list(LAYOUTS)))
def test_the_steps_are_the_lookups(
    method: str, plain: list[bytes], gpl: list[bytes], more: list[bytes], layout: str
) -> None:
    index = build_index(
        method, ksymtab(list(zip(plain, range(100), strict=False)), [(k, 100 + i) for i, k in enumerate(gpl)], layout)
    )
    for key in {*plain, *gpl, *more}:
        told, made = steps(index, key), trace(index, key)
        compared = [s for s in told if s.kind == ("node" if method == "trie" else "compare")]
        assert len(compared) == made.comparisons
        assert told[-1].verdict == ("found" if made.entry >= 0 else "missing")
        assert not [s for s in told[:-1] if s.verdict == "found"]
        assert all(s.kind in KINDS and s.verdict in VERDICTS and s.what for s in told)


def test_the_steps_read_well() -> None:
    told = {m: [s.what for s in steps(kernel_index(m), b"vfs_read")] for m in STRUCTURES}
    assert told["hash"][0].startswith("the hash of the name is 0x")
    assert told["trie"][0] == "byte 12: the root: every name begins here; the next letter is `v`"
    assert told["kallsyms"][0].startswith("from marker ")
    assert "sorts after" in told["binary"][0]
    missing = [steps(kernel_index("gnu-hash"), b"no_such_name_%d" % i) for i in range(40)]
    stopped = [told for told in missing if [s.kind for s in told] == ["hash", "bloom"]]
    assert len(stopped) > 20, "the filter lets few missing names through"
    assert all(told[-1].what.endswith("not both set: the name is not here") for told in stopped)
    assert steps(build_index("linear", ksymtab([], [])), b"a") == (
        Step("so the name is not in the table", -1, "end", "missing"),
    )


@pytest.mark.parametrize("method", STRUCTURES)
def test_touched_is_what_is_read(method: str) -> None:
    """Every byte of the last name compared and the places on the way there; never more than all there is."""
    index = kernel_index(method, 40)
    everything = len(index.table.names) + 4 * len(index.table.offsets) + 4 * len(index.table.parts) + index.extra_bytes
    for key in (*index.table.keys[::20], b"~", b"!"):
        cost = touched(index, key)
        assert cost.comparisons == index.counts([key])[0]
        assert cost.bytes <= everything
        assert cost.bytes / LINE <= cost.lines <= cost.bytes
        if index.table.find(key) >= 0 and method not in ("trie", "kallsyms"):
            assert cost.bytes >= len(key)
    assert mean_touched(index, index.table.keys[:9]).lines >= 1


def test_touch_cost_of_a_scenario() -> None:
    first, second, third = touch_cost(SymbolScenario(size=512))
    assert (first.method, first.sample, second.sample) == ("linear", 8, 200)
    assert [c.name.comparisons for c in touch_cost(SymbolScenario(size=512))] == [
        c.comparisons for c in name_cost(SymbolScenario(size=512))
    ]
    assert first.mean.lines > second.mean.lines > third.mean.lines
    assert touch_cost(SymbolScenario(size=16))[2].sample == 16


def test_touched_by_hand() -> None:
    """Two names, linear, the second wanted: three offsets, two bounds, both names but their NULs."""
    index = build_index("linear", ksymtab([(b"ab", 0), (b"ac", 1)], []))
    cost = touched(index, b"ac")
    assert (cost.comparisons, cost.bytes, cost.lines) == (2, 2 + 2 + 3 * 4 + 2 * 4, 3)


def test_watched_counts_lines_by_the_width() -> None:
    from array import array

    watched = Watched(array("q", range(40)))
    assert [watched[i] for i in (0, 7, 8, 39)] == [0, 7, 8, 39]
    assert (len(watched), watched.lines, sorted(watched.seen)) == (40, 3, [0, 7, 8, 39])


def test_linear_touches_most_and_hashes_least() -> None:
    """From the real names: the whole point of an index, in cache lines."""
    keys = kernel_index("linear").table.keys[::100]
    lines = {m: mean_touched(kernel_index(m), keys).lines for m in STRUCTURES if m != "merge"}
    assert lines["linear"] > 3 * lines["binary"] > 9 * lines["fingerprint"]
    assert min(lines, key=lambda m: lines[m]) == "fingerprint"


def test_fingerprints_that_collide_are_told_apart() -> None:
    """With a fingerprint of two bits nearly all names collide: the full comparison decides, and is counted."""

    def weak(keys: Sequence[int], start: int, end: int) -> int:
        return fingerprint.fingerprint(keys, start, end) & 3

    table = kernel_index("linear", 200).table
    slots = bind(fingerprint.build, fingerprint=weak)(table)
    lookup = bind(fingerprint.lookup, fingerprint=weak)
    most = 0
    for key in (*table.keys, b"missing", b"~"):
        entry, made = lookup(key, 0, len(key), table.names, table.offsets, table.parts, slots, None)
        assert entry == table.find(key)
        most = max(most, made)
    assert most > 5


def test_a_perfect_hash_is_minimal_and_perfect() -> None:
    index = kernel_index("perfect-hash")
    buckets, size = index.slots[1], len(index.table)
    assert len(index.slots) == 2 + buckets + size
    assert sorted(index.slots[2 + buckets :]) == list(range(size))
    assert max(index.counts([*index.table.keys, b"~"])) == 1


def test_a_perfect_hash_of_names_that_cannot_be_told_apart() -> None:
    from lab.core.errors import LabError
    from lab.symbols.structures import perfect_hash

    def same(keys: Sequence[int], start: int, end: int, seed: int) -> tuple[int, int]:
        return 7, 7 + seed

    displaced = bind(perfect_hash._displaced, two_hashes=same)
    with pytest.raises(LabError, match="perfect-hash: two of the names"):
        bind(perfect_hash.build, _displaced=displaced)(ksymtab([(b"a", 0), (b"b", 1)], []))


def test_synthetic_names_are_new_and_like_real_ones() -> None:
    real = bundled().exports.names
    made = synthetic_names(real, 60_000)
    assert made[:1000] == synthetic_names(real, 1000)
    assert len(set(made)) == len(made) == 60_000
    assert not set(made) & set(real)
    assert abs(sum(map(len, made)) / len(made) - sum(map(len, real)) / len(real)) < 1


@settings(deadline=None, max_examples=30)
@given(st.lists(word, min_size=1, max_size=5, unique=True), st.integers(0, 60))
def test_synthetic_names_from_few(real: list[bytes], count: int) -> None:
    made = synthetic_names(real, count)
    assert len(set(made)) == len(made) == count
    assert not set(made) & set(real)
