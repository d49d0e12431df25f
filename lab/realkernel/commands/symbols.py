"""`kernel-lab kernel symbols`: lookups in the running kernel's own export tables, beside the prediction."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.commands.options import add_boot, boot_asked

if TYPE_CHECKING:
    from lab.realkernel.symbols import SymbolRun

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `symbols`."""
    add_boot(parser, accel="icount")
    parser.add_argument(
        "--no-icount", dest="accel", action="store_const", const="auto",
        help="do not count instructions but time the lookups: --accel auto",
    )  # fmt: skip
    parser.add_argument("--lookups", type=int, default=400, metavar="N", help="names to look up (default 400)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="chooses the names (default 1)")
    parser.add_argument(
        "--module", default="kvm", metavar="NAME", help="a quarter of the names is what this one asks for (default kvm)"
    )
    parser.add_argument("--recorded", action="store_true", help="show the bundled run, boot nothing")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="keep the run in a file")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    import datetime

    from lab.realkernel.symbols.recording import recorded, write_recording
    from lab.realkernel.symbols.run import run_symbols

    if options.recorded:
        if options.output is not None:
            raise LabError("-o: there is no new run to keep; leave --recorded or -o out")
        run = recorded()
    else:
        asked = boot_asked(options)
        run = run_symbols(
            asked.kernel, options.lookups, options.seed, options.module, asked.accel.name, asked.limit, asked.progress,
            asked.keep,
        )  # fmt: skip
    if options.output is not None:
        write_recording(options.output, run, datetime.datetime.now(datetime.UTC).date().isoformat())
    return Report(_data(run), "\n".join(_lines(run)), 0 if run.equal else 1)


def _data(run: SymbolRun) -> dict[str, Any]:
    costs = {name: found for name in run.methods if (found := run.costs(name)) is not None}
    return {
        "headline": run.headline(), "equal": run.equal, "kernel": run.kernel, "qemu": run.qemu, "accel": run.accel,
        "recorded": run.recorded, "seed": run.seed, "module": run.module, "tables": run.tables,
        "methods": run.methods, "costs": costs, "own_path": run.own_path(), "ratios": _ratios(run),
        "questions": run.questions,
    }  # fmt: skip


def _ratios(run: SymbolRun) -> dict[str, dict[str, float | None]]:
    """How many times as long: inside this kernel, and in the bundled measurement of a C program in nanoseconds."""
    from lab.symbols.timing import recorded

    measured = recorded()
    pairs = {"linear/bsearch": ("linear", "binary"), "bsearch/hash": ("binary", "hash")}
    return {
        pair: {"here": run.ratio(*pair.split("/")), "nanoseconds": measured.ratio(*methods)}
        for pair, methods in pairs.items()
    }


def _lines(run: SymbolRun) -> list[str]:
    tables = run.tables
    lines = [
        run.headline(), "", run.table().to_text(), "",
        f"tables:   {tables.ksymtab:,} in __ksymtab, {tables.ksymtab_gpl:,} in __ksymtab_gpl, "
        + ("the same names in the same order as in the image" if tables.as_image else "NOT those of the image"),
        f"names:    {len(run.questions):,}, seed {run.seed}, the module {run.module}",
    ]  # fmt: skip
    if run.counted:
        lines += [f"{'costs:' if i == 0 else '':9} {text}" for i, text in enumerate(_costs(run))]
        lines += [f"own path: {_own_path(run)}"]
    for i, (pair, found) in enumerate(_ratios(run).items()):
        unit = "instructions" if run.counted else "time"
        here, there = (f"{r:.3g}" if r is not None else "–" for r in found.values())
        lines.append(f"{'ratios:' if i == 0 else '':9} {pair} is {here} in {unit} here, {there} in nanoseconds of the "
                     "bundled measurement (C, all references of all modules)")  # fmt: skip
    if run.recorded:
        lines.append(f"recorded: {run.recorded}")
    return lines


def _costs(run: SymbolRun) -> list[str]:
    return [
        f"{m.word}: {c.lookup:.1f} instructions a lookup + {c.comparison:.1f} a comparison + {c.byte:.1f} a byte "
        f"compared + {c.letter:.1f} a letter of the name; a lookup is {c.off:.2%} off on average"
        for name, m in run.methods.items()
        if (c := run.costs(name)) is not None
    ]


def _own_path(run: SymbolRun) -> str:
    found = run.own_path()
    if any(len(values) != 1 for values in found.values()):
        told = "; ".join(f"{w} {', '.join(f'{v:g}' for v in values[:8]) or '–'}" for w, values in found.items())
        return f"__symbol_get() takes instructions more than bsearch(): {told}"
    return (
        f"__symbol_get() takes {found['found'][0]:g} instructions more than bsearch() for every name that it finds, "
        f"{found['missing'][0]:g} for every one that is missing: it compares the same strings"
    )
