"""Where each undefined symbol of a module resolves, in the loader's order and by its rules.

simplify_symbols(), resolve_symbol(), find_symbol() and inherit_taint() of kernel/module/main.c (v6.1 to 6.17). A
module of the tree counts as loaded, as modprobe would load it first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.symbols.store import Index, Row
from lab.symbols.store.graph import load_order
from lab.symbols.why.licence import is_proprietary
from lab.symbols.why.module import Module
from lab.symbols.why.spaces import allowed

__all__ = ["Resolution", "resolve"]


@dataclasses.dataclass(frozen=True, slots=True)
class Resolution:
    """One undefined symbol.

    `place`: its number in the module's order. `row`: the export that answers, None if none may. `hidden`: one that
    would, but is for GPL-compatible modules only and the module is not. `wanted`: the CRC that the module was built
    against, None where it records none. `tainted`: the proprietary module that answers a module which uses GPL-only
    symbols. `imported`: whether the module may use the export's namespace.
    """

    place: int
    symbol: str
    weak: bool
    row: Row | None
    hidden: Row | None
    wanted: int | None
    tainted: str
    imported: bool

    @property
    def zero(self) -> bool:
        """It stays 0: a weak symbol that nobody may answer."""
        return self.weak and (self.row is None or bool(self.tainted))


def resolve(module: Module, index: Index) -> tuple[Resolution, ...]:
    """Each undefined symbol of `module` on the kernel of `index`; raises `LabError` for a damaged index."""
    proprietary = is_proprietary(module.licence, module.name)
    tainted_owner = _tainted(index)
    uses_gpl = False
    found = []
    for place, (name, weak) in enumerate(module.undefined):
        row, hidden = _find(index, name, module.name, gpl_ok=not proprietary)
        tainted = ""
        if row is not None:
            uses_gpl = uses_gpl or row.gpl
            if row.module is not None and tainted_owner(row.module):
                tainted, proprietary = (row.owner, proprietary) if uses_gpl else ("", True)
        found.append(
            Resolution(
                place=place,
                symbol=name.decode("utf-8", "backslashreplace"),
                weak=weak,
                row=row,
                hidden=hidden,
                wanted=(module.versions or {}).get(name),
                tainted=tainted,
                imported=row is None or allowed(row.namespace, module),
            )
        )
    return tuple(found)


def _find(index: Index, name: bytes, own: str, gpl_ok: bool) -> tuple[Row | None, Row | None]:
    """The export that answers, the kernel's before a module's; and one that does not for its licence class."""
    hidden = None
    for row in index.find(name):
        if row.owner == own or (row.module is not None and index.modules[row.module].hidden):
            continue
        if gpl_ok or not row.gpl:
            return row, None
        hidden = hidden or row
    return None, hidden


def _tainted(index: Index) -> Callable[[int], bool]:
    """Whether the module in a row carries the taint of a proprietary one: it is one, or it uses one, if indirectly.

    inherit_taint() hands it on (commit 262e6ae7081d, 5.9).
    """
    known: dict[int, bool] = {}

    def tainted(row: int) -> bool:
        if row not in known:
            needed = load_order(index, index.modules[row])
            known[row] = any(is_proprietary(m.licence.split(" / ")[0] or None, m.name) for m in needed)
        return known[row]

    return tainted
