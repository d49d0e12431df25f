"""`kernel-lab naming ...`: a file for each command. To add one: write its file, add a line to `COMMANDS`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from lab.naming.commands import (
    alias,
    compare,
    fleet,
    matrix,
    nodes,
    persistent,
    pin,
    predict,
    resolve,
    show,
    snapshot,
    tree,
    whatif,
    why,
)

__all__ = ["COMMANDS", "add_commands"]

COMMANDS: tuple[ModuleType, ...] = (
    show,
    predict,
    snapshot,
    why,
    compare,
    matrix,
    whatif,
    pin,
    tree,
    nodes,
    resolve,
    alias,
    persistent,
    fleet,
)


def add_commands(groups: Any) -> None:
    """Add `kernel-lab naming` with its subcommands."""
    naming = groups.add_parser("naming", help="which name does a network interface get, and why")
    commands = naming.add_subparsers(dest="naming_command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
