"""What several commands share: the input, the scheme, and how they are asked for."""

from __future__ import annotations

import argparse

from lab.naming.model import Machine
from lab.naming.names import own_scheme
from lab.naming.schemes.flags import NEWEST, Scheme, scheme
from lab.naming.sources import open_source

__all__ = ["FILE", "add_common", "machine_asked", "scheme_asked"]

FILE = "sysfs tarball or folder, text of udevadm info --export-db, or a bundled recording such as t09a"


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options --scheme, --sysfs and --json."""
    parser.add_argument("--scheme", help=f"naming scheme of systemd (default {NEWEST}, or the recorded one)")
    parser.add_argument("--sysfs", metavar="ROOT", default="/sys", help="where sysfs is mounted (default /sys)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def machine_asked(options: argparse.Namespace) -> Machine:
    """The machine in `options.file`, else this one; raises `LabError` if it cannot be read."""
    if options.file is not None:
        return open_source(options.file)
    from lab.naming.sources.live import this_machine  # the live door: pyroute2 is loaded here only

    return this_machine(options.sysfs)


def scheme_asked(options: argparse.Namespace, machine: Machine) -> Scheme:
    """The scheme asked for, else the machine's own."""
    return own_scheme(machine) if options.scheme is None else scheme(options.scheme)
