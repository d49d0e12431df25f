"""The door to a Dask cluster: the same calls, done by its workers. Only this file knows `distributed`.

What is sent and what comes back are plain values, so the workers need no file system in common; they need this
package in the same version.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from lab import __version__
from lab.core.errors import LabError

__all__ = ["Cluster", "connected"]

TIMEOUT = 10.0  # seconds until an address that does not answer is given up
PACKAGE = "kernel-feature-lab"


class Cluster:
    """The workers behind one client of the library `distributed`."""

    def __init__(self, distributed: Any, client: Any) -> None:
        self._distributed, self._client = distributed, client
        self._tags: dict[Any, Any] = {}
        self.workers = len(client.scheduler_info(n_workers=-1)["workers"])
        self.room = 2 * self.workers + 2

    @property
    def waiting(self) -> int:
        """Calls under way."""
        return len(self._tags)

    def give(self, tag: Any, function: Callable[..., Any], *values: Any) -> None:
        """Send the call; two equal calls are two (pure=False)."""
        self._tags[self._client.submit(function, *values, pure=False)] = tag

    def take(self) -> tuple[Any, Any]:
        """The first call that ends. Raises `LabError` if the cluster has gone or its workers cannot do it."""
        from concurrent.futures import CancelledError

        try:
            with self._client.as_current():
                ended = self._distributed.wait(list(self._tags), return_when="FIRST_COMPLETED").done
            done = next(iter(ended))
            return self._tags.pop(done), done.result()
        except (self._distributed.KilledWorker, CancelledError, OSError) as error:
            raise LabError(f"--cluster: the workers have gone ({type(error).__name__}); look at their logs") from None
        except ModuleNotFoundError as error:
            raise LabError(f"--cluster: a worker lacks {error.name}; install {PACKAGE} {__version__} there") from None


def _version() -> str:
    return __version__


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler listens at `address` ("tcp://host:8786").

    Raises `LabError` if `distributed` is not installed, nothing answers within some seconds, there are no
    workers, or they have another version of this package.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise LabError(f"--cluster: needs Dask's `distributed`; install it: pip install '{PACKAGE}[cluster]'") from None
    try:
        client = distributed.Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise LabError(f"--cluster: no scheduler answers at {address} ({why}); it is written tcp://host:8786") from None
    try:
        found = Cluster(distributed, client)
        if not found.workers:
            raise LabError(f"--cluster: the scheduler at {address} has no workers; start: dask worker {address}")
        yield _checked(found, address)
    finally:
        client.close()


def _checked(found: Cluster, address: str) -> Cluster:
    """The cluster, if a worker of it has this very version of the package."""
    found.give(None, _version)
    there = found.take()[1]
    if there != __version__:
        raise LabError(f"--cluster: the workers at {address} have version {there}, not {__version__}; install the same")
    return found
