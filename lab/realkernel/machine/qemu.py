"""The command line of QEMU for a guest."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.guest import Guest

__all__ = ["ACCELS", "ICOUNT", "KVM", "TCG", "command", "program", "sandbox", "version"]

KVM, TCG, ICOUNT = "kvm", "tcg", "icount"
ACCELS = (KVM, TCG, ICOUNT)
MACHINE = {"q35": "q35", "pc": "pc", "microvm": "microvm,acpi=off,pit=on,pic=on,rtc=on"}
PROGRAM = "qemu-system-x86_64"
PATIENCE = 20.0  # seconds for a question to QEMU, which takes a few hundredths
# One instruction takes one nanosecond of guest time, and an idle guest's time leaps on: two runs are alike.
# The seed is that of the random numbers which QEMU itself gives a guest: RDRAND, and the kernel's first ones.
COUNTED = ("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1")
# panic=-1: reboot at once, which -no-reboot turns into an exit. mitigations=off: emulated, they only cost time.
# nr_uarts: the results need the second line, and some kernels are built for one.
APPEND = ("console=ttyS0", "8250.nr_uarts=4", "panic=-1", "reboot=t", "quiet", "mitigations=off")
# A guest that breaks out of QEMU starts no program and gets no further rights (seccomp(2))
SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny")


def program() -> str:
    """Where QEMU is; raises `LabError` if it is not installed."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise LabError(f"{PROGRAM} is not here: apt-get install qemu-system-x86 (kernel-lab kernel doctor)")
    return found


def version() -> str:
    """QEMU's own version, as "7.2.18"; "" if it does not say. Raises `LabError` where there is no QEMU."""
    words = [program(), "--version"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        raise LabError(f"{words[0]} does not say its version; is it damaged? (kernel-lab kernel doctor)") from None
    match = re.search(r"version (\S+)", said)
    return match[1] if match else ""


def sandbox() -> tuple[str, ...]:
    """The words that take rights away from QEMU; none where it was built without seccomp or the system has none."""
    return SANDBOX if _sandboxed(program()) else ()


@functools.lru_cache(maxsize=8)
def _sandboxed(qemu: str) -> bool:
    """Tried on a machine without anything, which is told to quit: a few hundredths of a second."""
    words = [qemu, *SANDBOX, "-M", "none", "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "stdio"]
    try:
        return (
            subprocess.run(words, input=b"quit\n", capture_output=True, timeout=PATIENCE, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def command(guest: Guest, accel: str, image: Path, initramfs: Path, results: Path) -> tuple[str, ...]:
    """The words that boot `guest` from `image`: console on standard output, results into the file `results`.

    No network, no disk. The results line is an ISA device in every machine, so that the PCI bus is the guest's own.
    An icount run has one processor and one thread. Raises `LabError` for an accelerator that is not known.
    """
    if accel not in ACCELS:
        raise LabError(f"{accel[:60]!r} is no accelerator; choose one of {', '.join(ACCELS)}")
    if accel == ICOUNT and guest.cpus != 1:
        raise LabError(f"instructions are counted with one processor, and {guest.name} has {guest.cpus}")
    how = {
        KVM: ("-accel", "kvm"),
        TCG: ("-accel", "tcg,thread=multi"),
        ICOUNT: ("-accel", "tcg,thread=single", *COUNTED),
    }[accel]
    written = str(results).replace(",", ",,")  # a comma ends a value in QEMU's options, -kernel and -initrd are none
    return (
        program(), *how, *sandbox(), "-M", MACHINE[guest.machine], "-cpu", guest.cpu, "-smp", str(guest.cpus),
        "-m", str(guest.memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-serial", "stdio", "-chardev", f"file,id=results,path={written}",
        "-device", "isa-serial,iobase=0x2f8,irq=3,chardev=results",
        "-kernel", str(image), "-initrd", str(initramfs),
        "-append", " ".join([*APPEND, *guest.append]), *guest.devices,
    )  # fmt: skip
