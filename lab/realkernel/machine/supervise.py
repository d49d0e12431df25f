"""One process that must not outlive us, watched while it prints, ended at its time limit."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from lab.core.errors import LabError

__all__ = ["LATE", "guard", "guards", "watch"]

STEP = 0.2  # seconds between two looks at whether the run is to be ended
LATE = "late"
GUARD = ("--pdeathsig", "KILL", "--")  # setpriv's words (util-linux 2.34): PR_SET_PDEATHSIG, then the command


def watch(
    words: Sequence[str],
    limit: float,
    take: Callable[[bytes, float], None],
    look: Callable[[float], None],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int | str:
    """Run `words`, give `take` what it prints (standard error too) with the seconds since its start.

    `look` is called with those seconds a few times each second; what it or `take` raises ends the process and goes
    on. `folder` and `environment` are the process's own, by default the present ones. Returns the exit status, or
    `LATE` if the process was ended after `limit` seconds. It has no standard input, is ended with this one if this
    one is killed (where there is a `guard`), and is gone afterwards with all that it has started and left running.
    Raises `LabError` if it cannot be started.
    """
    with _process(words, folder, environment) as process:
        assert process.stdout is not None
        start = time.monotonic()
        handle = process.stdout.fileno()
        waiting = select.poll()  # select.select knows no descriptor above 1023
        waiting.register(handle, select.POLLIN)
        while True:
            passed = time.monotonic() - start
            look(passed)
            if passed > limit:
                return LATE
            over = _over(process)
            if over:
                _kill(process)  # what it has left running holds its output open
            if waiting.poll(0 if over else 1000 * min(STEP, max(0.01, limit - passed))):
                data = os.read(handle, 1 << 16)
                if not data:
                    break
                take(data, time.monotonic() - start)
            elif over:
                break
        while not _over(process):  # its output is closed; it is about to end
            passed = time.monotonic() - start
            look(passed)
            if passed > limit:
                return LATE
            time.sleep(0.02)
        _kill(process)
        return process.wait()


def guard() -> str:
    """The setpriv(1) that ends a process when its parent dies; "" if there is none, busybox's cannot do that."""
    found = shutil.which("setpriv")
    return found if found and guards(found) else ""


@functools.lru_cache(maxsize=8)
def guards(program: str) -> bool:
    """Whether the setpriv `program` can end a process when its parent dies; tried once."""
    try:
        words = [program, *GUARD, "true"]
        return subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextlib.contextmanager
def _process(
    words: Sequence[str], folder: Path | None, environment: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """The process in a group of its own, so that Ctrl-C reaches it through us; killed when the block is left."""
    held = guard()
    try:
        started = subprocess.Popen(
            [*((held, *GUARD) if held else ()), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, cwd=folder, env=environment,
        )  # fmt: skip
    except OSError as error:
        raise LabError(f"{error.filename or words[0]}: cannot be started ({error.strerror})") from None
    with started as process:
        try:
            yield process
        finally:
            if process.returncode is None:
                _kill(process)


def _over(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; it is left a zombie, so that its number still names its group."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:  # where SIGCHLD is ignored nothing is left to ask
        return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group of a process that nobody has waited for yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
