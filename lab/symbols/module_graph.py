"""Which modules a module needs, or which need it, in layers, and through which symbols."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Annotated

from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.symbols.bundled_index import bundled_index
from lab.symbols.corpus import bundled
from lab.symbols.module_load import module_number
from lab.symbols.store import Module
from lab.symbols.store.graph import closure, dependencies, dependents, load_order
from lab.symbols.store.rows import KERNEL

__all__ = ["GRAPHS", "Edge", "GraphScenario", "ModuleGraph", "Node", "module_graph"]

NEEDS, NEEDED = "needs", "is needed by"


@dataclasses.dataclass(frozen=True, slots=True)
class GraphScenario:
    """One module of the bundled kernel, and which way to look from it."""

    module: Annotated[str, Parameter("the module that is looked at, one of the bundled kernel's 4,023")] = "nouveau"
    direction: Annotated[
        str, Parameter("the modules that it needs, or those that need it", choices=(NEEDS, NEEDED))
    ] = NEEDS
    depth: Annotated[
        int, Parameter("how many steps away a module may be that needs it", unit="steps", low=1, high=4)
    ] = 2

    def __post_init__(self) -> None:
        """Refuse what is out of range; whether there is such a module is asked later. Raises `LabError`."""
        check(self)


GRAPHS: tuple[Preset[GraphScenario], ...] = (
    Preset("G1", "nouveau: graphics", GraphScenario(), "twelve modules are loaded first, each after what it needs"),
    Preset("G2", "ext4: a file system", GraphScenario("ext4"), "three small modules are loaded first"),
    Preset("G3", "libata: who needs it", GraphScenario("libata", NEEDED), "56 drivers stand on one module"),
    Preset("G4", "drm: who needs it", GraphScenario("drm", NEEDED), "one module, and most of graphics stands on it"),
    Preset("G5", "Intel sound", GraphScenario("snd_sof_pci_intel_tgl"), "the longest order of this kernel"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A module in the graph; `layer` 0 is leftmost. `kernel`: how many names it asks of the kernel itself."""

    name: str
    layer: int
    path: str
    kernel: int


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """`user` asks `owner` for `symbols`."""

    user: str
    owner: str
    symbols: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleGraph:
    """The graph around one module: owners left of their users.

    `order`: what modprobe loads, first to last. `every`: how many modules it needs (or need it), directly or not.
    """

    scenario: GraphScenario
    center: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    order: tuple[str, ...]
    every: int

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return 1 + max(node.layer for node in self.nodes)

    def direct(self) -> tuple[Edge, ...]:
        """The edges at the module itself, on the side that is looked at."""
        if self.scenario.direction == NEEDS:
            return tuple(e for e in self.edges if e.user == self.center)
        return tuple(e for e in self.edges if e.owner == self.center)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        direct = len(self.direct())
        if self.scenario.direction == NEEDED:
            if not self.every:
                return f"No module needs `{self.center}`."
            modules = f"{self.every:,} module{'' if self.every == 1 else 's'}"
            said = "all" if direct == self.every > 1 else f"{direct:,} of them"
            return f"`{self.center}` is needed by {modules}, {said} directly."
        if not self.every:
            return f"`{self.center}` needs no other module: the kernel has every name it asks for."
        first = self.order[:-1]
        names = ", ".join(f"`{name}`" for name in first[:3]) + (" …" if len(first) > 3 else "")
        modules = f"{self.every:,} module{'' if self.every == 1 else 's'}"
        return f"Before `{self.center}` modprobe loads {modules}, {direct:,} for itself: {names}"

    def around(self, name: str) -> tuple[Edge, ...]:
        """The edges of a module: whom it needs, then who needs it."""
        return tuple(e for e in self.edges if e.user == name) + tuple(e for e in self.edges if e.owner == name)

    def why(self, key: str) -> str:
        """The symbols of the edges of a module; of the one that is looked at if `key` is none."""
        name = key if any(node.name == key for node in self.nodes) else self.center
        kernel = next(node.kernel for node in self.nodes if node.name == name)
        needs = [(e.owner, e.symbols) for e in self.edges if e.user == name]
        used = [(e.user, e.symbols) for e in self.edges if e.owner == name]
        parts = [f"needs {_listed(needs)}"] if needs else []
        parts += [f"is needed by {_listed(used)}"] if used else []
        parts.append(f"asks the kernel for {kernel:,} name{'' if kernel == 1 else 's'}")
        return f"`{name}` {'; '.join(parts)}."

    def trace(self, key: str) -> tuple[str, ...]:
        """Every edge of that module with all its symbols."""
        name = key if any(node.name == key for node in self.nodes) else self.center
        return tuple(
            f"{e.user} asks {e.owner} for {len(e.symbols):,}: {', '.join(e.symbols)}" for e in self.around(name)
        )

    def table(self) -> Table:
        """What modprobe loads in order, or who needs the module."""
        by_name = {node.name: node for node in self.nodes}
        if self.scenario.direction == NEEDS:
            rows = []
            for step, name in enumerate(self.order, 1):
                node = by_name[name]
                needs = ", ".join(f"{e.owner} ({len(e.symbols):,})" for e in self.edges if e.user == name)
                rows.append((step, name, node.path, node.kernel, needs or None))
            columns = ("step", "module", "file", "names of the kernel", "needs (names)")
            return Table(columns, tuple(rows), f"what is loaded for {self.center}, each after what it needs")
        found = []
        for node in sorted(self.nodes, key=lambda n: (n.layer, n.name)):
            if node.name != self.center:
                needs = ", ".join(f"{e.owner} ({len(e.symbols):,})" for e in self.edges if e.user == node.name)
                found.append((node.layer, node.name, node.path, node.kernel, needs))
        columns = ("steps away", "module", "file", "names of the kernel", "needs (names)")
        caption = f"who needs {self.center}, at most {self.scenario.depth} steps away"
        return Table(columns, tuple(found), caption)


