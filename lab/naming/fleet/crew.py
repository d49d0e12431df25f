"""Who does the work: this process alone, a few of its own, or a Dask cluster (`lab.core.cluster`)."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from lab.core.errors import LabError
from lab.core.timing import allowed_cores

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["WORKERS_MAX", "Alone", "Crew", "crew"]

WORKERS_MAX = 256


class Crew(Protocol):
    """Takes calls and gives back results in any order, each with the tag it was given.

    `room`: how many calls it is worth having under way; more only fill memory. `waiting`: how many are.
    """

    room: int

    @property
    def waiting(self) -> int:
        """Calls whose result has not been taken."""

    def give(self, tag: Any, function: Callable[..., Any], *values: Any) -> None:
        """Have `function(*values)` called somewhere."""

    def take(self) -> tuple[Any, Any]:
        """The tag and the result of a call that has ended; waits for one. Raises what the call raised."""


class Alone:
    """This process: a call is done when its result is taken."""

    room = 1

    def __init__(self) -> None:
        self._calls: deque[tuple[Any, Callable[..., Any], tuple[Any, ...]]] = deque()

    @property
    def waiting(self) -> int:
        """Calls not yet done."""
        return len(self._calls)

    def give(self, tag: Any, function: Callable[..., Any], *values: Any) -> None:
        """Keep the call for later."""
        self._calls.append((tag, function, values))

    def take(self) -> tuple[Any, Any]:
        """Do the oldest call."""
        tag, function, values = self._calls.popleft()
        return tag, function(*values)


class Processes:
    """Processes of this machine (concurrent.futures)."""

    def __init__(self, pool: Any, workers: int) -> None:
        self.room = workers + 2
        self._pool = pool
        self._tags: dict[Future[Any], Any] = {}

    @property
    def waiting(self) -> int:
        """Calls under way."""
        return len(self._tags)

    def give(self, tag: Any, function: Callable[..., Any], *values: Any) -> None:
        """Queue the call."""
        with _uninterrupted():
            self._tags[self._pool.submit(function, *values)] = tag

    def take(self) -> tuple[Any, Any]:
        """The first call that ends. Raises `LabError` if a process was killed."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        done, _ = wait(self._tags, return_when=FIRST_COMPLETED)
        future = done.pop()
        try:
            return self._tags.pop(future), future.result()
        except BrokenProcessPool:
            raise LabError("a worker process was killed, perhaps for want of memory; try fewer --workers") from None


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: a process that is begun here inherits that, so its own start is not cut in two either."""
    import signal
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its start would end the wait
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def crew(workers: int | None = None, cluster: str | None = None) -> Iterator[Crew]:
    """A crew for the length of a `with` block: a Dask `cluster` by its address, or `workers` processes.

    Without a number there is a process for every core that may be used; one worker is this process itself. Raises
    `LabError` for a number that makes no sense, and if the cluster cannot be reached.
    """
    if cluster is not None:
        from lab.core.cluster import connected  # the door to Dask

        with connected(cluster) as found:
            yield found
        return
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise LabError(f"--workers: {workers} is out of range; 1 to {WORKERS_MAX}")
    count = allowed_cores() if workers is None else workers
    if count == 1:
        yield Alone()
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    try:
        yield Processes(pool, count)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a new process: Ctrl-C is the parent's to answer, and without the parent there is nothing to do."""
    import multiprocessing
    import os
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=end, daemon=True).start()
