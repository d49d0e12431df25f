"""`kernel-lab pagefault ...`: a file for each command, imported when it is the one wanted.

To add one: write its file with `fill(parser)`, add a line to `COMMANDS`.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

__all__ = ["COMMANDS", "add_commands"]

# command -> what it does; its file is called as the command is, with _ for -
COMMANDS: dict[str, str] = {
    "run": "simulate sync, halt and pv with the same random numbers",
    "theory": "the closed form that applies to each mode, or why none does",
    "sweep": "the same over several values of one parameter, theory beside it",
    "grid": "every combination of several parameters' values, replicated, in parallel, as a table and a map",
    "break-even": "from how many tasks, which page-in time (or another quantity) on telling the guest pays",
    "published": "two published tables of asynchronous page faults beside ours, by theory and simulated",
    "trace": "what a trace of KVM's asynchronous page faults says: events, intervals, what could not be paired",
    "devices": "paging devices by name, with the source of their figures, for --device",
    "failures": "what has gone wrong with asynchronous faults in practice, for --failure",
}


def add_commands(groups: Any) -> None:
    """Give the command line the group `pagefault`."""
    group = groups.add_parser("pagefault", help="asynchronous page faults: who has to wait")
    leaves = group.add_subparsers(dest="leaf", metavar="COMMAND", required=True)
    for name, what in COMMANDS.items():
        leaves.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.").fill = functools.partial(
            _fill, name
        )


def _fill(name: str, parser: Any) -> None:
    importlib.import_module(f"{__name__}.{name.replace('-', '_')}").fill(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
