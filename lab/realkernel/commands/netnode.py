"""`kernel-lab kernel netnode`: a character device for each network interface, alive on a real kernel."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.commands.options import (
    add_boot,
    add_recorded,
    boot_asked,
    nothing_booted,
    or_recorded,
    recorded_asked,
)
from lab.realkernel.limits import LIMITS

__all__ = ["fill"]

BROKEN = 1  # exit status
NAME = "netnode"  # of the bundled run


def fill(parser: Any) -> None:
    """The options of the command."""
    parser.description = (
        "Build the driver for a kernel, boot it with three cards, and live through the life of a node: it appears, the "
        "interface is renamed, watched, moved to another network namespace, pulled out of its slot while a file is "
        "open. Each step is held against what the driver promises; exit status 1 if a promise is not kept."
    )
    parser.add_argument("--systemd-root", metavar="DIR", help="take the systemd unpacked in DIR, not ours")
    add_recorded(parser, "write the run, to show it with --recorded")
    add_boot(parser, LIMITS["netnode"])
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    from lab.realkernel.netnode.recorded import recorded

    if options.recorded is not None:
        if options.output is not None:
            raise LabError("-o: writes what is booted now; leave --recorded or -o out")
        nothing_booted(options, {"--systemd-root": "systemd_root"})
        asked = recorded_asked(options.recorded, (NAME,))
        if asked is None:
            return Report([NAME], NAME)
        result = recorded(asked if isinstance(asked, Path) else None)
    else:
        result = _booted(options)
    return Report(result.to_json(), result.text(), BROKEN if result.broken else 0)


def _booted(options: argparse.Namespace) -> Any:
    from lab.realkernel.machine.qemu import version
    from lab.realkernel.netnode.recorded import write_run
    from lab.realkernel.netnode.run import run_netnode
    from lab.realkernel.root.udev_root import udev_root

    with or_recorded():
        udev = udev_root(options.systemd_root or "/")
        how = boot_asked(options, headers=True)
        result = run_netnode(how.kernel, how.accel.name, how.limit, how.progress, how.keep, udev)
    if options.output is not None:
        write_run(options.output, result, version())
    return result
