"""KVM's table of pages under way, against a set of pages and open addressing as the textbook has it."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.core.compiled.struct import Struct
from lab.pagefault.compiled import COMPILER, arrays_of
from lab.pagefault.gfns import EMPTY, gfn_add, gfn_find, gfn_remove, place_of, slots_for
from lab.pagefault.protocol import PER_VCPU
from lab.pagefault.records import Machine
from tests.pagefault.conftest import machine

SIZE = 64
SAME_PLACE = [gfn for gfn in range(20_000) if place_of(gfn, SIZE) == 63][:40]  # they crowd round the end
gfn_numbers = st.one_of(st.sampled_from(SAME_PLACE), st.integers(0, 200), st.integers(0, (1 << 40) - 1))
steps = st.lists(st.tuples(st.booleans(), gfn_numbers, st.integers(0, 2)), max_size=200)


def tables(vcpus: int = 3, size: int = SIZE) -> Machine:
    m = machine(1, vcpus, gfn_slots=size)
    m.gfns = [EMPTY] * (vcpus * size)
    return m


class Textbook:
    """Open addressing with linear probing; a page is taken out by putting all the others after it in again."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.places: list[int | None] = [None] * size

    def add(self, gfn: int) -> None:
        at = ((gfn * 0x61C88647) % 2**32) // (2**32 // self.size)
        while self.places[at] is not None:
            at = (at + 1) % self.size
        self.places[at] = gfn

    def remove(self, gfn: int) -> None:
        at = self.places.index(gfn)
        self.places[at] = None
        after = []
        for i in range(1, self.size):
            other = self.places[(at + i) % self.size]
            if other is None:
                break
            after.append(other)
            self.places[(at + i) % self.size] = None
        for other in after:
            self.add(other)


@settings(max_examples=100)
@given(steps)
def test_each_vcpu_has_a_set_of_its_own_and_it_lies_where_the_textbook_puts_it(
    done: list[tuple[bool, int, int]],
) -> None:
    m = tables()
    oracle = [set[int]() for _ in m.vcpus]
    textbook = [Textbook(SIZE) for _ in m.vcpus]
    for put, gfn, v in done:
        inside = gfn in oracle[v]
        assert gfn_find(m, v, gfn) == inside
        if put and not inside and len(oracle[v]) < SIZE:
            assert gfn_add(m, v, gfn) == 1
            oracle[v].add(gfn)
            textbook[v].add(gfn)
        elif not put:
            assert gfn_remove(m, v, gfn) == inside
            if inside:
                oracle[v].remove(gfn)
                textbook[v].remove(gfn)
    for v in range(len(m.vcpus)):
        table = list(m.gfns[v * SIZE : (v + 1) * SIZE])
        assert table == [EMPTY if held is None else held for held in textbook[v].places]
        assert {held for held in table if held != EMPTY} == oracle[v]


@settings(max_examples=15)
@given(st.sets(gfn_numbers, min_size=SIZE + 1, max_size=SIZE + 1))
def test_a_full_table_is_searched_once_round_and_takes_no_more(pages: set[int]) -> None:
    m = tables(vcpus=1)
    *first, extra = sorted(pages)
    assert all(gfn_add(m, 0, gfn) for gfn in first)
    full = list(m.gfns)
    assert EMPTY not in full
    assert all(gfn_find(m, 0, gfn) for gfn in first)
    assert (gfn_find(m, 0, extra), gfn_remove(m, 0, extra), gfn_add(m, 0, extra)) == (0, 0, 0)
    assert list(m.gfns) == full
    assert gfn_remove(m, 0, first[0])
    assert gfn_add(m, 0, extra)
    assert all(gfn_find(m, 0, gfn) for gfn in [*first[1:], extra])


@given(st.integers(0, (1 << 52) - 1), st.integers(6, 16))
@example(0x1000, 6)
def test_the_place_is_the_kernels_hash_32(gfn: int, bits: int) -> None:
    # include/linux/hash.h: the product in 32 bits, of which the highest `bits` are the answer
    assert place_of(gfn, 1 << bits) == ((gfn & 0xFFFFFFFF) * 0x61C88647 & 0xFFFFFFFF) >> (32 - bits)


def test_the_table_is_the_kernels_unless_the_limit_is_lifted() -> None:
    assert [slots_for(n) for n in (0, 1, 63, PER_VCPU)] == [64] * 4
    assert [slots_for(n) for n in (65, 128, 129, 65536)] == [128, 128, 256, 65536]


def test_pages_that_belong_to_one_place_follow_each_other_round_the_end_and_close_up() -> None:
    m = tables(vcpus=1)
    a, b, c = SAME_PLACE[:3]
    for gfn in (a, b, c):
        gfn_add(m, 0, gfn)
    assert (m.gfns[63], m.gfns[0], m.gfns[1]) == (a, b, c)
    gfn_remove(m, 0, a)
    assert (m.gfns[63], m.gfns[0], m.gfns[1]) == (b, c, EMPTY)


@settings(max_examples=25)
@given(steps)
def test_compiled_the_table_is_the_same(done: list[tuple[bool, int, int]]) -> None:
    m = tables()
    arrays = arrays_of(m)
    struct = Struct(arrays, single=("run",))
    find, add, remove = (COMPILER.compiled(rule) for rule in (gfn_find, gfn_add, gfn_remove))
    for put, gfn, v in done:
        inside = gfn_find(m, v, gfn)
        assert find(struct, v, gfn) == inside
        if not put:
            assert remove(struct, v, gfn) == gfn_remove(m, v, gfn)
        elif not inside:  # the protocol never adds a page twice
            assert add(struct, v, gfn) == gfn_add(m, v, gfn)
    assert list(m.gfns) == arrays["gfns"].tolist()
