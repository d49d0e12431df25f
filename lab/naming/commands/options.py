"""What several commands share: the input, the scheme, and how they are asked for."""

from __future__ import annotations

import argparse

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.names import own_scheme
from lab.naming.schemes.flags import NEWEST, Scheme, scheme
from lab.naming.sources import open_source

__all__ = ["FILE", "add_common", "add_live", "add_pair", "machine_asked", "pair_asked", "scheme_asked"]

FILE = (
    "sysfs tarball or folder, text of udevadm info --export-db, snapshot, a bundled recording (t09a), or a declared "
    "machine (topology:usb, a .toml file)"
)
SYSFS = "/sys"


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options --scheme, --sysfs, --netns and --json."""
    parser.add_argument("--scheme", help=f"naming scheme of systemd (default {NEWEST}, or the recorded one)")
    add_live(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_live(parser: argparse.ArgumentParser) -> None:
    """The options --sysfs and --netns, which say where this machine is looked at."""
    parser.add_argument("--sysfs", metavar="ROOT", help=f"where sysfs is mounted (default {SYSFS})")
    parser.add_argument(
        "--netns",
        metavar="NAME",
        help="look into this network namespace: a name of `ip netns`, a path, or pid:N (superuser only)",
    )


def add_pair(parser: argparse.ArgumentParser) -> None:
    """The two machines without their options: before and after."""
    parser.add_argument(
        "machines", nargs="*", metavar="MACHINE", help="before and after, the same as --before and --after; one is both"
    )


def pair_asked(options: argparse.Namespace) -> argparse.Namespace:
    """`options` with the machines of `add_pair` in the place of --before and --after; raises `LabError` for a third."""
    found = options.machines
    if not found:
        return options
    if len(found) > 2 or options.before is not None or options.after is not None:
        raise LabError("two machines are compared: write them as BEFORE AFTER, or as --before and --after")
    options.before, options.after = found[0], found[-1]
    return options


def machine_asked(options: argparse.Namespace) -> Machine:
    """The machine in `options.file`, else this one; raises `LabError` if it cannot be read."""
    if options.netns is not None and (options.file is not None or options.sysfs is not None):
        raise LabError("--netns: looks at this machine with a sysfs of its own; leave the file and --sysfs out")
    if options.file is not None:
        return open_source(options.file)
    if options.netns is not None:
        from lab.naming.sources.netns import machine_in

        return machine_in(options.netns)
    from lab.naming.sources.live import this_machine  # the live door: pyroute2 is loaded here only

    return this_machine(options.sysfs or SYSFS)


def scheme_asked(options: argparse.Namespace, machine: Machine) -> Scheme:
    """The scheme asked for, else the machine's own."""
    return own_scheme(machine) if options.scheme is None else scheme(options.scheme)
