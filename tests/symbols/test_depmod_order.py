"""Ranks, closures, owners, and the order of kmod's hash table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.symbols.depmod.hash_order import bucket_order, superfast, superfast_all
from lab.symbols.depmod.order import circular, closures, ranks
from lab.symbols.depmod.resolve import dependencies, owners


@st.composite
def graphs(draw: st.DrawFn, circles: bool) -> list[list[int]]:
    count = draw(st.integers(1, 12))
    labels = draw(st.permutations(range(count)))
    rows = draw(st.lists(st.sets(st.integers(0, count - 1)), min_size=count, max_size=count))
    needed: list[list[int]] = [[] for _ in range(count)]
    for i, row in enumerate(rows):
        needed[labels[i]] = [labels[j] for j in draw(st.permutations(sorted(row))) if circles or j > i]
    return needed


def reach(needed: list[list[int]], start: int) -> set[int]:
    found: set[int] = set()
    left = list(needed[start])
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            left += needed[module]
    return found


@given(graphs(circles=False))
def test_closures_hold_everything_reachable_users_first(needed: list[list[int]]) -> None:
    rank = ranks(needed)
    assert rank is not None
    assert sorted(rank) == list(range(len(needed)))
    assert all(rank[user] < rank[used] for user, row in enumerate(needed) for used in row)
    for i, row in enumerate(closures(needed, rank)):
        assert set(row) == reach(needed, i)
        assert [rank[m] for m in row] == sorted(rank[m] for m in row)


@given(graphs(circles=True))
def test_there_are_no_ranks_exactly_where_there_is_a_circle(needed: list[list[int]]) -> None:
    in_circle = [i for i in range(len(needed)) if i in reach(needed, i)]
    assert (ranks(needed) is None) == bool(in_circle)
    assert set(circular(needed)) == set(in_circle).union(*(reach(needed, i) for i in in_circle))


def test_the_rank_is_kmods_last_in_first_out() -> None:
    # modules 0 and 1 are used by nobody; 1 is taken first and frees 3, then 2
    assert ranks([[], [2, 3], [], []]) == [3, 0, 2, 1]


def test_a_later_module_takes_a_name_over_and_a_dot_in_front_does_not_count() -> None:
    table = owners([b"one\0two\0", b"", b"two\0"])
    assert table == {b"one": 0, b"two": 2}
    assert dependencies([b"", b".two\0printk\0one\0two\0", b"one\0"], table) == [[], [2, 0], [0]]


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\0", b"x")), max_size=40))
def test_hashing_all_at_once_equals_hashing_one_by_one(names: list[bytes]) -> None:
    assert superfast_all(names) == [superfast(name) for name in names]


def test_the_hash_is_paul_hsiehs() -> None:
    # worked out by hand from the published steps: nothing to mix, then one byte
    assert superfast(b"") == 0
    value = 1 + ord("a")
    value ^= value << 10
    value += value >> 1
    for left, right in ((3, 5), (4, 17), (25, 6)):
        value = (value ^ value << left) & 0xFFFFFFFF
        value = (value + (value >> right)) & 0xFFFFFFFF
    assert superfast(b"a") == value


@given(st.sets(st.binary(min_size=1, max_size=12), max_size=60).map(sorted))
def test_buckets_ascend_and_names_ascend_inside_them(names: list[bytes]) -> None:
    order = bucket_order(names, 8)
    assert sorted(order) == list(range(len(names)))
    keys = [(superfast(names[i]) & 7, names[i]) for i in order]
    assert keys == sorted(keys)
