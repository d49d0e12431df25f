"""The most memory that a command and its children hold at once, looked at every few milliseconds."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["peak"]

PAUSE = 0.004  # seconds between two looks


def peak(command: Sequence[str]) -> tuple[float, int]:
    """Run `command` to its end: the most MiB of all its processes together, and how often it was looked.

    A page that several of them share counts once (Pss of smaps_rollup, Documentation/filesystems/proc.rst);
    pages of mapped files count while they are mapped and in memory.
    """
    most, looks = 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(_kib(pid) for pid in _family(process.pid)))
            looks += 1
            time.sleep(PAUSE)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return most / 1024, looks


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = " ".join((thread / "children").read_text() for thread in threads).split()
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from _family(int(child))


def _kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
