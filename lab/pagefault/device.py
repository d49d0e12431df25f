"""The paging device: c slots, each brings one page in at a time; who finds none free waits in line."""

from __future__ import annotations

from collections import deque
from typing import Any

import simpy

from lab.pagefault.randomness import Law

__all__ = ["Device"]


class Device:
    """`slots`: how many pages at the same time (None: any number). `law` and `mean` make the page-in times.

    Each task has a stream of its own for them, so its pages take the same time in every mode.

    `under_way` counts the pages asked for and not yet in, `most` is the largest it has been.
    """

    def __init__(self, env: simpy.Environment, slots: int | None, law: Law, streams: list[int], mean: float) -> None:
        self.env = env
        self.slots = float("inf") if slots is None else slots
        self.law, self.streams, self.mean = law, streams, mean
        self.waiting: deque[tuple[int, Any, simpy.Event]] = deque()
        self.under_way = self.most = 0

    def read(self, task: int, value: Any = None) -> simpy.Event:
        """The event "the page is in" for the next page of `task`; its value is `value`."""
        self.under_way = under_way = self.under_way + 1
        if under_way > self.most:
            self.most = under_way
        if under_way <= self.slots:
            return self._start(task, value)
        later = self.env.event()
        self.waiting.append((task, value, later))
        return later

    def _start(self, task: int, value: Any) -> simpy.Event:
        page_in: simpy.Event = self.env.timeout(self.law(self.streams, task, self.mean), value)
        page_in.callbacks.append(self._finished)
        return page_in

    def _finished(self, _event: simpy.Event) -> None:
        self.under_way -= 1
        if self.waiting:
            task, value, later = self.waiting.popleft()
            self._start(task, value).callbacks.append(later.trigger)
