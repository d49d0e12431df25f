"""The VMM of `kernels/linux/asyncpf`, with its guest inside, as a program that runs in any x86-64 Linux."""

from __future__ import annotations

from lab.core.progress import Progress, silent
from lab.realkernel.build.module_build import build_program
from lab.realkernel.build.sources import linux_sources

__all__ = ["FOLDER", "PROGRAM", "vmm_program"]

FOLDER = "asyncpf"
PROGRAM = "asyncpf-vmm"


def vmm_program(progress: Progress = silent) -> bytes:
    """The VMM as an ELF file, from the cache if it was built before. Raises `LabError` if it cannot be built."""
    return build_program(linux_sources(FOLDER), PROGRAM, progress)
