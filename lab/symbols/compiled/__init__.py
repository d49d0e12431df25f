"""The same lookups compiled with Numba: `njit` over the plain functions, no rule of its own.

Calling what is here imports Numba and NumPy; nothing else in `lab.symbols` does. Compiled code is kept
in a user folder, one for the present state of the sources, so that a change of a rule is never missed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from lab.symbols.structures import STRUCTURES, batch

__all__ = ["EMPTY", "as_buffer", "cache_folder", "compiled_loop", "compiled_plain", "user_folder"]


def user_folder() -> Path:
    """Where compiled code is kept: NUMBA_CACHE_DIR, or a folder of ours under the user's cache folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(named) if named else Path(base) / "kernel-feature-lab" / "numba"


@functools.cache
def cache_folder() -> Path | None:
    """The folder for compiled code, made if need be; None where no folder of the user's can be written."""
    digest = hashlib.sha256()
    for source in sorted(path for folder in (batch.__file__, __file__) for path in Path(folder).parent.glob("*.py")):
        digest.update(source.read_bytes())
    folder = user_folder() / f"symbols-{digest.hexdigest()[:12]}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _remove_older(folder)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _remove_older(folder: Path) -> None:
    """Remove what was compiled from other states of the sources; a process that still uses it compiles anew."""
    for other in folder.parent.iterdir():
        if other != folder and re.fullmatch(r"symbols-[0-9a-f]{12}", other.name):
            shutil.rmtree(other, ignore_errors=True)  # what cannot be removed does no harm


def _njit(function: Any) -> Any:
    """`function` compiled on its first call, and kept in `cache_folder` if there is one."""
    import numba

    folder = cache_folder()
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder or "")  # read while a function is decorated
    try:
        return numba.njit(function, nogil=True, error_model="numpy", cache=folder is not None)
    finally:
        config.CACHE_DIR = before


EMPTY = "empty"  # in place of a structure's id: the lookup that looks nowhere, to be subtracted


@functools.cache
def _compiled(rule: Callable[..., Any]) -> Any:
    """`rule` compiled, and with it every function of `lab.symbols.structures` that it calls by a global name."""
    assert isinstance(rule, FunctionType)
    callees = {name: rule.__globals__.get(name) for name in rule.__code__.co_names}
    own = {
        name: _compiled(callee)
        for name, callee in callees.items()
        if isinstance(callee, FunctionType) and callee.__module__.startswith(STRUCTURES_PACKAGE)
    }
    return _njit(batch.bind(rule, **own))


STRUCTURES_PACKAGE = batch.__name__.rpartition(".")[0]


@functools.cache
def _lookup(method: str) -> Any:
    return _compiled(batch.no_lookup if method == EMPTY else STRUCTURES[method].lookup)


@functools.cache
def compiled_loop(loop: Callable[..., int], method: str) -> Any:
    """`batch.resolve` or `batch.verify` over a structure's lookup, compiled on its first call.

    For `batch.resolve` a structure with a batch loop of its own (merge) is compiled with that.
    """
    own = STRUCTURES[method].resolve if method in STRUCTURES and loop is batch.resolve else loop
    if own is not loop:
        return _compiled(own)
    return _njit(batch.bind(loop, f"_{method}", lookup=_lookup(method)))


def compiled_plain(function: Callable[..., int]) -> Any:
    """A function of `lab.symbols.structures` that calls no lookup, compiled on its first call."""
    return _compiled(function)


def as_buffer(values: Sequence[int]) -> Any:
    """Bytes, an array or a `memoryview` as the compiled loops take them; it keeps `values` in memory."""
    from lab.symbols.compiled.buffer import Buffer

    return Buffer(values)
