"""The five recordings, read once for all tests of traces."""

from __future__ import annotations

import functools
from typing import NamedTuple

from lab.core import dataset
from lab.pagefault.trace import Log, Pairing, Trace, load, load_log, pair

PAGES = {"off-hostonly": 32, "on-int": 32, "on-int-lifo": 32, "on-nosendalways": 32, "uffd-on-fulltrace": 9}
TOLD = ("on-int", "on-int-lifo", "uffd-on-fulltrace")  # the guest hears of its faults
NOT_TOLD = ("off-hostonly", "on-nosendalways")


class Recorded(NamedTuple):
    """A recording: its trace, the pairs of it, and the log of VMM and guest."""

    trace: Trace
    pairing: Pairing
    log: Log


@functools.cache
def recorded(name: str) -> Recorded:
    """One of `PAGES`."""
    path = dataset.find(f"pagefault/{name}").path
    trace = load(name)
    return Recorded(trace, pair(trace), load_log(path.with_name(f"{name}.vmm.txt")))
