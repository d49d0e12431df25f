"""The facts of many modules, read by one process or two."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lab.symbols.depmod.beside import Beside
from lab.symbols.depmod.read import read_many
from lab.symbols.depmod.types import Facts, Found

__all__ = ["gather"]

FEW = 64  # modules that one process has read before a second one is at work
TOKENS = 8192  # portions at most: 2 bytes for each fit into a pipe at once


def gather(modules: Sequence[Found], compat: bool, processes: int) -> tuple[list[Facts], list[str]]:
    """The facts of `modules`, in their order, and a line for each that is damaged.

    Two processes take portions from one pipe until it is empty, large files first, so both end at the same time
    whatever else their cores have to do.
    """
    order = sorted(range(len(modules)), key=lambda i: -modules[i].size)
    packed = any(not module.path.endswith(".ko") for module in modules)
    step = max(2 if packed else 16, -(-len(modules) // TOKENS))
    portions = [order[at : at + step] for at in range(0, len(order), step)]
    if processes < 2 or len(modules) < FEW:
        shares = [_take(modules, portions, compat, None)]
    else:
        read, write = os.pipe()
        try:
            os.write(write, b"".join(i.to_bytes(2, "big") for i in range(len(portions))))
            os.close(write)
            with Beside(lambda: _take(modules, portions, compat, read)) as other:
                mine = _take(modules, portions, compat, read)
                shares = [mine, other.answer()]
        finally:
            os.close(read)
    facts: list[Facts | None] = [None] * len(modules)
    damaged: list[tuple[int, str]] = []
    for indexes, columns, why in shares:
        for i, fields in zip(indexes, columns, strict=True):
            facts[i] = Facts(*fields)
        damaged += why
    return facts, [line for _, line in sorted(damaged)]  # type: ignore[return-value]  # every portion was taken


def _take(
    modules: Sequence[Found], portions: Sequence[Sequence[int]], compat: bool, pipe: int | None
) -> tuple[list[int], list[tuple[bytes, ...]], list[tuple[int, str]]]:
    """Read portions, all of them or those whose numbers come out of `pipe`."""
    if pipe is None:
        taken = [i for portion in portions for i in portion]
        facts, why = read_many([modules[i].absolute for i in taken], compat)
        return taken, [tuple(f) for f in facts], [(taken[at], line) for at, line in why]
    taken, columns, damaged = [], [], []
    while token := os.read(pipe, 2):
        portion = portions[int.from_bytes(token, "big")]
        facts, why = read_many([modules[i].absolute for i in portion], compat)
        taken += portion
        columns += [tuple(f) for f in facts]
        damaged += [(portion[at], line) for at, line in why]
    return taken, columns, damaged
