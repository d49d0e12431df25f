"""What is to be booted: one guest as a value."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.kernel import Kernel

__all__ = ["MACHINES", "Guest"]

MACHINES = ("q35", "pc", "microvm")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
MEMORY = (64, 8192)  # MiB
CPUS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """A machine in QEMU with an initramfs of its own: no disk, no network.

    `name`: for messages and the console log. `script`: POSIX shell that init runs; what it writes below /out comes
    back. `files`: path in the guest -> content; every one may be run. `links`: path -> target. `modules`: kernel
    modules by name that are there for `modprobe`, with what they need. `machine`: QEMU's q35, pc or microvm, `cpu`
    its model, `cpus`, `memory` in MiB, `devices` further words for QEMU, `append` words of the kernel's command line.
    `steps`: the marks that the script prints, in order, for a progress bar. `may_fail`: a script that ends with a
    status other than 0 is no error.
    """

    name: str
    kernel: Kernel
    script: str
    files: Mapping[str, bytes | Path] = dataclasses.field(default_factory=dict)
    links: Mapping[str, str] = dataclasses.field(default_factory=dict)
    modules: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    machine: str = "q35"
    cpu: str = "max"
    cpus: int = 1
    memory: int = 512
    append: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    may_fail: bool = False

    def __post_init__(self) -> None:
        """Raises `LabError` for a machine that is not known or a size out of range."""
        if not _NAME.fullmatch(self.name):
            raise LabError(f"{self.name[:60]!r} is no name of a guest; write small letters, digits and -")
        if self.machine not in MACHINES:
            raise LabError(f"{self.machine[:60]!r} is no machine; choose one of {', '.join(MACHINES)}")
        if not 1 <= self.cpus <= CPUS:
            raise LabError(f"a guest has 1 to {CPUS} processors, not {self.cpus}")
        if not MEMORY[0] <= self.memory <= MEMORY[1]:
            raise LabError(f"a guest has {MEMORY[0]} to {MEMORY[1]} MiB of memory, not {self.memory}")
