"""`kernel-lab kernel symbols`: lookups in the running kernel's own export tables, beside the prediction."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.commands.options import (
    add_boot,
    add_recorded,
    boot_asked,
    nothing_booted,
    or_recorded,
    recorded_asked,
)
from lab.realkernel.limits import LIMITS

if TYPE_CHECKING:
    from lab.realkernel.symbols import SymbolRun

__all__ = ["fill"]

NAME = "symbols"  # of the bundled run
LOOKED_UP, SEED, MODULE = 400, 1, "kvm"
WIDE, MARGIN = 119, 10  # columns of a terminal, and of the words before the lines of the text


def fill(parser: Any) -> None:
    """Add the arguments of `symbols`."""
    add_boot(parser, LIMITS["symbols"], "icount")
    parser.add_argument(
        "--no-icount", dest="accel", action="store_const", const="auto",
        help="do not count instructions but time the lookups: --accel auto",
    )  # fmt: skip
    parser.add_argument("--lookups", type=int, metavar="N", help=f"names to look up (default {LOOKED_UP})")
    parser.add_argument("--seed", type=int, metavar="N", help=f"chooses the names, 0 or more (default {SEED})")
    parser.add_argument(
        "--module", metavar="NAME", help=f"a quarter of the names is what this one asks for (default {MODULE})"
    )
    add_recorded(parser, "write the run, to show it with --recorded")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    import datetime

    from lab.realkernel.symbols.recording import read_recording, recorded, write_recording

    if options.recorded is not None:
        if options.output is not None:
            raise LabError("-o: writes what is booted now; leave --recorded or -o out")
        nothing_booted(options, {"--lookups": "lookups", "--seed": "seed", "--module": "module"})
        which = recorded_asked(options.recorded, (NAME,))
        if which is None:
            return Report([NAME], NAME)
        run = read_recording(which) if isinstance(which, Path) else recorded()
    else:
        run = _booted(options)
    if options.output is not None:
        write_recording(options.output, run, datetime.datetime.now(datetime.UTC).date().isoformat())
    return Report(_data(run), "\n".join(_lines(run)), 0 if run.equal else 1)


def _booted(options: argparse.Namespace) -> SymbolRun:
    from lab.realkernel.symbols.run import run_symbols

    lookups = LOOKED_UP if options.lookups is None else options.lookups
    seed = SEED if options.seed is None else options.seed
    module = MODULE if options.module is None else options.module
    with or_recorded():
        asked = boot_asked(options, headers=True)
        return run_symbols(
            asked.kernel, lookups, seed, module, asked.accel.name, asked.limit, asked.progress, asked.keep
        )


def _data(run: SymbolRun) -> dict[str, Any]:
    costs = {name: found for name in run.methods if (found := run.costs(name)) is not None}
    return {
        "headline": run.headline(), "equal": run.equal, "kernel": run.kernel, "qemu": run.qemu, "accel": run.accel,
        "recorded": run.recorded, "seed": run.seed, "module": run.module, "tables": run.tables,
        "methods": run.methods, "costs": costs, "own_path": run.own_path(), "same_path": run.same_path(),
        "ratios": _ratios(run),
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
    found = [
        ("tables:", f"{tables.ksymtab:,} in __ksymtab, {tables.ksymtab_gpl:,} in __ksymtab_gpl, "
         + ("the same names in the same order as in the image" if tables.as_image else "NOT those of the image")),
        ("names:", f"{len(run.questions):,}, seed {run.seed}, the module {run.module}"),
    ]  # fmt: skip
    if run.counted:
        found += [("costs:" if i == 0 else "", text) for i, text in enumerate(_costs(run))]
        found += [("own path:", _own_path(run))]
    for i, (pair, ratios) in enumerate(_ratios(run).items()):
        unit = "instructions" if run.counted else "time"
        here, there = (f"{r:.3g}" if r is not None else "–" for r in ratios.values())
        found.append(("ratios:" if i == 0 else "", f"{pair} is {here} in {unit} here, {there} in nanoseconds of the "
                      "bundled measurement (C, all references of all modules)"))  # fmt: skip
    if run.recorded:
        found.append(("recorded:", run.recorded))
    lines = [*textwrap.wrap(run.headline(), WIDE), "", run.table().to_text(), ""]
    for word, text in found:
        first, *more = textwrap.wrap(text, WIDE - MARGIN)
        lines += [f"{word:{MARGIN}}{first}", *(f"{'':{MARGIN}}{line}" for line in more)]
    return lines


def _costs(run: SymbolRun) -> list[str]:
    return [
        f"{m.word}: {c.lookup:.1f} instructions a lookup + {c.comparison:.1f} a comparison + {c.byte:.1f} a byte "
        f"compared + {c.letter:.1f} a letter of the name; a lookup is {c.off:.2%} off on average"
        for name, m in run.methods.items()
        if (c := run.costs(name)) is not None
    ]


def _own_path(run: SymbolRun) -> str:
    more = [
        f"{', '.join(f'{v:g}' for v in values[:8])} for names that {what}"
        for word, what in (("found", "it finds"), ("missing", "are missing"))
        if (values := run.own_path()[word])
    ]
    said = f"__symbol_get() takes instructions more than bsearch(): {'; '.join(more) or '–'}"
    if not run.same_path():
        return said
    return f"{said}: apart by less than a comparison takes, so it compares as many strings"
