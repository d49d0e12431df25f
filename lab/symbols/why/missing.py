"""missing: a symbol that neither the kernel nor a module of the tree exports."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import SYMBOLS, Finding, Note, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["missing"]

SUGGESTED = 20  # missing symbols for which names that look alike are searched: each search passes over all names


def missing(asked: Question) -> Iterator[Finding]:
    """simplify_symbols(): "Unknown symbol"; a weak one stays 0."""
    lacking = [r for r in asked.resolved if r.row is None and r.hidden is None]
    for count, found in enumerate(r for r in lacking if not r.weak):
        near = asked.index.near(found.symbol, 2) if count < SUGGESTED else ()
        alike = f"; there is {' and '.join(near)}" if near else ""
        modules = len(asked.index.modules)
        where = f"vmlinux and its {modules:,} modules do" if modules else "vmlinux (no module was indexed) does"
        evidence = f"the module needs it, {where} not export it{alike}"
        yield Reason("missing", found.symbol, evidence, SYMBOLS, found.place)
    if not asked.index.modules and any(not r.weak for r in lacking):
        yield Uncertain(
            "missing",
            "no module of the kernel's tree was indexed: one of them may export what vmlinux does not; "
            "build the index with --modules",
        )
    zero = [r.symbol for r in lacking if r.weak]
    if zero:
        yield Note(f"weak and exported by nobody, so 0: {', '.join(zero)}")
