"""First in, first out against `collections.deque`."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.guest import NOBODY, fifo
from tests.pagefault.conftest import machine


@given(st.integers(1, 8), st.integers(1, 3), st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=60))
def test_each_queue_is_a_queue(width: int, queues: int, steps: list[tuple[bool, int]]) -> None:
    m = machine(0, vcpus=queues, width=width)
    expected = [deque[int]() for _ in range(queues)]
    for number, (add, which) in enumerate(steps):
        q = which % queues
        if add and len(expected[q]) < width:
            fifo.put(m, q, number, number % 2)
            expected[q].append(number)
        elif not add:
            assert fifo.take(m, q) == (expected[q].popleft() if expected[q] else NOBODY)
        assert [queue.length for queue in m.queues] == [len(queue) for queue in expected]
    for q, queue in enumerate(expected):
        assert [fifo.take(m, q) for _ in range(len(queue) + 1)] == [*queue, NOBODY]


def test_nobody_has_to_leave() -> None:
    m = machine(2)
    fifo.put(m, 0, 1, 0)
    fifo.ran(m, 0, 0, 1e9)
    assert (fifo.tick(m, 0, 0), fifo.preempts(m, 0, 0, 1)) == (0, 0)
