"""`kernel-lab symbols who-uses`: which modules ask for a symbol, or need a module."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lab.core.report import Report

if TYPE_CHECKING:
    from lab.symbols.store import Index

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `who-uses`."""
    parser.add_argument("name", metavar="NAME", help="symbol or module")
    parser.add_argument("--on", required=True, metavar="INDEX", help="an index that `kernel-lab symbols build` wrote")
    parser.set_defaults(run=_who_uses)


def _who_uses(options: argparse.Namespace) -> Report:
    from lab.symbols.store import open_index

    name = options.name
    with open_index(options.on) as index:
        symbol, module = _of_symbol(index, name), _of_module(index, name)
        if symbol is None and module is None:
            near = index.near(name)
            hint = f"; near: {', '.join(near)}" if near else ""
            text = f"{name}: neither a module nor a name that one exports or asks for{hint}"
            return Report({"name": name, "symbol": None, "module": None, "near": near}, text, 1)
    lines = []
    if symbol is not None:
        users = symbol["importers"]
        owners = ", ".join(symbol["owners"]) or "nobody"
        lines.append(f"symbol {name}, exported by {owners}: asked for by {_times(len(users), 'module')}")
        lines += [f"  {user}" for user in users]
    if module is not None:
        lines.append(f"module {module['name']}: needed by {_times(len(module['users']), 'module')}")
        lines += [f"  {user['module']}: {', '.join(user['symbols'])}" for user in module["users"]]
    return Report({"name": name, "symbol": symbol, "module": module, "near": []}, "\n".join(lines))


def _of_symbol(index: Index, name: str) -> dict[str, Any] | None:
    if index.number(name) is None:
        return None
    return {
        "owners": [row.owner for row in index.find(name)],
        "importers": list(dict.fromkeys(module.name for module in index.importers(name))),
    }


def _of_module(index: Index, name: str) -> dict[str, Any] | None:
    from lab.symbols.store.graph import dependents

    module = index.module(name)
    if module is None:
        return None
    users = [{"module": edge.owner, "symbols": edge.symbols} for edge in dependents(index, module)]
    return {"name": module.name, "path": module.path, "users": users}


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
