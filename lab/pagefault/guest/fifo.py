"""First in, first out: a task runs until it sleeps, a woken one goes to the end of the queue.

The guest's scheduler sees a task block only where the guest is told of the fault. In `sync` and
`halt` the guest knows of nothing, so the same task goes on when its page is in.

A queue is a ring in a buffer of integers: [0] where the first task stands, [1] how many there are,
then the ring.
"""

from __future__ import annotations

from collections.abc import MutableSequence

__all__ = ["NOBODY", "new", "put", "take"]

NOBODY = -1
RING = 2


def new(capacity: int) -> list[int]:
    """An empty queue for at most `capacity` tasks."""
    return [0, 0] + [NOBODY] * capacity


def put(queue: MutableSequence[int], task: int) -> None:
    """`task` is ready: it goes to the end."""
    queue[RING + (queue[0] + queue[1]) % (len(queue) - RING)] = task
    queue[1] += 1


def take(queue: MutableSequence[int]) -> int:
    """The task that runs next, or NOBODY."""
    if queue[1] == 0:
        return NOBODY
    first = queue[0]
    queue[0] = (first + 1) % (len(queue) - RING)
    queue[1] -= 1
    return queue[RING + first]
