"""`kernel-lab naming snapshot`: a machine as one line of JSON, with nothing that no naming rule reads."""

from __future__ import annotations

import argparse
import dataclasses
import time
from typing import Any

from lab import __version__
from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.snapshot import Provenance, write_atomic
from lab.naming.commands.options import FILE, add_live, machine_asked
from lab.naming.model import Machine
from lab.naming.sources.lacks import lacks, lacks_table
from lab.naming.sources.properties import keep_properties
from lab.naming.sources.redact import redact
from lab.naming.sources.snapshot import encode
from lab.naming.sources.wanted import keep

__all__ = ["add"]

STDOUT = "-"


def add(commands: Any) -> None:
    """Add `snapshot`."""
    snapshot = commands.add_parser(
        "snapshot",
        help="a machine as one line of JSON, for another machine or a fleet",
        description="Write down what the naming rules read of a machine, as one line of JSON: every command takes such "
        "a file in the place of the machine, and many lines in one file are a fleet. Serial numbers of the mainboard "
        "and of cards are never in it.",
    )
    snapshot.add_argument("file", nargs="?", help=f"{FILE}; without it this machine, through netlink and sysfs")
    snapshot.add_argument("-o", "--output", metavar="OUT", required=True, help="file to write; - for standard output")
    snapshot.add_argument(
        "--redact",
        action="store_true",
        help="replace hardware addresses, serial numbers and the host's name by keyed hashes; the same one everywhere",
    )
    snapshot.add_argument(
        "--redact-key",
        metavar="TEXT",
        help="the key of --redact: with one key the same card is the same in every snapshot, so keep it secret "
        "(default: a new one that is thrown away)",
    )
    add_live(snapshot)
    snapshot.add_argument("--json", action="store_true", help="print JSON")
    snapshot.set_defaults(run=_snapshot)


def _snapshot(options: argparse.Namespace) -> Report:
    if options.redact_key is not None and (not options.redact or not options.redact_key):
        raise LabError("--redact-key: is the key of --redact; give both, the key not empty")
    if options.output == STDOUT and options.json:
        raise LabError("--json: -o - prints the snapshot itself, which is JSON; name a file or leave --json out")
    machine = _named(machine_asked(options), options)
    machine = dataclasses.replace(
        machine, tree=keep(machine.tree, machine.name), properties=keep_properties(machine.properties)
    )
    if options.redact:
        import secrets

        machine = redact(machine, (options.redact_key or secrets.token_hex(32)).encode())
    origin = machine.name if options.redact or options.file is not None else f"{machine.name}, live"
    today = time.strftime("%Y-%m-%d", time.gmtime())
    text = encode(machine, Provenance(origin, f"kernel-lab {__version__}", today))
    if options.output == STDOUT:
        return Report(None, text.replace("\x7f", r"\u007f"))  # the one control character that JSON leaves as it is
    write_atomic(options.output, f"{text}\n".encode())
    return _report(options, machine, len(text) + 1)


def _named(machine: Machine, options: argparse.Namespace) -> Machine:
    """This machine by its name in the network: in a fleet "this machine" would say nothing."""
    if options.file is not None:
        return machine
    import socket

    inside = f" {options.netns}" if options.netns is not None else ""
    return dataclasses.replace(machine, name=f"{socket.gethostname()}{inside}")


def _report(options: argparse.Namespace, machine: Machine, size: int) -> Report:
    data = {
        "file": options.output,
        "machine": machine.name,
        "source": machine.source,
        "interfaces": len(machine.interfaces),
        "bytes": size,
        "redacted": options.redact,
        "lacks": lacks(machine),
    }
    what = f"{machine.source}, redacted" if options.redact else machine.source
    lines = [f"{options.output}: {machine.name} ({what}), {len(machine.interfaces)} interfaces, {size:,} bytes"]
    if data["lacks"]:
        lines += ["", lacks_table(machine).to_text()]
    return Report(data, "\n".join(lines))
