"""`kernel-lab symbols depmod`: the indexes that modprobe reads."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `depmod`."""
    parser.add_argument("version", metavar="VERSION", help="kernel version, the folder in ROOT/lib/modules")
    parser.add_argument("-b", "--basedir", default="/", metavar="ROOT", help="root of the tree (default: /)")
    parser.add_argument(
        "-o",
        "--outdir",
        metavar="OUT",
        help="write to OUT/lib/modules/VERSION instead of into ROOT (for `modprobe -d OUT` link the modules there too)",
    )
    parser.add_argument("--kmod", type=int, choices=(30, 34), default=30, help="write as this kmod does (default: 30)")
    parser.add_argument(
        "--compat",
        action="store_true",
        help="byte for byte as kmod for intact modules, with what it gets wrong (namespaces listed as symbols)",
    )
    parser.add_argument("--cache", metavar="FILE", help="keep what was read in FILE, read only what changed since")
    parser.add_argument(
        "--sysroot", default="/", metavar="DIR", help="where etc/depmod.d and its like are (default: /, as kmod has it)"
    )
    parser.add_argument("--apply", action="store_true", help="let the running system's own indexes be replaced")
    parser.set_defaults(run=_depmod)


def _depmod(options: argparse.Namespace) -> Report:
    import gc

    from lab.symbols.depmod.run import depmod
    from lab.symbols.depmod.types import Result, Settings

    settings = Settings(
        root=options.basedir,
        version=options.version,
        out=options.outdir,
        kmod=options.kmod,
        compat=options.compat,
        cache=options.cache,
        sysroot=options.sysroot,
        apply=options.apply,
    )
    collects = gc.isenabled()
    gc.disable()  # a run makes millions of small objects and no rings of them: looking for rings costs a fifth of it
    try:
        result: Result = depmod(settings)
    finally:
        if collects:
            gc.enable()
    if result.cycles:
        _complain(result.cycles)
    return Report({name: getattr(result, name) for name in result._fields}, _text(result), int(bool(result.cycles)))


def _complain(circles: Sequence[Sequence[str]]) -> None:
    """Say on standard error what kmod says of circles, in its words: scripts look for them."""
    import sys

    from lab.core.errors import visible
    from lab.symbols.depmod.cycles import lines

    where = {name: i for i, name in enumerate(dict.fromkeys(name for circle in circles for name in circle))}
    for line in lines(list(where), [[where[name] for name in circle] for circle in circles]):
        print(visible(line), file=sys.stderr)


def _text(result: Any) -> str:
    lines = [f"warning: {line}" for line in result.warnings]
    if result.note:
        lines.append(f"cache: {result.note}")
    if result.cycles:
        lines += [f"cycle: {' -> '.join(circle)}" for circle in result.cycles]
        lines.append(f"{result.folder}: modules need each other in a circle; nothing was written")
        return "\n".join(lines)
    lines.append(
        f"{result.folder}: {result.modules:,} modules ({result.read:,} read, {result.cached:,} known), "
        f"{result.symbols:,} symbols, {result.aliases:,} aliases; {len(result.files)} files written, "
        f"{len(result.kept)} already right"
    )
    return "\n".join(lines)
