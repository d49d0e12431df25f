"""The door to several processes of this machine: joblib's. Only this file knows joblib."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.core.errors import LabError

__all__ = ["each"]

LINGER = 5  # seconds after which an idle process ends by itself, should nobody end it before


def each(workers: int, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
    """`function(*calls[i])` for every i, by `workers` processes: (i, result) as they end, in any order.

    However the loop over it ends, no process is left. Raises `LabError` if joblib is missing or a process is killed,
    and what the function raises.
    """
    try:
        joblib: Any = importlib.import_module("joblib")
    except ImportError:
        raise LabError("--workers: several processes need joblib; install it, or use --workers 1") from None
    from joblib.externals import loky
    from joblib.externals.loky.backend import resource_tracker

    parallel = joblib.Parallel(
        n_jobs=workers, backend="loky", return_as="generator_unordered", initializer=_begin, idle_worker_timeout=LINGER
    )
    resource_tracker.ensure_running()  # its start would end the wait below
    results: Any = None
    try:
        with _uninterrupted():
            results = parallel(joblib.delayed(_one)(function, i, values) for i, values in enumerate(calls))
        for result in results:  # noqa: UP028 -- `yield from` would close it before `_end` does
            yield result
    except loky.BrokenProcessPool:
        raise LabError("a worker process was killed, perhaps for want of memory; try fewer --workers") from None
    finally:
        with _uninterrupted():
            _end(results, loky)


def _one(function: Callable[..., Any], number: int, values: tuple[Any, ...]) -> tuple[int, Any]:
    return number, function(*values)


def _end(results: Any, loky: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib tells how many results nobody waits for any longer
        if results is not None:
            results.close()
        loky.get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: a process that is begun here inherits that, so its own start is not cut in two either."""
    import signal

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """In a new process: Ctrl-C is the parent's to answer, and without the parent there is nothing to do."""
    import os
    import signal
    import threading
    import time

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
