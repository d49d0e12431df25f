"""A machine whose tasks touch pages and whose device reads them: for tests of those rules alone."""

from __future__ import annotations

from typing import Any

from lab.pagefault import records
from lab.pagefault.notes import COLUMNS
from lab.pagefault.randomness import CHOICE, KERNEL, PAGE_IN, stream
from tests.pagefault import conftest

ROOM = 1000  # events, things to happen later


def machine(tasks: int = 1, works: int = 1, seed: int = 1, **values: Any) -> records.Machine:
    """All tasks fault; `values` are buffers of `Machine` or fields of `Run`, whichever has the name."""
    buffers = {
        "waiting": [-1] * works,
        "page_ins": [stream(seed, PAGE_IN, t) for t in range(tasks)],
        "choices": [stream(seed, purpose, t) for purpose in (CHOICE, KERNEL) for t in range(tasks)],
        "values": [1.0],
        "steps": [1.0],
        "lru": [-2, -2],
        "note_time": [0.0] * ROOM,
        "notes": [0] * (COLUMNS * ROOM),
        "out_delay": [0.0] * ROOM,
        "out_code": [0] * ROOM,
    }
    fields = {"slots": works} | {name: value for name, value in values.items() if name not in buffers}
    m = conftest.machine(tasks, **fields)
    m.works = [records.Work() for _ in range(works)]
    for name, value in buffers.items():
        setattr(m, name, values.get(name, value))
    return m
