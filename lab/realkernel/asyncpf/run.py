"""Run settings on a real kernel: one boot of QEMU, KVM inside it, the tiny guest inside that, a trace for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import write_atomic
from lab.core.progress import Progress, silent
from lab.realkernel.asyncpf.build import vmm_program
from lab.realkernel.asyncpf.guest_script import MODULES, PLACE, guest_script, steps
from lab.realkernel.asyncpf.prediction import predicted
from lab.realkernel.asyncpf.recorded import run_line, settings_in
from lab.realkernel.asyncpf.result import AsyncPfResult, read_run
from lab.realkernel.asyncpf.settings import Settings, named
from lab.realkernel.boot import Boot, boot
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import CLOUD, Kernel
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine.qemu import ICOUNT

__all__ = ["LIMIT", "guest_of", "run_settings", "write_run"]

LIMIT = LIMITS["asyncpf"]  # seconds of the boot
MOST = 64  # settings in one boot
NO_EVENT = "no event "  # what host.txt says of an event that cannot be traced
MEMORY = 256  # MiB: the guest in the guest needs some 10


def guest_of(settings: Mapping[str, Settings], kernel: Kernel, program: bytes, accel: str = ICOUNT) -> Guest:
    """The machine that runs each of `settings` under its name; `program` is the VMM.

    A microvm has no PCI and no ACPI to set up, which is less than half the work of a boot. It is for counted
    instructions and a cloud kernel alone: on busy cores such a boot came to stand still now and then under plain TCG,
    and a full kernel says nothing there.
    """
    words = {name: one.words() for name, one in settings.items()}
    return Guest(
        "asyncpf",
        kernel,
        guest_script(words),
        files={PLACE: program},
        modules=tuple(MODULES),
        machine="microvm" if accel == ICOUNT and kernel.flavour == CLOUD else "q35",
        memory=MEMORY,
        steps=tuple(steps(words)),
    )


def run_settings(
    settings: Sequence[Settings],
    kernel: Kernel,
    accel: str = ICOUNT,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
) -> tuple[AsyncPfResult, ...]:
    """Boot `kernel` once and run all of `settings` in it, one after the other; a result for each, in their order.

    `accel`: icount (counted instructions: two runs have the same order), tcg or kvm (with nested virtualisation);
    `limit` in seconds of the whole boot. `keep`: a folder for the console and all that the guest sent. Raises
    `LabError` if the guest does not come to its end, KVM does not work in it, or a run leaves no trace.
    """
    if not 1 <= len(settings) <= MOST:
        raise LabError(f"{len(settings)} settings for one boot; give 1 to {MOST}")
    runs = named(settings)
    for one in runs.values():
        predicted(one)  # before anything runs
    made = boot(guest_of(runs, kernel, vmm_program(progress), accel), accel, limit, progress, keep)
    host = made.files.get("host.txt", b"").decode("utf-8", "replace").splitlines()
    remarks = tuple(f"this kernel traces no {line.removeprefix(NO_EVENT)[:80]}" for line in host if NO_EVENT in line)
    found = []
    for name, one in runs.items():
        trace, log = _left_by(made, name)
        ran = settings_in(log, name)
        if ran.words() != one.words():
            raise LabError(f"asyncpf: the run {name} was of other settings: {' '.join(ran.words())}")
        result = read_run(
            name, one, trace, log, kernel=kernel.release, accel=made.accel, seconds=made.seconds, source="run here"
        )
        kept = None if keep is None else str(keep / "out" / f"{name}.trace.txt")
        found.append(dataclasses.replace(result, trace_file=kept, remarks=remarks))
    return tuple(found)


def _left_by(made: Boot, name: str) -> tuple[str, str]:
    """Trace and log of one run that ended well."""
    log = made.text(f"{name}.vmm.txt")
    status = made.text(f"{name}.status").strip()
    if status != "0":
        said = [line for line in log.splitlines() if line.strip() and not line.startswith(("G ", "UFFD", "#"))]
        last = said[-1][:200] if said else "its log says nothing"
        raise LabError(f"asyncpf: the run {name} ended with status {status[:20] or 'none'}: {last}")
    return made.text(f"{name}.trace.txt"), log


def write_run(result: AsyncPfResult, folder: Path) -> AsyncPfResult:
    """Write NAME.trace.txt and NAME.vmm.txt below `folder`: `load_run` and `kernel-lab pagefault trace` read them.

    Returns the result with its `trace_file`. Raises `LabError` for a folder that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made a folder ({error.strerror}); name another one") from None
    path = folder / f"{result.name}.trace.txt"
    write_atomic(path, result.trace.encode())
    write_atomic(folder / f"{result.name}.vmm.txt", (run_line(result.kernel, result.accel) + result.log).encode())
    return dataclasses.replace(result, trace_file=str(path))
