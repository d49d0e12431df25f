"""`kernel-lab symbols ...`: a file for each command, imported when it is the one wanted.

To add one: write its file with `fill(parser)`, add a line to `COMMANDS`.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

__all__ = ["COMMANDS", "add_commands"]

# command -> what it does; its file is called as the command is, with _ for -
COMMANDS: dict[str, str] = {
    "info": "exports and undefined symbols of a kernel image or module",
    "cost": "comparisons of lookups in the bundled tables: counts, nothing is timed",
    "time": "measure lookups here, compiled, comparisons beside the nanoseconds",
    "pack": "make a data set of a kernel and all its modules, as the bundled one",
}


def add_commands(groups: Any) -> None:
    """Give the command line the group `symbols`."""
    group = groups.add_parser("symbols", help="kernel symbol tables: read them, index them, count and time lookups")
    leaves = group.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, what in COMMANDS.items():
        leaves.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.").fill = functools.partial(
            _fill, name
        )


def _fill(name: str, parser: Any) -> None:
    importlib.import_module(f"{__name__}.{name.replace('-', '_')}").fill(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
