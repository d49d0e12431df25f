"""`kernel-lab symbols ...`: a file for each command, imported when it is the one wanted.

To add one: write its file with `fill(parser)`, add a line to `COMMANDS`.
"""

from __future__ import annotations

from typing import Any

from lab.core.rooms import add_room

__all__ = ["COMMANDS", "add_commands"]

# command -> what it does; its file is called as the command is, with _ for -
COMMANDS: dict[str, str] = {
    "info": "exports and undefined symbols of a kernel image or module",
    "exports": "what a kernel, a module or a folder of modules exports, one list",
    "kallsyms": "every symbol of a kernel image, as /proc/kallsyms lists them",
    "cost": "comparisons of lookups in the bundled tables: counts, nothing is timed",
    "time": "measure lookups here, compiled, comparisons beside the nanoseconds",
    "depmod": "write the indexes that modprobe reads, as kmod does",
    "pack": "make a data set of a kernel and all its modules, as the bundled one",
    "build": "one index file for a kernel with all its modules, made or brought up to date",
    "lookup": "who exports a name: owner, address, CRC, namespace, licence class",
    "who-uses": "which modules ask for a symbol, or need a module",
    "deps": "which modules a module needs, and through which symbols",
    "diff": "what two kernels export differently",
    "why": "will a module load on an indexed kernel, and if not, why",
}


def add_commands(groups: Any) -> None:
    """Give the command line the group `symbols`."""
    add_room(
        groups,
        "symbols",
        "kernel symbol tables: read them, index them, count and time lookups",
        __name__,
        COMMANDS,
        "ACTION",
    )
