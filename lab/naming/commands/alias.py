"""`kernel-lab naming alias`: the stable names as altnames of the kernel. Nothing is changed without --apply."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.table import Table
from lab.naming.commands.inside import inside
from lab.naming.commands.options import FILE, add_live, machine_asked

if TYPE_CHECKING:
    from lab.naming.nodes import Alias

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add `alias`."""
    alias = commands.add_parser(
        "alias",
        help="the stable names as altnames of the kernel, such as by-path-pci-0000_00_03_0",
        description="Show which altnames (Linux 5.5 and later) would give every interface its stable names; with "
        "--apply set them, all or none, and print how to undo it. That needs the superuser.",
    )
    alias.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    alias.add_argument("--only", metavar="NAME", help="only for this interface (name, altname, address or bus path)")
    alias.add_argument("--remove", action="store_true", help="take them away again")
    alias.add_argument("--apply", action="store_true", help="change this machine")
    add_live(alias)
    alias.add_argument("--json", action="store_true", help="print JSON")
    alias.set_defaults(run=run)


def run(options: argparse.Namespace) -> Report:
    """Show the altnames, set or remove them; raises `LabError` if the kernel refuses."""
    from lab.naming.nodes import aliases, node_tree

    if options.apply and options.file is not None:
        raise LabError("--apply: changes this machine, so give no file")
    if options.apply and options.netns is not None:
        return inside("alias", options)
    machine = machine_asked(options)
    found = aliases(node_tree(machine))
    if options.only is not None:
        wanted = machine.interface(options.only)
        found = tuple(a for a in found if a.interface.devpath == wanted.devpath)
    changed: Sequence[Alias] = [a for a in found if a.state == ("there" if options.remove else "new")]
    if options.apply and changed:
        from lab.naming.nodes.live import remove_aliases, set_aliases  # the live door: pyroute2 is loaded here only

        changed = (remove_aliases if options.remove else set_aliases)(changed)
    do, undo = ("del", "add") if options.remove else ("add", "del")
    table = Table(
        ("interface", "altname", "state", "note"),
        tuple((a.interface.ifname, a.name, _state(a, options.remove), a.note or None) for a in found),
        f"{machine.name}: stable names as altnames",
    )
    if not changed:
        said = ["Nothing to change."]
    elif options.apply:
        said = ["Done. To undo it:", *(f"  {_command(a, undo)}" for a in changed)]
    else:
        said = ["Nothing is changed without --apply. The same by hand:", *(f"  {_command(a, do)}" for a in changed)]
    data = {
        "machine": machine.name,
        "applied": options.apply,
        "altnames": [
            {"ifname": a.interface.ifname, "altname": a.name, "state": a.state, "note": a.note} for a in found
        ],
        "commands": [_command(a, do) for a in changed],
        "undo": [_command(a, undo) for a in changed],
    }
    return Report(data, "\n".join([table.to_text(), "", *said]))


def _state(alias: Alias, remove: bool) -> str:
    return "not set" if remove and alias.state == "new" else alias.state


def _command(alias: Alias, word: str) -> str:
    return f"ip link property {word} dev {shlex.quote(alias.interface.ifname)} altname {shlex.quote(alias.name)}"
