"""The explorers: the only room that knows widgets. Import what you need: `from lab.ui import naming_explorer`."""

from __future__ import annotations

import importlib
from typing import Any

# name -> module that defines it; loaded when first asked for, so one notebook pays for one room
ENTRIES = {
    "naming_explorer": "lab.ui.naming",
    "naming_fleet": "lab.ui.naming_hosts",
    "naming_here": "lab.ui.naming_live",
    "naming_matrix": "lab.ui.naming_policies",
    "naming_pin": "lab.ui.naming_rules",
    "naming_kernel": "lab.ui.kernel_naming",
    "naming_netnode": "lab.ui.kernel_netnode",
    "naming_tree": "lab.ui.naming",
    "naming_whatif": "lab.ui.naming_rebuild",
    "symbols_explorer": "lab.ui.symbols_race",
    "symbols_cost": "lab.ui.symbols_cost_view",
    "symbols_kernel": "lab.ui.kernel_symbols",
    "symbols_memory": "lab.ui.symbols_memory_view",
    "symbols_steps": "lab.ui.symbols_steps_view",
    "symbols_story": "lab.ui.symbols_story_view",
    "symbols_time": "lab.ui.symbols_time_view",
    "symbols_module": "lab.ui.symbols_load",
    "symbols_graph": "lab.ui.symbols_graph_view",
    "symbols_why": "lab.ui.symbols_why_view",
    "pagefault_explorer": "lab.ui.pagefault",
    "pagefault_theory": "lab.ui.pagefault_curve",
    "pagefault_kernel": "lab.ui.kernel_asyncpf",
    "pagefault_protocol": "lab.ui.pagefault_protocol_view",
    "pagefault_trace": "lab.ui.pagefault_trace_view",
    "pagefault_breakeven": "lab.ui.pagefault_breakeven_view",
    "pagefault_published": "lab.ui.pagefault_published_view",
    "pagefault_schedulers": "lab.ui.pagefault_schedulers_view",
}

__all__ = list(ENTRIES)


def __getattr__(name: str) -> Any:
    """Load an explorer's module when its function is asked for."""
    if name not in ENTRIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(ENTRIES[name]), name)
