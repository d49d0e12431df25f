"""Symbols on a real kernel: what its own tables cost to search, counted inside, beside what was predicted."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

from lab.core.progress import Progress
from lab.core.scenario import Parameter, Preset, check, command_line
from lab.realkernel.symbols.questions import LOOKUPS, SEEDS
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Subject, View, Why
from lab.ui.kernel_run import HERE, NOT_RUN, RECORDED, KernelExplorer, KernelRun
from lab.ui.kernel_symbols_picture import draw

if TYPE_CHECKING:
    from lab.realkernel.symbols.result import SymbolRun

__all__ = ["LookupScenario", "symbols_kernel"]

MAIN = ("linear", "bsearch", "hash")


@dataclasses.dataclass(frozen=True, slots=True)
class LookupScenario:
    """Which names are looked up inside the kernel, and which ways are shown."""

    lookups: Annotated[
        int,
        Parameter("names that are looked up", low=LOOKUPS[0], high=LOOKUPS[1], steps=(4, 40, 400, 1000, 4000, 20_000)),
    ] = 400
    seed: Annotated[int, Parameter("chooses the names", low=SEEDS[0], high=SEEDS[1])] = 1
    module: Annotated[str, Parameter("a quarter of the names is what this module asks for")] = "kvm"
    every: Annotated[
        bool, Parameter("show the kernel's own two ways and the Eytzinger layout too", label="all ways")
    ] = False

    def __post_init__(self) -> None:
        """Refuse a number out of range."""
        check(self)


PRESETS = (
    Preset("C1", "Three ways through the kernel's own tables", LookupScenario(), "Counted is what was predicted."),
    Preset("C2", "And the kernel's own ways", LookupScenario(every=True), "Its own path compares as many strings."),
)  # fmt: skip


def symbols_kernel(preset: str = "", **changes: Any) -> KernelExplorer:
    """How many comparisons does the kernel itself need? Opens on a recording; a click counts them here.

    `preset`: C1 (three ways) or C2 (all); `changes`: such as module="libata". Raises `LabError` for unknown ones.
    """
    run = KernelRun("symbols", _boot, _asked)

    def view(scenario: LookupScenario, canvas: Canvas) -> View:
        recorded = _recorded()
        fits = _asked(scenario) == (len(recorded.questions), recorded.seed, recorded.module)
        here = run.shown(scenario, fits)
        if here is not None:
            return _view(here, HERE, scenario, canvas)
        return _view(recorded, RECORDED if fits else NOT_RUN, scenario, canvas)

    return KernelExplorer(
        Subject(
            name="symbols_kernel",
            question="How many comparisons does the kernel itself need?",
            presets=PRESETS,
            primary=("lookups", "module", "every"),
            view=view,
            command=_command,
            picture=Chart(grid=True),
            more=("seed",),
        ),
        run,
        preset,
        **changes,
    )


def _asked(scenario: LookupScenario) -> tuple[int, int, str]:
    """What the run depends on."""
    return scenario.lookups, scenario.seed, scenario.module.strip()


def _command(scenario: LookupScenario) -> str:
    return command_line(dataclasses.replace(scenario, every=False), "kernel", "symbols")


def _boot(scenario: LookupScenario, progress: Progress) -> SymbolRun:
    """Build the module for the newest kernel that is here, and count instructions in it."""
    from lab.realkernel.kernels.find import find_kernel
    from lab.realkernel.symbols import run_symbols

    lookups, seed, module = _asked(scenario)
    return run_symbols(find_kernel(headers=True), lookups, seed, module, progress=progress)


@functools.cache
def _recorded() -> SymbolRun:
    from lab.realkernel.symbols import recorded

    return recorded()


def headline(run: SymbolRun, shown: Collection[str]) -> str:
    """The answer in one sentence: the ratio, and whether it was predicted; counted are the lookups that are `shown`."""
    if not run.equal:
        return run.headline()
    linear, search = (run.methods[name].comparisons_per_lookup for name in ("linear", "bsearch"))
    total = sum(m.lookups for name, m in run.methods.items() if name in shown and m.predicted is not None)
    assert linear is not None
    assert search is not None
    ratio = f"{linear / search:,.0f}×"
    return f"The scan compares {ratio} as many strings as bsearch(): as predicted in all {total:,} lookups."


def _view(run: SymbolRun, badge: str, scenario: LookupScenario, canvas: Canvas) -> View:
    methods = tuple(run.methods) if scenario.every else MAIN
    said = headline(run, methods)
    if badge == NOT_RUN:
        said = f"Not run yet with these names; recorded with {len(run.questions):,} others: {said[0].lower()}{said[1:]}"
    picture = draw(run, methods, said, canvas.width, canvas.text)
    table = run.table()
    tables = (
        f"Linux {run.kernel} searches its own {run.tables.ksymtab:,} + {run.tables.ksymtab_gpl:,} exports; "
        f"the names and their order are {'those' if run.tables.as_image else 'NOT those'} of its image."
    )
    where = f"QEMU {run.qemu}, {run.accel}; seed {run.seed}; a quarter of the names from the module {run.module}"

    def why(key: str) -> Why:
        method = run.methods.get(key)
        if method is None:
            then = [f"recorded: {run.recorded}", "predicted now, as this was opened"] if run.recorded else []
            return Why(tables, (where, *then))
        line = f"{method.word}: {method.found:,} of {method.lookups:,} names found"
        cost = run.costs(key)
        if cost is not None:
            line += (
                f"; a lookup takes {cost.lookup:.0f} instructions, {cost.comparison:.0f} more for each string and "
                f"{cost.byte:.0f} for each byte compared"
            )
        elif key == "symbol_get":
            line += "; the kernel's own path: nothing is counted in it, its instructions are held against bsearch()'s"
        own = run.own_path() if key == "symbol_get" else {}
        more = [f"{w}: {', '.join(f'{v:g}' for v in values[:8])} instructions more" for w, values in own.items()]
        if own and run.same_path():
            more.append("apart by less than a comparison takes: it compares as many strings as bsearch()")
        return Why(f"{line}.", (*method.differences, *more, where))

    return View(said, picture, table, lambda: draw(run, methods, said).standalone(), why, badge)
