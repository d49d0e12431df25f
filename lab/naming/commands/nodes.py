"""`kernel-lab naming nodes`: the stable tree of 2009 as a folder of links, made once or kept up to date."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from lab.core import jsontext
from lab.core.errors import LabError, printable
from lab.core.report import Report
from lab.naming.commands.inside import inside
from lab.naming.commands.options import FILE, SYSFS, add_live, machine_asked

if TYPE_CHECKING:
    from lab.naming.nodes import Changes, NodeTree

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add `nodes`."""
    nodes = commands.add_parser(
        "nodes",
        help="the stable tree by-mac/, by-path/, by-slot/, by-label/ as a folder of links",
        description="Show the names that stay, or with --root keep a folder of links: DIR/by-path/... leads to "
        "../ifN, and DIR/ifN to the interface's character device where a driver (netnode) gives it one, else it is "
        "a file with ifname, ifindex and namespace. Nothing outside DIR is changed, nor anything in it that this "
        "command did not make.",
    )
    nodes.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    nodes.add_argument("--root", metavar="DIR", help="the folder; it is made if need be")
    nodes.add_argument("--watch", action="store_true", help="stay and follow every change, until Ctrl-C")
    nodes.add_argument("--seconds", type=float, metavar="S", help="with --watch: end after S seconds")
    nodes.add_argument(
        "--devices", metavar="DIR", help="the folder called netnode with the character devices (default /dev/netnode)"
    )
    add_live(nodes)
    nodes.add_argument("--json", action="store_true", help="print JSON")
    nodes.set_defaults(run=run)


def run(options: argparse.Namespace) -> Report:
    """Show the tree, make it, or follow it; raises `LabError` if it cannot be read or written."""
    from lab.naming.nodes import node_tree

    if options.netns is not None and options.root is not None:
        return inside("nodes", options)
    if options.watch:
        return _watch(options)
    if options.seconds is not None:
        raise LabError("--seconds: is the time to follow changes; add --watch")
    tree = node_tree(machine_asked(options))
    data: dict[str, Any] = _as_json(tree)
    lines = [tree.to_table().to_text(), *map(printable, _refusals(tree))]
    if options.root is not None:
        done = _sync(options, tree)
        data["changes"] = done
        lines += ["", *_lines(done, options.root)]
    return Report(data, "\n".join(lines))


def _watch(options: argparse.Namespace) -> Report:
    """Every set of changes is printed when it is made: a line each, or with --json an object a line."""
    from lab.naming.nodes import node_tree
    from lab.naming.nodes.live import changes

    if options.root is None or options.file is not None:
        raise LabError("--watch: follows this machine into a folder; give --root DIR and no file")
    if options.seconds is not None and not 0 < options.seconds < 1e9:
        raise LabError(f"--seconds: {options.seconds:g} is no time to wait; give a number above 0")
    print(f"{options.root}: followed until Ctrl-C", file=sys.stderr, flush=True)
    try:
        for _ in changes(options.seconds):
            done = _sync(options, node_tree(machine_asked(options)))
            if done:
                text = jsontext.dumps(done, indent=None) if options.json else "\n".join(_lines(done, options.root))
                print(text, flush=True)
    except KeyboardInterrupt:  # the way to end it
        pass
    return Report({"ended": True}, f"{options.root}: no longer followed")


def _sync(options: argparse.Namespace, tree: NodeTree) -> Changes:
    from lab.naming.nodes import sync
    from lab.naming.nodes.device import DEVICES, device_nodes
    from lab.naming.nodes.live import namespace

    where = namespace() if options.file is None else tree.machine.name
    nodes = device_nodes(options.sysfs or SYSFS, options.devices or DEVICES) if options.file is None else {}
    return sync(options.root, tree, where, nodes)


def _lines(done: Changes, root: str) -> list[str]:
    words = (("+", done.added), ("~", done.changed), ("-", done.removed), ("! not ours, left as it is:", done.left))
    return [printable(f"{word} {root}/{path}") for word, paths in words for path in paths] or [f"{root}: up to date"]


def _as_json(tree: NodeTree) -> dict[str, Any]:
    return {
        "machine": tree.machine.name,
        "links": {path: {"ifname": i.ifname, "ifindex": i.ifindex} for path, i in tree.links.items()},
        "interfaces": [
            {
                "ifname": i.ifname,
                "devpath": i.devpath,
                "names": {kind: c.name for kind, c in tree.offered[i.devpath].items() if c.name},
                "because": {kind: c.because.replace("`", "") for kind, c in tree.offered[i.devpath].items()},
                "uncertain": [
                    {"kind": kind, "missing": g.missing, "reason": g.reason}
                    for kind, c in tree.offered[i.devpath].items()
                    for g in c.gaps
                ],
            }
            for i in tree.machine.interfaces
            if i.devpath in tree.offered
        ],
    }


def _refusals(tree: NodeTree) -> list[str]:
    """Why a name is missing, where two interfaces would have had it or a source lacks something."""
    found = {
        f"{c.policy}: {c.because}".replace("`", "")
        for offered in tree.offered.values()
        for c in offered.values()
        if c.name is None and ("none of them" in c.because or c.gaps)
    }
    return sorted(found)
