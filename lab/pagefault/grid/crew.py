"""Who does the runs: this process alone, several of this machine (joblib), or a Dask cluster. The same calls each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.core.cores import allowed_cores
from lab.core.errors import LabError

__all__ = ["WORKERS_MAX", "each"]

WORKERS_MAX = 256
Call = tuple[Any, ...]


def each(
    function: Callable[..., Any], calls: Sequence[Call], workers: int | None = None, cluster: str | None = None
) -> Iterator[tuple[int, Any]]:
    """`function(*calls[i])` for every i: (i, result) as they end, in any order.

    `cluster`: the address of a Dask scheduler. Else `workers` processes: one is this process itself, None one for
    every core that may be used. Raises `LabError` for a number out of range and for a cluster that does not answer.
    """
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise LabError(f"--workers: {workers} is out of range, allowed is 1 to {WORKERS_MAX}")
    if cluster is not None:
        if workers is not None:
            raise LabError("--workers: has no meaning with --cluster, whose workers do the work; leave one out")
        return _clustered(cluster, function, calls)
    count = min(allowed_cores() if workers is None else workers, max(len(calls), 1))
    if count == 1:
        return ((i, function(*call)) for i, call in enumerate(calls))
    from lab.pagefault.grid import local  # the door to joblib

    return local.each(count, function, calls)


def _clustered(address: str, function: Callable[..., Any], calls: Sequence[Call]) -> Iterator[tuple[int, Any]]:
    from lab.core.cluster import connected  # the door to Dask

    with connected(address) as found:
        for i, call in enumerate(calls):
            while found.waiting >= found.room:
                yield found.take()
            found.give(i, function, *call)
        while found.waiting:
            yield found.take()
