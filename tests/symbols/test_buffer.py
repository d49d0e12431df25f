"""The buffer of compiled loops: what it holds, what it refuses, and that no lookup reads outside of one."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.binding import bind
from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import LAYOUTS, ksymtab, pack_names
from lab.symbols.structures import STRUCTURES, batch

words = st.lists(st.binary(min_size=1, max_size=9).map(lambda b: b.replace(b"\0", b"_")), max_size=30)


class Fenced(Sequence[int]):
    """A buffer that refuses an index below 0 or beyond its end: compiled code would not notice."""

    def __init__(self, values: Sequence[int]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: Any) -> Any:
        assert 0 <= place < len(self._values), f"index {place} of {len(self._values)}"
        return self._values[place]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", STRUCTURES)
@settings(max_examples=15, deadline=None)
@given(plain=words, gpl=words, others=words)
def test_no_lookup_reads_outside(
    method: str, layout: str, plain: list[bytes], gpl: list[bytes], others: list[bytes]
) -> None:
    table = ksymtab(list(zip(plain, range(99), strict=False)), list(zip(gpl, range(99, 199), strict=False)), layout)
    slots = Fenced(STRUCTURES[method].build(table))
    names, offsets, parts = Fenced(table.names), Fenced(table.offsets), Fenced(table.parts)
    for key in {*plain, *gpl, *others, b"", b"\xff" * 12}:
        entry, _ = STRUCTURES[method].lookup(Fenced(key), 0, len(key), names, offsets, parts, slots, None)
        assert entry == table.find(key)


def compiled(function: Any, *values: Any) -> Any:
    import numba

    from lab.symbols.compiled import as_buffer

    return numba.njit(function)(*(as_buffer(v) for v in values))


def total(values: Sequence[int]) -> int:
    made = 0
    for i in range(len(values)):
        made += values[i]
    return made


def part(values: Any) -> Any:
    return len(values[1:3]) * 1000 + values[1:3][1]


def store(values: Any) -> Any:
    values[1] = 300
    return values[1] + 0


@pytest.mark.parametrize(
    "values",
    [b"\x00\x80\xff", array("i", [-5, 2**31 - 1]), array("q", [-(2**40), 7]), bytearray(b"ab"), b"",
     memoryview(array("I", [2**32 - 1])), memoryview(b"xyz")[1:]],
)  # fmt: skip
def test_it_holds_what_python_holds(values: Any) -> None:
    assert compiled(total, values) == sum(values)


def test_a_part_is_a_buffer() -> None:
    assert compiled(part, array("i", [1, 2, -3, 4])) == 2000 - 3


def test_it_writes_where_python_may_and_nowhere_else() -> None:
    from numba.core.errors import TypingError

    mine = array("i", [1, 2])
    assert compiled(store, mine) == 300
    assert mine[1] == 300
    with pytest.raises(TypingError):
        compiled(store, b"ab")


def test_it_keeps_its_values_in_memory() -> None:
    from lab.symbols.compiled import as_buffer

    made = [as_buffer(array("i", [k] * 1000)) for k in range(50)]
    gc.collect()
    import numba

    run: Any = numba.njit(total)
    assert [run(b) for b in made] == [1000 * k for k in range(50)]


@pytest.mark.parametrize("method", ["binary", "hash", "fingerprint"])
def test_copies_answer_as_the_table(method: str) -> None:
    """The loop of cold lookups, plain and compiled, against the plain loop over the one table."""
    from lab.symbols.compiled import as_buffer, compiled_loop

    table = bundled().exports.table(range(0, 4000, 80), "split")
    slots = STRUCTURES[method].build(table)
    keys, offsets = pack_names([*table.keys[::2], b"missing", b""])
    order = array("i", range(len(offsets) - 1))
    wanted, plain, fast = (array("i", [0]) * len(order) for _ in range(3))
    once = bind(batch.resolve, lookup=STRUCTURES[method].lookup)
    made = once(keys, offsets, order, table.names, table.offsets, table.parts, slots, wanted)
    sizes = array("q", [len(table.names), len(table.offsets), len(slots)])
    copies: list[Any] = [table.names * len(order), table.offsets * len(order), table.parts, slots * len(order)]
    shared: tuple[Any, ...] = (keys, offsets, order, *(memoryview(c) for c in copies), sizes)
    again = bind(batch.resolve_in_copies, lookup=STRUCTURES[method].lookup)
    assert again(*shared, plain) == made
    assert plain == wanted
    assert int(compiled_loop(batch.resolve_in_copies, method)(*(as_buffer(b) for b in (*shared, fast)))) == made
    assert fast == wanted


def test_the_sweep_meets_every_line() -> None:
    buffer = bytearray(1000)
    assert batch.sweep(buffer) == 16
    assert [i for i, byte in enumerate(buffer) if byte] == list(range(0, 1000, 64))
