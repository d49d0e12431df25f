"""duplicate: the module exports a name that is exported already."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import DUPLICATES, Finding, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["duplicate"]


def duplicate(asked: Question) -> Iterator[Finding]:
    """verify_exported_symbols(): "exports duplicate symbol". Its own file in the tree does not count."""
    others: list[str] = []
    for place, export in enumerate(asked.module.exports):
        taken = [
            row
            for row in asked.index.find(export.name)
            if row.owner != asked.module.name and (row.module is None or not asked.index.modules[row.module].hidden)
        ]
        if taken:
            symbol = export.name.decode("utf-8", "backslashreplace")
            yield Reason("duplicate", symbol, f"the module exports it, so does {taken[0].owner}", DUPLICATES, place)
            others += [taken[0].owner] if taken[0].module is not None else []
    for owner in dict.fromkeys(others):
        yield Uncertain("duplicate", f"while {owner} is not loaded the kernel does not know its exports")
