"""The same lookups compiled with Numba: `njit` over the plain functions, no rule of its own.

Calling what is here imports Numba and NumPy; nothing else in `lab.symbols` does. Compiled code is kept
in a user folder, one for the present state of the sources, so that a change of a rule is never missed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab.core.binding import bind
from lab.core.compiled import Compiler
from lab.symbols.structures import STRUCTURES, batch

__all__ = ["EMPTY", "as_buffer", "cache_folder", "compiled_loop", "compiled_plain"]

COMPILER = Compiler(
    "symbols",
    batch.__name__.rpartition(".")[0],
    [path for folder in (batch.__file__, __file__) for path in Path(folder).parent.glob("*.py")],
)


def cache_folder() -> Path | None:
    """The folder for compiled code, made if need be; None where no folder of the user's can be written."""
    return COMPILER.folder()


EMPTY = "empty"  # in place of a structure's id: the lookup that looks nowhere, to be subtracted


@functools.cache
def _lookup(method: str) -> Any:
    return COMPILER.compiled(batch.no_lookup if method == EMPTY else STRUCTURES[method].lookup)


@functools.cache
def compiled_loop(loop: Callable[..., int], method: str) -> Any:
    """`batch.resolve` or `batch.verify` over a structure's lookup, compiled on its first call.

    For `batch.resolve` a structure with a batch loop of its own (merge) is compiled with that.
    """
    own = STRUCTURES[method].resolve if method in STRUCTURES and loop is batch.resolve else loop
    if own is not loop:
        return COMPILER.compiled(own)
    return COMPILER.njit(bind(loop, f"_{method}", lookup=_lookup(method)))


def compiled_plain(function: Callable[..., int]) -> Any:
    """A function of `lab.symbols.structures` that calls no lookup, compiled on its first call."""
    return COMPILER.compiled(function)


def as_buffer(values: Sequence[int]) -> Any:
    """Bytes, an array or a `memoryview` as the compiled loops take them; it keeps `values` in memory."""
    from lab.core.compiled.buffer import Buffer

    return Buffer(values)
