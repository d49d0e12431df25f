"""`kernel-lab pagefault ...`: a file for each command, imported when it is the one wanted.

To add one: write its file with `fill(parser)`, add a line to `COMMANDS`.
"""

from __future__ import annotations

from typing import Any

from lab.core.rooms import add_room

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
    add_room(groups, "pagefault", "asynchronous page faults: who has to wait", __name__, COMMANDS, "COMMAND")
