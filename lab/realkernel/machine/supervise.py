"""One process that must not outlive us, watched while it prints, ended at its time limit."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

__all__ = ["LATE", "watch"]

STEP = 0.2  # seconds between two looks at whether the run is to be ended
LATE = "late"


def watch(
    words: Sequence[str], limit: float, take: Callable[[bytes, float], None], look: Callable[[float], None]
) -> int | str:
    """Run `words`, give `take` what it prints (standard error too) with the seconds since its start.

    `look` is called with those seconds a few times each second; what it or `take` raises ends the process and goes
    on. Returns the exit status, or `LATE` if the process was ended after `limit` seconds. The process has no
    standard input, is ended with this one if this one is killed (setpriv, where it is), and is gone afterwards.
    """
    with _process(words) as process:
        assert process.stdout is not None
        start = time.monotonic()
        handle = process.stdout.fileno()
        while True:
            passed = time.monotonic() - start
            look(passed)
            if passed > limit:
                return LATE
            if select.select([handle], [], [], min(STEP, max(0.01, limit - passed)))[0]:
                data = os.read(handle, 1 << 16)
                if not data:
                    break
                take(data, time.monotonic() - start)
        while process.poll() is None:  # its output is closed; it is about to end
            passed = time.monotonic() - start
            look(passed)
            if passed > limit:
                return LATE
            time.sleep(0.02)
        return process.returncode


@contextlib.contextmanager
def _process(words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The process in a group of its own, so that Ctrl-C reaches it through us; killed when the block is left."""
    guard = shutil.which("setpriv")
    held = [guard, "--pdeathsig", "KILL", "--"] if guard else []
    with subprocess.Popen(
        [*held, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
