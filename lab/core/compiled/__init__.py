"""A door: the same plain functions compiled with Numba, for any room. It holds no rule of its own.

A room names the folders of its sources and the package whose functions are rules. Compiled code is kept in
a user folder, one for the present state of those sources, so that a change of a rule is never missed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from lab.core.binding import bind

__all__ = ["Compiler", "user_folder"]

A_DAY = 86_400.0


def user_folder() -> Path:
    """Where compiled code is kept: NUMBA_CACHE_DIR, or a folder of ours under the user's cache folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(named) if named else Path(base) / "kernel-feature-lab" / "numba"


class Compiler:
    """Compiles the rules of one `room`.

    `package`: functions of it that a rule calls by a global name are compiled with it. `sources`: files whose
    change makes compiled code stale. `inline`: small rules, as module.function, that
    become part of each caller; that runs faster and compiles slower.
    """

    def __init__(self, room: str, package: str, sources: Sequence[Path], inline: frozenset[str] = frozenset()) -> None:
        self.room, self.package, self.sources, self.inline = room, package, tuple(sources), inline
        self.folder = functools.cache(self._folder)
        self.compiled = functools.cache(self._compiled)
        self.inner = functools.cache(self._inner)

    def _folder(self) -> Path | None:
        """The folder for compiled code, made if need be; None where no folder of the user's can be written."""
        digest = hashlib.sha256()
        for source in sorted([*self.sources, *Path(__file__).parent.glob("*.py")]):
            digest.update(source.read_bytes())
        folder = user_folder() / f"{self.room}-{digest.hexdigest()[:12]}"
        try:
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                self._remove_older(folder)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            return None

    def _remove_older(self, folder: Path) -> None:
        """Remove what was compiled from other states of the sources and not used for a day: others may be at work."""
        for other in folder.parent.iterdir():
            ours = other != folder and re.fullmatch(rf"{self.room}-[0-9a-f]{{12}}", other.name)
            if ours and time.time() - other.stat().st_mtime > A_DAY:
                shutil.rmtree(other, ignore_errors=True)  # what cannot be removed does no harm

    def njit(self, function: Any) -> Any:
        """`function` compiled on its first call, and kept in the folder if there is one."""
        import numba

        folder = self.folder()
        config: Any = numba.config
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder or "")  # read while a function is decorated
        try:
            return numba.njit(function, nogil=True, error_model="numpy", cache=folder is not None)
        finally:
            config.CACHE_DIR = before

    def _compiled(self, rule: Callable[..., Any]) -> Any:
        """`rule` compiled, and with it every function of the room that it calls by a global name."""
        return self.njit(bind(rule, **self._callees(rule)))

    def wait_for(self, rule: Callable[..., Any], *args: Any, tell: Callable[[], None]) -> Any:
        """`rule` compiled for such arguments now, or read from the folder; `tell` is called while that lasts.

        It goes on in a thread of its own, so that ^C, or what `tell` raises, ends the wait at once.
        """
        import numba

        made = self.compiled(rule)
        kind_of: Any = numba.typeof
        kinds = tuple(kind_of(arg) for arg in args)
        if kinds in made.signatures:
            return made
        failed: list[BaseException] = []

        def compile_it() -> None:
            try:
                made.compile(kinds)
            except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
                failed.append(error)

        thread = threading.Thread(target=compile_it, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.25)
            tell()
        if failed:
            raise failed[0]
        return made

    def _callees(self, rule: Callable[..., Any]) -> dict[str, Any]:
        assert isinstance(rule, FunctionType)
        called = {name: rule.__globals__.get(name) for name in rule.__code__.co_names}
        return {
            name: self.inner(callee)
            for name, callee in called.items()
            if isinstance(callee, FunctionType) and callee.__module__.startswith(self.package)
        }

    def _inner(self, rule: Callable[..., Any]) -> Any:
        """A rule that only compiled code calls: it is part of its caller's code, and is not kept by itself."""
        import numba

        njit: Any = numba.njit  # its types know less than it does
        return njit(
            bind(rule, **self._callees(rule)),
            nogil=True,
            error_model="numpy",
            forceinline=f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}" in self.inline,
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
        )
