"""`kernel-lab symbols lookup`: who exports a name, from an index."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from lab.core.report import Report

if TYPE_CHECKING:
    from lab.symbols.store import Index, Row

__all__ = ["fill"]

MOST = 10_000


def fill(parser: Any) -> None:
    """Add the arguments of `lookup`."""
    parser.add_argument("names", metavar="NAME", nargs="+", help="exported symbol")
    parser.add_argument("--on", required=True, metavar="INDEX", help="an index that `kernel-lab symbols build` wrote")
    parser.add_argument("--prefix", action="store_true", help=f"all names that begin so, at most {MOST:,} of each")
    parser.set_defaults(run=_lookup)


def _lookup(options: argparse.Namespace) -> Report:
    from lab.symbols.store import open_index

    with open_index(options.on) as index:
        found: list[tuple[str, tuple[Row, ...]]] = [
            (name, index.prefixed(name, MOST) if options.prefix else index.find(name)) for name in options.names
        ]
        missing = [name for name, rows in found if not rows]
        near = {name: index.near(name) for name in missing}
        used = {row.name: len(index.importer_rows(index.number(row.name) or 0)) for _, rows in found for row in rows}
        text = _text(index, found, near, used)
    data = {
        "found": [_plain(row, used[row.name]) for _, rows in found for row in rows],
        "missing": [{"name": _shown(name), "near": near[name]} for name in missing],
    }
    return Report(data, text, 1 if missing else 0)


def _shown(name: str) -> str:
    """A name from the command line, its bytes that are no UTF-8 as hexadecimal."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _plain(row: Row, importers: int) -> dict[str, Any]:
    return {
        "name": row.name, "owner": row.owner, "address": None if row.address is None else f"0x{row.address:x}",
        "section": row.section or None, "crc": None if row.crc is None else f"0x{row.crc:08x}",
        "namespace": row.namespace, "gpl": row.gpl, "importers": importers,
    }  # fmt: skip


def _text(
    index: Index, found: list[tuple[str, tuple[Row, ...]]], near: dict[str, tuple[str, ...]], used: dict[str, int]
) -> str:
    from lab.core.table import Table

    table = Table(
        ("export", "owner", "address", "CRC", "namespace", "GPL only", "importers"),
        tuple(
            (p["name"], p["owner"], f"{p['section']}+{p['address']}" if p["section"] else p["address"], p["crc"],
             p["namespace"], p["gpl"], p["importers"])
            for _, rows in found for row in rows for p in [_plain(row, used[row.name])]
        ),
    )  # fmt: skip
    lines = [table.to_text()] if table.rows else []
    for name, close in near.items():
        hint = f"; near: {', '.join(close)}" if close else ""
        lines.append(f"{_shown(name)}: not exported by {index.kernel.release or 'this kernel'} or its modules{hint}")
    return "\n".join(lines)
