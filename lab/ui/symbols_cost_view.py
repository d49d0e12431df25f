"""Cost against table size: the mean comparisons of a hit in each index."""

from __future__ import annotations

from lab.core.scenario import Preset, command_line
from lab.core.table import Table
from lab.symbols.cost import SizeCost
from lab.symbols.cost_picture import mean, size_picture
from lab.symbols.counted import COUNTED_SIZES, counted
from lab.symbols.scenario import ALL_EXPORTS, SIZES, SYNTHETIC_SIZES, SymbolScenario
from lab.symbols.structures import STRUCTURES
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.symbols_methods import MethodsChart, single_lookups
from lab.ui.symbols_names import toggled

__all__ = ["symbols_cost"]

GROWTH = (
    Preset(
        "S1", "the kernel's 10,503 exports", SymbolScenario(), "the linear scan grows with the table, the others hardly"
    ),
    Preset("S2", "all 24,683 exports", SymbolScenario(size=SIZES[-1]), "twice the names: one or two comparisons more"),
)


def symbols_cost(preset: str = "S1") -> Explorer:
    """How does the cost grow with the table? Mean comparisons of a hit; beyond all names, synthetic ones.

    `preset`: S1 (the kernel's exports) or S2 (those of its modules too). Raises `LabError` for another one.
    """
    picture = MethodsChart()
    explorer = Explorer(
        Subject(
            name="symbols_cost",
            question="How does the cost grow with the table?",
            presets=GROWTH,
            primary=("size", "layout"),
            view=_view,
            command=lambda s: command_line(s, "symbols", "cost"),
            picture=picture,
            more=("methods",),
        ),
        preset,
    )
    picture.toggle = lambda method: explorer.attempt("methods", toggled(explorer.scenario.methods, method))
    return explorer


def _view(scenario: SymbolScenario, canvas: Canvas) -> View:
    methods = single_lookups(scenario.methods)
    found = [counted(m, size, scenario.layout) for size in COUNTED_SIZES for m in methods]
    costs = [SizeCost(c.method, c.size, c.mean, c.most) for c in found]
    small, large = ({c.method: c.mean for c in costs if c.size == s} for s in (SIZES[0], SIZES[-1]))
    shown = methods if len(methods) <= 4 else methods[:3]
    told = ", ".join(f"{STRUCTURES[m].word} × {mean(large[m] / small[m])}" for m in shown)
    headline = f"Names × {SIZES[-1] / SIZES[0]:,.0f}: {told}{', …' if shown != methods else ''}."
    if scenario.synthetic:
        headline += f" Table: {scenario.names}."
    picture = size_picture(costs, scenario.size, headline, canvas.width, canvas.text)
    rows = tuple(
        (STRUCTURES[c.method].word, c.size, "synthetic" if c.size > ALL_EXPORTS else "real", round(c.mean, 4), c.most)
        for c in costs
    )
    caption = (
        f"layout {scenario.layout}; real exported names up to {ALL_EXPORTS:,}, beyond that "
        f"({', '.join(f'{s:,}' for s in SYNTHETIC_SIZES)}) with synthetic ones"
    )

    def why(key: str) -> Why:
        method, _, size = key.partition(":")
        wanted = int(size) if size.isdecimal() else scenario.size
        at = [c for c in costs if c.size == wanted]
        lines = tuple(f"{STRUCTURES[c.method].word}: mean {mean(c.mean)}, at most {c.most:,}" for c in at)
        said = "; ".join(
            f"{STRUCTURES[c.method].word} {mean(c.mean)}, at most {c.most:,}" for c in at if method in ("", c.method)
        )
        names = SymbolScenario(size=wanted).names
        return Why(f"{names}, mean comparisons: {said}.", lines)

    return View(
        headline,
        (picture, methods),
        Table(("method", "names", "which", "mean comparisons", "most"), rows, caption),
        picture.standalone,
        why,
        "synthetic" if scenario.synthetic else "",
    )
