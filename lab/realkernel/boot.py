"""Boot a guest, wait for its end, and return what it sent."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError, printable
from lab.core.files import write_atomic
from lab.core.progress import Progress, silent
from lab.realkernel.guest import Guest
from lab.realkernel.kernels.unpacked import boot_image
from lab.realkernel.machine.console import Console, Mark
from lab.realkernel.machine.qemu import ICOUNT, TCG, command
from lab.realkernel.machine.results import read_results
from lab.realkernel.machine.supervise import LATE, watch
from lab.realkernel.root.initramfs import write_initramfs

__all__ = ["LIMIT", "Boot", "boot"]

LIMIT = 120.0  # seconds; a boot takes 2 to 10 on a quiet machine
COUNTED = 4  # an icount run takes so many times as long


@dataclasses.dataclass(frozen=True, slots=True)
class Boot:
    """A guest that came to its end: `files` by their path below /out, the whole `console`, and the `marks`.

    `seconds` from the start of QEMU to its end; `accel` as asked for; `status` of the script; `command` of QEMU.
    """

    files: Mapping[str, bytes]
    console: str
    marks: tuple[Mark, ...]
    seconds: float
    accel: str
    status: int
    command: tuple[str, ...]

    def text(self, name: str) -> str:
        """The file `name` as text; raises `LabError` if the guest did not send it."""
        if name not in self.files:
            raise LabError(f"the guest sent no {name}; it sent {', '.join(sorted(self.files)[:8]) or 'nothing'}")
        return self.files[name].decode("utf-8", "replace")


def boot(
    guest: Guest, accel: str = TCG, limit: float = LIMIT, progress: Progress = silent, keep: Path | None = None
) -> Boot:
    """Boot `guest` under `accel` (see `qemu`) and return what it sent; it has `limit` seconds (icount: four times).

    Everything is in a temporary folder that is gone afterwards, and so is the process; `progress` may end the run.
    `keep`: a folder that gets the console and the results even so. Raises `LabError` with the path of the console's
    log, which is kept then, if the guest hangs, panics, ends early, prints without end or sends damaged results.
    """
    limit = limit * COUNTED if accel == ICOUNT else limit
    total = len(guest.steps) + 2
    console = Console()
    passed = [0.0]

    def look(seconds: float) -> None:
        passed[0] = seconds
        done = sum(mark.text in guest.steps for mark in console.marks)
        last = console.marks[-1].text if console.marks else "starting"
        progress(min(1 + done, total - 1), total, f"{guest.name}: {last}, {seconds:.0f} s")

    progress(0, total, f"{guest.name}: packing")
    with tempfile.TemporaryDirectory(prefix="kernel-lab-boot-") as folder:
        initramfs, results = Path(folder, "initramfs"), Path(folder, "results")
        write_initramfs(guest, initramfs)
        words = command(guest, accel, boot_image(guest.kernel), initramfs, results)
        try:
            ended = watch(words, limit, console.take, look)
            _check(console, ended, limit)
            files = read_results(results, console.sent)
            status = console.status
            assert status is not None
            if status and not guest.may_fail:
                raise LabError(f"its script ended with status {status}: {console.last(3)}")
        except LabError as error:
            log = _kept(guest, words, console)
            raise LabError(f"guest {guest.name}: {error}; its console is kept in {log}") from None
    progress(total, total, f"{guest.name}: done")
    made = Boot(files, console.text, tuple(console.marks), passed[0], accel, status, words)
    if keep is not None:
        _keep(keep, made)
    return made


def _check(console: Console, ended: int | str, limit: float) -> None:
    """Raise `LabError` unless the guest came to its end by itself."""
    if console.panic:
        raise LabError(f"its kernel panicked: {console.panic}")
    if ended == LATE and console.status is None:
        mark = f"its last mark is {console.marks[-1].text!r}" if console.marks else ""
        said = f"its last lines: {console.last(2)}" if console.last(2) else ""
        raise LabError(
            f"did not end within {limit:g} s; {', '.join(filter(None, (mark, said))) or 'it printed nothing'}"
        )
    if console.status is None:
        raise LabError(
            f"ended before its script did (QEMU's status {ended}): {console.last(3) or 'it printed nothing'}"
        )


def _kept(guest: Guest, words: tuple[str, ...], console: Console) -> str:
    """The console in a file that stays, below the folder for temporary files."""
    handle, path = tempfile.mkstemp(prefix=f"kernel-lab-{guest.name}-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(" ".join(words) + "\n" + console.text)
    return path


def _keep(folder: Path, made: Boot) -> None:
    """Everything the guest sent, below `folder`; its names are checked, they are the guest's own words."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made a folder ({error.strerror}); name another one") from None
    write_atomic(folder / "console.txt", made.console.encode("utf-8", "replace"))
    for name, data in made.files.items():
        target = folder / "out" / name
        if not target.resolve().is_relative_to((folder / "out").resolve()):
            raise LabError(f"the guest sent a file {printable(name[:60])!r} that leads out of {folder}")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, data)
