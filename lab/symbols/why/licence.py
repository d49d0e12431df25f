"""gpl-only and license: symbols that a module's licence, or that of a module it uses, keeps from it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import SYMBOLS, Finding, Note, Reason
from lab.symbols.why.question import Question

__all__ = ["COMPATIBLE", "gpl_only", "is_proprietary", "license"]

# include/linux/license.h; the comparison is exact
COMPATIBLE = frozenset(
    ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL")
)  # fmt: skip
OFFENDERS = ("driverloader", "lve")  # module_license_offenders: named so, they count as proprietary


def is_proprietary(licence: str | None, name: str) -> bool:
    """Whether the kernel marks a module TAINT_PROPRIETARY_MODULE for what it states; None: it states nothing."""
    return licence not in COMPATIBLE or name in OFFENDERS


def gpl_only(asked: Question) -> Iterator[Finding]:
    """GPL-only exports, which find_symbol() does not show to a proprietary module ("Unknown symbol")."""
    licence = asked.module.licence
    stated = "states no licence" if licence is None else f"has the licence {licence!r}"
    if is_proprietary(licence, asked.module.name):
        yield Note(f"the module {stated}, which is not GPL-compatible: it taints the kernel")
    else:
        stated = f"has the licence {licence!r}, but uses symbols of a proprietary module"
    for found in asked.resolved:
        if found.hidden is not None and found.row is None and not found.weak:
            yield Reason(
                "gpl-only",
                found.symbol,
                f"exported by {found.hidden.owner} for GPL-compatible modules only; the module {stated}",
                SYMBOLS,
                found.place,
            )


def license(asked: Question) -> Iterator[Finding]:
    """A module that uses GPL-only symbols may use none of a proprietary module (inherit_taint())."""
    for found in asked.resolved:
        if found.tainted and not found.weak:
            yield Reason(
                "license",
                found.symbol,
                f"exported by the proprietary module {found.tainted}; the module uses GPL-only symbols",
                SYMBOLS,
                found.place,
            )