def _listed(ends: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Other modules with the symbols, those with most symbols first."""
    ranked = sorted(ends, key=lambda end: (-len(end[1]), end[0]))
    told = [f"`{name}` for {_names(symbols)}" for name, symbols in ranked[:2]]
    return ", ".join(told) + (f" and {len(ends) - 2:,} more" if len(ends) > 2 else "")


def _names(symbols: tuple[str, ...]) -> str:
    return symbols[0] if len(symbols) == 1 else f"{len(symbols):,} names ({symbols[0]} …)"


@functools.lru_cache(maxsize=16)
def module_graph(scenario: GraphScenario) -> ModuleGraph:
    """The graph of the scenario's module; raises `LabError` if the bundled kernel has no such module."""
    index = bundled_index()
    module = index.module(bundled().references.modules[module_number(scenario.module)])
    assert module is not None  # the index is made of the same modules
    order = load_order(index, module)
    if scenario.direction == NEEDS:
        return _of(scenario, module, _layers(order), {m.name: m for m in order}, order, len(order) - 1)
    every = closure(index, module, reverse=True)
    layer, known, latest = {module.name: 0}, {module.name: module}, [module]
    for step in range(1, scenario.depth + 1):
        rows = {e.module for m in latest for e in dependents(index, m) if e.module is not None}
        latest = [m for m in (index.modules[row] for row in sorted(rows)) if m.name not in layer]
        layer |= {m.name: step for m in latest}
        known |= {m.name: m for m in latest}
    return _of(scenario, module, layer, known, order, len(every))


def _layers(order: tuple[Module, ...]) -> dict[str, int]:
    """By module, how many steps the longest way to one that needs none has."""
    layer: dict[str, int] = {}
    for module in order:
        needs = [e.owner for e in dependencies(bundled_index(), module) if e.module is not None]
        layer[module.name] = 1 + max((layer.get(name, -1) for name in needs), default=-1)
    return layer


def _of(
    scenario: GraphScenario, module: Module, layer: dict[str, int], known: dict[str, Module],
    order: tuple[Module, ...], every: int,
) -> ModuleGraph:  # fmt: skip
    nodes, edges = [], []
    for name, found in known.items():
        needs = dependencies(bundled_index(), found)
        kernel = next((len(e.symbols) for e in needs if e.owner == KERNEL), 0)
        nodes.append(Node(name, layer[name], found.path, kernel))
        edges += [
            Edge(name, e.owner, e.symbols)
            for e in needs
            if e.module is not None and e.owner in known and layer[e.owner] < layer[name]
        ]
    names = tuple(m.name for m in order)
    return ModuleGraph(scenario, module.name, tuple(nodes), tuple(edges), names, every)
