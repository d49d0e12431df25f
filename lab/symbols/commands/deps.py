"""`kernel-lab symbols deps`: which modules a module needs, and through which symbols."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report

if TYPE_CHECKING:
    from lab.symbols.store import Index, Module
    from lab.symbols.store.graph import Edge

__all__ = ["fill"]

MOST = 12  # symbols of one owner shown in a line


def fill(parser: Any) -> None:
    """Add the arguments of `deps`."""
    parser.add_argument("module", metavar="MODULE", help="name of a module in the index")
    parser.add_argument("--on", required=True, metavar="INDEX", help="an index that `kernel-lab symbols build` wrote")
    parser.add_argument("--reverse", action="store_true", help="the modules that need it")
    parser.add_argument("--tree", action="store_true", help="what those need in turn, each shown once")
    parser.add_argument("--all", action="store_true", help=f"each symbol, not the first {MOST} of each module alone")
    parser.set_defaults(run=_deps)


def _deps(options: argparse.Namespace) -> Report:
    from lab.symbols.store import graph, open_index

    with open_index(options.on) as index:
        module = index.module(options.module)
        if module is None:
            raise LabError(_absent(index, options.module))
        step = graph.dependents if options.reverse else graph.dependencies
        edges = step(index, module)
        data: dict[str, Any] = {
            "module": module.name, "path": module.path, "reverse": options.reverse,
            "edges": [{"owner": edge.owner or None, "symbols": edge.symbols} for edge in edges],
            "all": [m.name for m in graph.closure(index, module, options.reverse)],
        }  # fmt: skip
        if not options.reverse:
            data["load_order"] = [m.name for m in graph.load_order(index, module)]
        if options.tree:
            lines = [module.name, *_tree(index, module, options.reverse, options.all)]
        else:
            lines = [_headline(data), *(_line(edge, options.all) for edge in edges)]
    if not options.reverse and len(data["load_order"]) > 1:
        lines.append(f"load order: {' '.join(data['load_order'])}")
    return Report(data, "\n".join(lines))


def _absent(index: Index, name: str) -> str:
    if name.replace("-", "_") in index.builtin:
        return f"{name}: is built into the kernel; what it needs is in the image and no index tells it"
    return f"{name}: no module of that name in {index.path}"


def _headline(data: dict[str, Any]) -> str:
    direct = sum(edge["owner"] not in (None, "vmlinux") for edge in data["edges"])
    verb = "is needed by" if data["reverse"] else "needs"
    plural = "" if direct == 1 else "s"
    return f"{data['module']} {verb} {direct:,} module{plural} directly, {len(data['all']):,} in all"


def _line(edge: Edge, every: bool) -> str:
    return f"  {edge.owner or 'nobody exports'} ({len(edge.symbols):,}): {_names(edge, every)}"


def _names(edge: Edge, every: bool) -> str:
    more = 0 if every else len(edge.symbols) - MOST
    if more <= 1:  # one more takes no more room than to say so
        return ", ".join(edge.symbols)
    return f"{', '.join(edge.symbols[:MOST])} and {more:,} more"


def _tree(index: Index, root: Module, reverse: bool, every: bool) -> Iterator[str]:
    """The modules below `root`, indented; one that was shown before is named only."""
    from lab.symbols.store import graph

    step = graph.dependents if reverse else graph.dependencies
    shown = {root.row}
    levels = [iter(step(index, root))]
    while levels:
        edge = next(levels[-1], None)
        if edge is None:
            levels.pop()
        elif edge.module is None and edge.owner:
            continue  # the kernel: every module needs it
        else:
            again = edge.module in shown
            name = edge.owner or "(nobody exports)"
            symbols = "see above" if again else _names(edge, every)
            yield f"{'  ' * len(levels)}{name}: {symbols}"
            if edge.module is not None and not again:
                shown.add(edge.module)
                levels.append(iter(step(index, index.modules[edge.module])))
