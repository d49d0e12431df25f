"""What makes a guest run: the processor's own virtualisation where it works, else emulation."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.core.progress import Progress, silent
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.cache import cache_folder
from lab.realkernel.machine.qemu import KVM, TCG, program, sandbox, version
from lab.realkernel.machine.supervise import LATE, watch

__all__ = ["AUTO", "Accelerator", "choose", "smoke_test"]

AUTO = "auto"
DEVICE = Path("/dev/kvm")
SECONDS = 4.0  # under KVM the first line comes within half a second
ALIVE = b"Linux version"
STILL = "stands still"
AGAIN = 3600.0  # seconds after which a guest that was late is tried again: the machine may only have been busy


@dataclasses.dataclass(frozen=True, slots=True)
class Accelerator:
    """`name` as `qemu.ACCELS` has it, and `why` it was chosen."""

    name: str
    why: str


class _AliveError(Exception):
    """The kernel has begun to speak."""


def choose(asked: str, kernel: Kernel, progress: Progress = silent) -> Accelerator:
    """What `asked` means: `AUTO` is KVM if `kernel` starts under it, else TCG; anything else is taken as it is.

    Raises `LabError` where QEMU is missing.
    """
    if asked != AUTO:
        return Accelerator(asked, "as asked for")
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Accelerator(TCG, f"{DEVICE} is not here or not open to this user: emulated")
    progress(0, 1, "trying KVM")
    why = _remembered(kernel)
    return Accelerator(TCG if why else KVM, f"KVM does not work here ({why}): emulated" if why else "KVM works here")


def smoke_test(kernel: Kernel) -> str:
    """Start `kernel` under KVM and wait for its first line: "" if it comes, else what happened, in a few words.

    That /dev/kvm can be opened says little: QEMU may abort at the processor's set-up, and a nested guest may stand
    still for ever once it is in long mode. Takes at most `SECONDS`.
    """
    seen = [b""]

    def take(data: bytes, _seconds: float) -> None:
        seen[0] = (seen[0] + data)[-4096:]
        if ALIVE in seen[0]:
            raise _AliveError

    words = [
        program(), "-accel", "kvm", *sandbox(), "-M", "q35", "-cpu", "max", "-m", "256",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
        "-kernel", str(kernel.image), "-append", "console=ttyS0 earlyprintk=serial,ttyS0,115200 panic=-1 reboot=t",
    ]  # fmt: skip
    try:
        ended = watch(words, SECONDS, take, lambda _seconds: None)
    except _AliveError:
        return ""
    if ended == LATE:
        return f"a guest {STILL}: not a line within {SECONDS:g} s; tried again in an hour"
    return f"QEMU ended with status {ended}"


def _remembered(kernel: Kernel) -> str:
    """The test's answer, asked once after each start of this machine and for each QEMU; a guest that was late, hourly.

    A new /dev/kvm is another test too: its module was loaded again, with other parameters perhaps.
    """
    device = DEVICE.stat()
    key = f"{_boot_id()} {version()} {kernel.release} {device.st_ino} {device.st_ctime_ns}"
    path = cache_folder() / "kvm.json"
    match _known(path):
        case {"key": said, "why": str() as why, "at": int() | float() as at} if said == key:
            if STILL not in why or 0 <= time.time() - at < AGAIN:
                return why
    why = smoke_test(kernel)
    with contextlib.suppress(OSError, LabError):  # where nothing can be kept it is asked each time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps({"key": key, "why": why, "at": time.time()}).encode())
    return why


def _known(path: Path) -> object:
    """What was kept; nothing if that is damaged, then it is asked again."""
    try:
        return json.loads(read_bytes(path, 1 << 16)) if path.is_file() else None
    except (LabError, ValueError, OSError, RecursionError):
        return None


def _boot_id() -> str:
    """What tells one start of this machine from another (random(4)); "" where there is no such file."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text("ascii").strip() if path.is_file() else ""
