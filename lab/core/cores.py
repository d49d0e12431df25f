"""How many cores this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["allowed_cores"]


def allowed_cores(root: Path | str = "/") -> int:
    """Cores this process may use (affinity, and the CPU quota of its cgroups), not those the machine has.

    `root`: where proc and sys stand. A quota is the control group's, v2 (`cpu.max`) or v1
    (`cpu.cfs_quota_us`), or that of any group above it; a part of a core counts as none (kernel
    Documentation/scheduler/sched-bwc.rst).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return max(1, min([cores, *(quota // period for quota, period in _quotas(os.fspath(root)))]))


def _quotas(root: str) -> Iterator[tuple[int, int]]:
    """(quota, period) in microseconds of every control group that limits this process."""
    try:
        with open(os.path.join(root, "proc/self/cgroup"), encoding="utf-8", errors="replace") as told:
            lines = told.read().splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, group = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            base = os.path.join(root, "sys/fs/cgroup", "" if number == "0" else "cpu")
            parts = group.strip("/").split("/")
            for count in range(len(parts), -1, -1):
                yield from _quota(os.path.join(base, *parts[:count]))


def _quota(group: str) -> Iterator[tuple[int, int]]:
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join(_told(os.path.join(group, name)) for name in names).split()
            if int(quota) > 0 and int(period) > 0:
                yield int(quota), int(period)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue


def _told(path: str) -> str:
    with open(path, encoding="ascii") as told:
        return told.read()
