"""`kernel-lab naming resolve`: from a stable name to the interface, and from an interface to its stable names."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report
from lab.naming.commands.options import FILE, add_live, machine_asked

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `resolve`."""
    resolve = commands.add_parser(
        "resolve",
        help="by-path/... to the interface, and an interface to its stable names",
        description="Look up a stable name (by-mac/, by-path/, by-slot/, by-label/, or the same as an altname), or all "
        "stable names of an interface (name, altname, address, bus path, ifN, or its character device).",
    )
    resolve.add_argument("name", help="such as by-path/pci-0000:00:03.0, enp1s0, or /dev/netnode/2")
    resolve.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    add_live(resolve)
    resolve.add_argument("--json", action="store_true", help="print JSON")
    resolve.set_defaults(run=_resolve)


def _resolve(options: argparse.Namespace) -> Report:
    from lab.naming.nodes import node_tree, resolve
    from lab.naming.nodes.device import node_ifindex

    wanted = options.name
    if wanted.startswith("/dev/") and options.file is None:
        wanted = f"if{node_ifindex(wanted)}"
    found = resolve(node_tree(machine_asked(options)), wanted)
    interface = found.interface
    data = {
        "name": options.name,
        "ifname": interface.ifname,
        "ifindex": interface.ifindex,
        "devpath": interface.devpath,
        "names": found.names,
    }
    return Report(data, "\n".join([interface.ifname, *(f"  {name}" for name in found.names)]))
