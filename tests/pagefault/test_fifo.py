"""The run queue against `collections.deque`."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.guest import NOBODY, SCHEDULERS, fifo


@given(st.integers(1, 8), st.lists(st.booleans(), max_size=60))
def test_it_is_a_queue(capacity: int, steps: list[bool]) -> None:
    queue, expected, number = fifo.new(capacity), deque[int](), 0
    for add in steps:
        if add and len(expected) < capacity:
            fifo.put(queue, number)
            expected.append(number)
            number += 1
        elif not add:
            assert fifo.take(queue) == (expected.popleft() if expected else NOBODY)
    while expected:
        assert fifo.take(queue) == expected.popleft()
    assert fifo.take(queue) == NOBODY


def test_the_list_of_schedulers() -> None:
    assert SCHEDULERS["fifo"] is fifo
