"""The options of every command that boots a kernel."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.machine.accel import AUTO, Accelerator
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG

__all__ = ["Asked", "add_boot", "boot_asked"]

LONGEST = 3600.0  # seconds


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What the options say: the kernel to boot and how, its time limit in seconds, a folder for all it sends."""

    kernel: Kernel
    accel: Accelerator
    limit: float
    keep: Path | None
    progress: Progress


def add_boot(parser: Any, accel: str = AUTO, limit: float = 120.0) -> None:
    """Add --kernel, --accel (by default `accel`), --limit (by default `limit` seconds) and --keep."""
    parser.add_argument(
        "--kernel",
        metavar="WHICH",
        help="a release (6.1.0-56-amd64), or a folder with boot/ and lib/modules/ (default: the newest that is here)",
    )
    parser.add_argument(
        "--accel",
        choices=(AUTO, KVM, TCG, ICOUNT),
        default=accel,
        help=f"{AUTO}: KVM if a test shows that it works, else {TCG} (emulated); {ICOUNT}: emulated with counted "
        f"instructions, two runs are alike (default {accel})",
    )
    parser.add_argument(
        "--limit", type=float, default=limit, metavar="S", help=f"seconds that a guest may take (default {limit:g})"
    )
    parser.add_argument("--keep", metavar="DIR", type=Path, help="put the console and all that the guest sent there")


def boot_asked(options: argparse.Namespace, flavour: str = FULL) -> Asked:
    """The parsed options; `flavour`: which kind of kernel is meant where several are here.

    Raises `LabError` for a limit out of range, and where the kernel or QEMU is missing.
    """
    from lab.core.progress import terminal
    from lab.realkernel.kernels.find import find_kernel
    from lab.realkernel.machine.accel import choose

    if not 1 <= options.limit <= LONGEST:
        raise LabError(f"--limit: {options.limit:g} is out of range; write 1 to {LONGEST:g} seconds")
    assert flavour in (FULL, CLOUD)
    progress = terminal()
    kernel = find_kernel(options.kernel, flavour)
    return Asked(kernel, choose(options.accel, kernel, progress), options.limit, options.keep, progress)
