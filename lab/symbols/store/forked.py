"""Module files read by this process and one more, where there is a core for it."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import threading
import traceback
from array import array
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.symbols.store.columns import Part
from lab.symbols.store.format import SECTIONS
from lab.symbols.store.read_modules import read_modules
from lab.symbols.store.scan import File

__all__ = ["read_files"]

WORTH_A_PROCESS = 64  # modules; fewer are read before another process has begun


def read_files(folder: str, files: Sequence[File], progress: Progress = silent, cores: int | None = None) -> list[Part]:
    """The parts that together hold `files`; by two processes if `cores` (those allowed here) are two or more.

    Raises `LabError` for a file that cannot be read or is damaged; the other process is ended then.
    """
    if not files:
        return []
    if len(files) < WORTH_A_PROCESS or not _may_fork() or _cores(cores) < 2:
        return [read_modules(folder, files, lambda done: progress(done, len(files), "reading modules"))]
    here, there = _halves(files)
    reader, writer = os.pipe()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if child == 0:  # SIGINT stays blocked: ^C is for the first process, which ends this one
        os.close(reader)
        _answer(writer, lambda: read_modules(folder, there, lambda done: None))
    os.close(writer)
    with open(reader, "rb") as answer:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)  # a ^C that came meanwhile is raised here
            part = read_modules(
                folder, here, lambda done: progress(min(2 * done, len(files)), len(files), "reading modules")
            )
            other = _received(answer)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.waitpid(child, 0)
    return [part, other]


def _cores(wanted: int | None) -> int:
    from lab.core.timing import allowed_cores  # brings statistics, which a small build need not wait for

    return allowed_cores() if wanted is None else wanted


def _may_fork() -> bool:
    # a copy of a process with threads may hang on a lock that one of them held
    return hasattr(os, "fork") and sys.platform != "emscripten" and threading.active_count() == 1


def _halves(files: Sequence[File]) -> tuple[list[File], list[File]]:
    """Two lists of about equal bytes: the largest first, each to the lighter side."""
    sides: tuple[list[File], list[File]] = ([], [])
    weight = [0, 0]
    for file in sorted(files, key=lambda f: (-f.size, f.path)):
        side = int(weight[1] < weight[0])
        sides[side].append(file)
        weight[side] += file.size
    return sides


def _answer(writer: int, work: Callable[[], Part]) -> None:
    """In the other process: send the part, or the error's text, and end without the first one's clean-up."""
    status = 1
    try:
        with open(writer, "wb") as out:
            try:
                part = work()
                columns = {name: memoryview(column).tobytes() for name, column in part.columns.items()}
                marshal.dump((list(part.paths), list(part.names), list(part.strings), columns), out)
                status = 0
            except LabError as error:
                marshal.dump(str(error), out)
                status = 0
    except BrokenPipeError:
        pass  # the first process has failed and asks no more
    except BaseException:  # noqa: BLE001 - a bug's traceback is shown, but must not run on in a copy of the caller
        traceback.print_exc()
    finally:
        os._exit(status)


def _received(answer: BinaryIO) -> Part:
    data = answer.read()
    if not data:
        raise RuntimeError("the second process ended without an answer")
    sent: Any = marshal.loads(data)  # noqa: S302 - written by our own copy
    if isinstance(sent, str):
        raise LabError(sent)
    paths, names, strings, columns = sent
    return Part(paths, names, strings, {name: array(SECTIONS[name], raw) for name, raw in columns.items()}, {})
