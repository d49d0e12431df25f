"""`kernel-lab symbols exports`: what a kernel, a module or a folder of modules exports."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from lab.core import progress
from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `exports`."""
    parser.add_argument(
        "file",
        metavar="FILE|DIR",
        help="kernel image, module, Module.symvers or folder whose modules are read (and a vmlinuz in it); "
        "each must be intact, links that lead nowhere are passed over",
    )
    parser.set_defaults(run=_exports)


def _exports(options: argparse.Namespace) -> Report:
    from lab.symbols.listing import list_exports

    rows = list_exports(options.file, progress.terminal(), dangling=_note)
    if options.json:
        data = [
            {"name": r.name, "owner": r.owner, "crc": _hex(r.crc), "namespace": r.namespace, "gpl": r.gpl}
            for r in rows
        ]  # fmt: skip
        return Report(data, "")
    from lab.core.table import Table

    table = Table(
        ("owner", "export", "CRC", "namespace", "GPL only"),
        tuple((r.owner, r.name, _hex(r.crc), r.namespace, r.gpl) for r in rows),
    )
    owners = len({r.owner for r in rows})
    return Report([], f"{table.to_text()}\n\n{len(rows):,} exports of {owners:,} owners")


def _note(path: str) -> None:
    print(f"kernel-lab: note: {path} is a link that leads nowhere; passed over", file=sys.stderr)


def _hex(crc: int | None) -> str | None:
    return None if crc is None else f"0x{crc:08x}"
