"""Predict a topology, boot it, let the real systemd name it, compare."""

from __future__ import annotations

from pathlib import Path

from lab.core.progress import Progress, silent
from lab.naming.model import Machine
from lab.naming.topologies.sysfs import machine
from lab.naming.topologies.topology import Topology
from lab.realkernel.boot import boot
from lab.realkernel.kernel import Kernel
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine.qemu import TCG, version
from lab.realkernel.naming.guest import naming_guest
from lab.realkernel.naming.result import DECLARATION, NamingResult, compared
from lab.realkernel.naming.said import said
from lab.realkernel.root.udev_root import UdevRoot

__all__ = ["LIMIT", "link_files", "name_really"]

LIMIT = LIMITS["naming"]  # seconds of a boot


def name_really(
    topology: Topology,
    kernel: Kernel,
    udev: UdevRoot,
    *,
    accel: str = TCG,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
    predicted: Machine | None = None,
    basis: str = DECLARATION,
) -> NamingResult:
    """Boot `topology` with `kernel` and the real `udev`; every name beside its prediction.

    `accel`, `limit` (seconds), `progress` and `keep` as `boot` has them. `predicted`: the machine that is predicted,
    made from `basis` (default: what the topology declares). It is made before the boot. Raises `LabError` as `boot`
    does, and for answers that are none.
    """
    before = machine(topology) if predicted is None else predicted
    qemu = version()
    done = boot(naming_guest(topology, kernel, udev, qemu), accel, limit, progress, keep)
    found = said(done, topology.name, link_files(udev), qemu)
    return compared(
        topology,
        before,
        found,
        basis=basis,
        accel=done.accel,
        seconds=done.seconds,
    )


def link_files(udev: UdevRoot) -> dict[str, str]:
    """The .link files that the guest's systemd has: texts by path."""
    return {
        f"/{path}": content.decode("utf-8", "backslashreplace")
        for path, content in udev.files.items()
        if path.startswith("usr/lib/systemd/network/") and isinstance(content, bytes)
    }
