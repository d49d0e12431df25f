"""The command line of QEMU for a guest."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.guest import Guest

__all__ = ["ACCELS", "ICOUNT", "KVM", "TCG", "command", "program", "version"]

KVM, TCG, ICOUNT = "kvm", "tcg", "icount"
ACCELS = (KVM, TCG, ICOUNT)
MACHINE = {"q35": "q35", "pc": "pc", "microvm": "microvm,acpi=off,pit=on,pic=on,rtc=on"}
# hosts of other architectures run the same guest, slower
PROGRAM = "qemu-system-x86_64"
# One instruction takes one nanosecond of guest time, and an idle guest's time leaps on: two runs are alike.
COUNTED = ("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm")
# panic=-1: reboot at once, which -no-reboot turns into an exit. mitigations=off: emulated, they only cost time.
APPEND = ("console=ttyS0", "panic=-1", "reboot=t", "quiet", "mitigations=off")


def program() -> str:
    """Where QEMU is; raises `LabError` if it is not installed."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise LabError(f"{PROGRAM} is not here: apt-get install qemu-system-x86 (kernel-lab kernel doctor)")
    return found


def version() -> str:
    """QEMU's own version, as "7.2.18"; "" if it does not say. Raises `LabError` where there is no QEMU."""
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    match = re.search(r"version (\S+)", said)
    return match[1] if match else ""


def command(guest: Guest, accel: str, image: Path, initramfs: Path, results: Path) -> tuple[str, ...]:
    """The words that boot `guest` from `image`: console on standard output, results into the file `results`.

    No network, no disk. The results line is an ISA device in every machine, so that the PCI bus is the guest's own.
    An icount run has one processor and one thread. Raises `LabError` for an accelerator that is not known, and for a
    comma in a path, which QEMU's options cannot hold.
    """
    if accel not in ACCELS:
        raise LabError(f"{accel[:60]!r} is no accelerator; choose one of {', '.join(ACCELS)}")
    if accel == ICOUNT and guest.cpus != 1:
        raise LabError(f"instructions are counted with one processor, and {guest.name} has {guest.cpus}")
    for path in (image, initramfs, results):
        if "," in str(path):
            raise LabError(f"{path}: QEMU takes no comma in a path; set TMPDIR to another folder")
    how = {
        KVM: ("-accel", "kvm"),
        TCG: ("-accel", "tcg,thread=multi"),
        ICOUNT: ("-accel", "tcg,thread=single", *COUNTED),
    }[accel]
    return (
        program(), *how, "-M", MACHINE[guest.machine], "-cpu", guest.cpu, "-smp", str(guest.cpus),
        "-m", str(guest.memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-serial", "stdio", "-chardev", f"file,id=results,path={results}",
        "-device", "isa-serial,iobase=0x2f8,irq=3,chardev=results",
        "-kernel", str(image), "-initrd", str(initramfs),
        "-append", " ".join([*APPEND, *guest.append]), *guest.devices,
    )  # fmt: skip
