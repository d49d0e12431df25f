"""`kernel-lab kernel ...`: a file for each command, imported when it is the one wanted.

To add one: write its file with `fill(parser)`, add a line to `COMMANDS`.
"""

from __future__ import annotations

from typing import Any

from lab.core.rooms import add_room

__all__ = ["COMMANDS", "add_commands"]

# command -> what it does; its file is called as the command is
COMMANDS: dict[str, str] = {
    "doctor": "what this machine lacks for booting real kernels, and the one command that installs it",
    "fetch": "get the distribution's kernel through its package manager: the one command that uses the network",
    "naming": "boot a topology of cards, let the real systemd name them, and compare with the prediction",
    "netnode": "load the driver with a character device for each network interface, and live through its life",
    "symbols": "search the running kernel's own export tables inside the kernel, and compare the counts",
    "asyncpf": "real asynchronous page faults of a guest in KVM, traced, and the simulator on the same inputs",
}


def add_commands(groups: Any) -> None:
    """Give the command line the group `kernel`."""
    add_room(groups, "kernel", "the same three features on a real Linux kernel", __name__, COMMANDS, "COMMAND")
