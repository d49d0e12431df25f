"""`kernel-lab symbols diff`: what two kernels export differently."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lab.core.report import Report

if TYPE_CHECKING:
    from lab.symbols.store.diff import Change, Difference, Exported

__all__ = ["fill"]

# what may differ of an export that is in both -> its heading
FIELDS = {"moved": "owner", "crc": "CRC", "namespace": "namespace", "gpl": "licence class"}


def fill(parser: Any) -> None:
    """Add the arguments of `diff`."""
    what = "an index that `kernel-lab symbols build` wrote, or a Module.symvers"
    parser.add_argument("before", metavar="A", help=what)
    parser.add_argument("after", metavar="B", help=what)
    parser.set_defaults(run=_diff)


def _diff(options: argparse.Namespace) -> Report:
    from lab.symbols.store.diff import compare
    from lab.symbols.store.listing import listing

    before, after = listing(options.before), listing(options.after)
    found = compare(before, after)
    data = {
        "before": before.source, "after": after.source, "equal": found.equal,
        "counts": _counts(found), "crc_compared": found.crc_compared,
        "added": [_plain(e) for e in found.added], "removed": [_plain(e) for e in found.removed],
        **{field: [_changed(c, field) for c in getattr(found, field)] for field in FIELDS},
        "modules_added": found.modules_added, "modules_removed": found.modules_removed,
    }  # fmt: skip
    return Report(data, "\n".join(_lines(found)), 0 if found.equal else 1)


def _counts(found: Difference) -> dict[str, int | None]:
    lists = ("added", "removed", *FIELDS, "modules_added", "modules_removed")
    values = {name: getattr(found, name) for name in lists}
    return {name: None if value is None else len(value) for name, value in values.items()}


def _plain(export: Exported) -> dict[str, Any]:
    return {
        "name": export.name, "owner": export.owner, "crc": _crc(export.crc), "namespace": export.namespace,
        "gpl": export.gpl,
    }  # fmt: skip


def _changed(change: Change, field: str) -> dict[str, Any]:
    key = "owner" if field == "moved" else field
    values = {"before": _plain(change.before)[key], "after": _plain(change.after)[key]}
    return {"name": change.before.name, **({} if field == "moved" else {"owner": change.after.owner}), **values}


def _crc(crc: int | None) -> str | None:
    return None if crc is None else f"0x{crc:08x}"


def _lines(found: Difference) -> Iterator[str]:
    """Like a diff: - what is gone, + what has come, ! what changed; sums first."""
    if found.equal:
        yield "no difference" if found.crc_compared else "no difference; CRCs were not compared, one side has none"
        return
    counts = _counts(found)
    yield ", ".join(
        f"{counts[name]:,} {text}"
        for name, text in (
            ("added", "added"), ("removed", "removed"), ("moved", "moved to another owner"), ("crc", "CRC changed"),
            ("namespace", "namespace changed"), ("gpl", "licence class changed"),
        )
    )  # fmt: skip
    if not found.crc_compared:
        yield "CRCs were not compared: the exports of one side carry none"
    if found.modules_added is not None and found.modules_removed is not None:
        yield f"modules: {counts['modules_added']:,} added, {counts['modules_removed']:,} removed"
    for sign, exports in (("-", found.removed), ("+", found.added)):
        for e in exports:
            yield f"{sign} {e.name} ({e.owner}{', GPL only' if e.gpl else ''})"
    for field, heading in FIELDS.items():
        for c in getattr(found, field):
            values = _changed(c, field)
            if field == "gpl":
                values |= {side: "GPL only" if values[side] else "any licence" for side in ("before", "after")}
            yield f"! {c.before.name}: {heading} {values['before'] or 'none'} -> {values['after'] or 'none'}"
    for sign, modules in (("-", found.modules_removed), ("+", found.modules_added)):
        yield from (f"{sign} module {name}" for name in modules or ())
