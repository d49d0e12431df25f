"""namespace: a symbol of a namespace that the module does not import."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import MODINFO, SYMBOLS, Finding, Reason, Uncertain
from lab.symbols.why.question import Question
from lab.symbols.why.spaces import MODULES

__all__ = ["namespace"]


def namespace(asked: Question) -> Iterator[Finding]:
    """verify_namespace_is_imported() for each symbol, setup_modinfo() for what is imported.

    CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS makes it a warning; distributions leave it off.
    """
    imports = ", ".join(asked.module.imports) or "none"
    refused = False
    for found in asked.resolved:
        if found.row is not None and not found.imported and not found.tainted:
            refused = True
            yield Reason(
                "namespace",
                found.symbol,
                f"exported by {found.row.owner} in namespace {found.row.namespace}; the module imports {imports}",
                SYMBOLS,
                found.place,
            )
    if refused and not asked.loader.debian:
        yield Uncertain("namespace", "a kernel with CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS would only warn")
    for name in asked.module.imports:
        if name.startswith(MODULES) and any(space.startswith(MODULES) for space in asked.index.namespaces()):
            yield Reason("namespace", None, f"the module imports {name}, which no module may import itself", MODINFO, 1)
