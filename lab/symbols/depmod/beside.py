"""Work in a second process, where there is a second core: a fork, and the answer through a pipe."""

from __future__ import annotations

import marshal
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from lab.core.errors import LabError

__all__ = ["Beside"]


class Beside:
    """A child that does `work` while this process goes on; `answer()` waits for what it returned.

    What it returns is made of tuples, lists, dicts, bytes, str and int. A `LabError` of the child is raised here. Where
    a process cannot be started the work is done at once, here. Leaving the context waits for the child.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        """Start `work`."""
        self._child, self._pipe = 0, -1
        self._known: list[Any] = []
        read, write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a ^C waits until both know who they are
        try:
            self._child = os.fork()
            if not self._child:
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends in silence: this process says what there is
                signal.pthread_sigmask(signal.SIG_SETMASK, held)
                os.close(read)
                _serve(work, write)
            self._pipe = read
        except OSError:  # no room for another process
            os.close(read)
        finally:
            os.close(write)
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if not self._child:
            self._known.append(work())

    def answer(self) -> Any:
        """What the work returned; raises its `LabError`, and `RuntimeError` for a child that died."""
        if not self._known:
            data = self._end()
            if not data:
                raise RuntimeError("the second process of depmod died")
            fine, value = marshal.loads(data)  # noqa: S302 - from our own child, through a pipe nobody else has
            if not fine:
                raise LabError(value)
            self._known.append(value)
        return self._known[0]

    def _end(self) -> bytes:
        if self._pipe < 0:
            return b""
        with open(self._pipe, "rb") as pipe:
            data = pipe.read()
        self._pipe = -1
        os.waitpid(self._child, 0)
        return data

    def __enter__(self) -> Beside:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the child, whose answer nobody may have asked for."""
        self._end()


def _serve(work: Callable[[], Any], pipe: int) -> None:
    """The life of the child; it never returns, and runs nothing that this process had planned for its end."""
    status = 1
    try:
        try:
            answer = marshal.dumps((True, work()))
        except LabError as error:
            answer = marshal.dumps((False, str(error)))
        with open(pipe, "wb") as out:
            out.write(answer)
        status = 0
    except BrokenPipeError:
        pass
    except BaseException:  # noqa: BLE001 - a bug: nothing may leave the child but through here
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)
