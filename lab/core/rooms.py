"""A room's commands: a file for each, imported when it is the one wanted."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any

__all__ = ["add_room"]


def add_room(groups: Any, name: str, about: str, package: str, commands: Mapping[str, str], word: str) -> None:
    """Give the command line the group `name`, in its help `about`, with a command for each of `commands`.

    `commands`: command -> what it does; its file in `package` is called as the command is, with _ for -, and has
    `fill(parser)`. `word`: what the usage calls a command.
    """
    group = groups.add_parser(name, help=about)
    leaves = group.add_subparsers(dest="leaf", metavar=word, required=True)
    for command, what in commands.items():
        leaves.add_parser(command, help=what, description=f"{what[0].upper()}{what[1:]}.").fill = functools.partial(
            _fill, f"{package}.{command.replace('-', '_')}"
        )


def _fill(module: str, parser: Any) -> None:
    importlib.import_module(module).fill(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
