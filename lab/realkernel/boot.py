"""Boot a guest, wait for its end, and return what it sent."""

from __future__ import annotations

import dataclasses
import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError, printable
from lab.core.files import write_atomic
from lab.core.progress import Progress, silent
from lab.realkernel.guest import Guest
from lab.realkernel.kernels.cache import temporary_folder
from lab.realkernel.kernels.unpacked import boot_image
from lab.realkernel.machine import results
from lab.realkernel.machine.console import Console, Mark
from lab.realkernel.machine.qemu import ICOUNT, TCG, command
from lab.realkernel.machine.supervise import LATE, watch
from lab.realkernel.root.initramfs import write_initramfs

__all__ = ["COUNTED", "LIMIT", "Boot", "boot"]

LIMIT = 120.0  # seconds; a boot takes 2 to 10 on a quiet machine
COUNTED = 480.0  # of an icount run, which takes longer
CONSOLE = "console.txt"


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
    guest: Guest, accel: str = TCG, limit: float | None = None, progress: Progress = silent, keep: Path | None = None
) -> Boot:
    """Boot `guest` under `accel` (see `qemu`) and return what it sent.

    It has `limit` seconds, without one `LIMIT`, and `COUNTED` if instructions are counted. Everything is in a
    temporary folder that is gone afterwards, and so is the process; `progress` may end the run. `keep`: a folder that
    gets the console and the results even so, the console of a guest that fails too. Raises `LabError` with the path
    of the console's log if the guest hangs, panics, ends early, prints or sends without end, or sends damaged results.
    """
    if limit is None:
        limit = COUNTED if accel == ICOUNT else LIMIT
    total = len(guest.steps) + 2
    console = Console()
    passed = [0.0]

    def look(seconds: float) -> None:
        passed[0] = seconds
        results.check_size(sent)
        done = sum(mark.text in guest.steps for mark in console.marks)
        last = console.marks[-1].text if console.marks else "starting"
        progress(min(1 + done, total - 1), total, f"{guest.name}: {last}, {seconds:.0f} s")

    progress(0, total, f"{guest.name}: packing")
    with temporary_folder("boot") as folder:
        initramfs, sent = folder / "initramfs", folder / "results"
        write_initramfs(guest, initramfs)
        words = command(guest, accel, boot_image(guest.kernel), initramfs, sent)
        try:
            ended = watch(words, limit, console.take, look)
            _check(console, ended, limit)
            files = results.read_results(sent, console.sent)
            status = console.status
            assert status is not None
            if status and not guest.may_fail:
                raise LabError(f"its script ended with status {status}: {console.last(3)}")
        except LabError as error:
            raise LabError(f"guest {guest.name}: {error}; {_log(guest, words, console, keep)}") from None
    progress(total, total, f"{guest.name}: done")
    made = Boot(files, console.text, tuple(console.marks), passed[0], accel, status, words)
    if keep is not None:
        _keep(keep, made)
    return made


def _check(console: Console, ended: int | str, limit: float) -> None:
    """Raise `LabError` unless the guest came to its end by itself."""
    if console.panic:
        raise LabError(f"its kernel panicked: {console.panic}")
    if console.fault:
        raise LabError(f"its init could not go on: {console.fault}")
    if ended == LATE and console.status is None:
        mark = f"its last mark is {console.marks[-1].text!r}" if console.marks else ""
        said = f"its last lines: {console.last(2)}" if console.last(2) else ""
        heard = ", ".join(filter(None, (mark, said))) or "it printed nothing"
        raise LabError(f"did not end within {limit:g} s (--limit gives it more); {heard}")
    if console.status is None:
        raise LabError(
            f"ended before its script did (QEMU's status {ended}): {console.last(3) or 'it printed nothing'}"
        )


def _log(guest: Guest, words: tuple[str, ...], console: Console, keep: Path | None) -> str:
    """Where the console of a guest that failed is kept: in `keep`, else in a file among the temporary ones."""
    try:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            path = keep / CONSOLE
            path.write_bytes(_told(words, console.text))
        else:
            handle, name = tempfile.mkstemp(prefix=f"kernel-lab-{guest.name}-", suffix=".log")
            with os.fdopen(handle, "wb") as out:
                out.write(_told(words, console.text))
            path = Path(name)
    except OSError as error:  # what the guest did is the news
        return f"its console cannot be kept ({error.strerror})"
    return f"its console is kept in {path}"


def _told(words: tuple[str, ...], console: str) -> bytes:
    """QEMU's command in one line, then the console."""
    return f"{shlex.join(words)}\n{console}".encode("utf-8", "backslashreplace")


def _keep(folder: Path, made: Boot) -> None:
    """Everything the guest sent, below `folder`; its names are checked, they are the guest's own words."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made a folder ({error.strerror}); name another one") from None
    write_atomic(folder / CONSOLE, _told(made.command, made.console))
    inside = os.path.join(os.path.realpath(folder), "out", "")
    for name, data in made.files.items():
        said = f"the guest sent a file {printable(name[:60])!r}"
        target = os.path.realpath(os.path.join(inside, name))
        if not target.startswith(inside):
            raise LabError(f"{said} that leads out of {folder}")
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        except OSError as error:
            raise LabError(f"{said}, which cannot be kept in {folder} ({error.strerror})") from None
        write_atomic(target, data)
