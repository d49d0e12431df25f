"""One file for a kernel with all its modules: who exports a name, who imports it, and what each module states.

    from lab.symbols.store import open_index

    with open_index("6.1.index") as index:
        for row in index.find("ata_link_abort"):            # () if nobody exports it
            row.owner, row.section, row.address, row.crc, row.namespace, row.gpl
        index.importers("ata_link_abort")                   # modules that ask for it, sorted by name
        module = index.module("libata")                     # None if there is none of that name
        index.undefined(module)                             # what it asks for: name, CRC, weak
        graph.dependencies(index, module)                   # which owners answer, through which symbols

Files   `format` the bytes, `columns` the tables in memory, `scan` the folder, `read_modules` the .ko files
Making  `build` from scratch or from an older index, `merge` puts tables together (both use it)
Asking  `index` (the open file), `memory` (the same without a file), `rows` (what it answers with), `graph`
        (dependencies), `diff` (two kernels)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.symbols.store.index import Index, open_index
    from lab.symbols.store.rows import KernelFacts, Module, Need, Row

__all__ = ["Index", "KernelFacts", "Module", "Need", "Row", "open_index"]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are asked for: a build needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lab.symbols.store import index, rows

    return getattr(index if name in index.__all__ else rows, name)
