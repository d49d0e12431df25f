"""Programs of the system: what they print is kept, their time is bounded, and they do not outlive the call."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.core.errors import LabError
from lab.realkernel.machine.supervise import LATE, watch

__all__ = ["Done", "run"]

KEPT = 1 << 22  # bytes of output kept, its end: far above what a build prints
ENGLISH = {"LC_ALL": "C"}


class Done(NamedTuple):
    """A program that has ended: its exit `status`, and what it printed on both streams."""

    status: int
    output: str


def run(
    command: Sequence[str | Path],
    *,
    limit: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    tell: Callable[[], None] = lambda: None,
) -> Done:
    """Run `command` in `folder` for at most `limit` seconds; `tell` is called while it runs and may raise to end it.

    Without `environment` it has the present one, with messages in English. Raises `LabError` if it cannot be started
    or takes too long.
    """
    name = os.path.basename(command[0])
    program = shutil.which(command[0])
    if program is None:
        raise LabError(f"{name}: is not here; see kernel-lab kernel doctor")
    variables = {**os.environ, **ENGLISH} if environment is None else environment
    output = bytearray()

    def take(data: bytes, _seconds: float) -> None:
        output.extend(data)
        del output[:-KEPT]

    words = [program, *(os.fspath(word) for word in command[1:])]
    ended = watch(words, limit, take, lambda _seconds: tell(), folder, variables)
    if ended == LATE:
        raise LabError(f"{name}: not done after {limit:g} s, stopped; is this machine busy?")
    return Done(int(ended), output.decode("utf-8", "replace"))
