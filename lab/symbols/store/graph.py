"""Which module needs which, and through which symbols."""

from __future__ import annotations

import dataclasses

from lab.symbols.store.index import Index
from lab.symbols.store.rows import KERNEL, Module

__all__ = ["Edge", "closure", "dependencies", "dependents", "load_order"]


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """`owner`: the other module's name, `vmlinux`, or "" for names that nobody exports. `module`: its row, else None.

    `symbols`: through which, sorted by name.
    """

    owner: str
    module: int | None
    symbols: tuple[str, ...]


def dependencies(index: Index, module: Module) -> tuple[Edge, ...]:
    """Whom a module's undefined symbols lead to: the kernel first, modules by name, then what nobody exports."""
    groups: dict[int | None, list[int]] = {}
    for number in index.need_numbers(module.row):
        groups.setdefault(index.provider(number), []).append(number)
    missing = groups.pop(None, [])
    groups.pop(module.row, None)
    edges = [_edge(index, row, groups[row]) for row in sorted(r for r in groups if r is not None)]
    return (*edges, *([Edge("", None, _sorted(index, missing))] if missing else []))


def dependents(index: Index, module: Module) -> tuple[Edge, ...]:
    """The modules that need `module`, by name, and what they need of it."""
    groups: dict[int, list[int]] = {}
    for number in dict.fromkeys(index.export_numbers(module.row)):
        if index.provider(number) == module.row:
            for row in index.importer_rows(number):
                groups.setdefault(row, []).append(number)
    groups.pop(module.row, None)
    return tuple(_edge(index, row, groups[row]) for row in sorted(groups))


def closure(index: Index, module: Module, reverse: bool = False) -> tuple[Module, ...]:
    """Every module that `module` needs (or with `reverse`, that needs it), directly or not, by row; not itself."""
    step = _users if reverse else _needed
    seen, waiting = {module.row}, [module.row]
    while waiting:
        for row in step(index, waiting.pop()):
            if row not in seen:
                seen.add(row)
                waiting.append(row)
    return tuple(index.modules[row] for row in sorted(seen - {module.row}))


def load_order(index: Index, module: Module) -> tuple[Module, ...]:
    """`module` and all it needs, each after what it needs itself (where they do not need each other in a circle)."""
    order: list[int] = []
    seen = {module.row}
    stack = [(module.row, iter(_needed(index, module.row)))]
    while stack:
        row, rest = stack[-1]
        following = next((r for r in rest if r not in seen), None)
        if following is None:
            order.append(row)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(_needed(index, following))))
    return tuple(index.modules[row] for row in order)


def _needed(index: Index, row: int) -> list[int]:
    found = {index.provider(number) for number in index.need_numbers(row)}
    return sorted(r for r in found if r is not None and r >= 0 and r != row)


def _users(index: Index, row: int) -> list[int]:
    found: set[int] = set()
    for number in index.export_numbers(row):
        if index.provider(number) == row:
            found.update(index.importer_rows(number))
    return sorted(found - {row})


def _edge(index: Index, row: int, numbers: list[int]) -> Edge:
    owner, module = (KERNEL, None) if row < 0 else (index.modules[row].name, row)
    return Edge(owner, module, _sorted(index, numbers))


def _sorted(index: Index, numbers: list[int]) -> tuple[str, ...]:
    return tuple(map(index.name, sorted(set(numbers))))
