"""`kernel-lab naming show`: interfaces and the names that every policy gives them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.naming.commands.options import FILE, add_common, machine_asked, scheme_asked
from lab.naming.model import Interface, Machine
from lab.naming.names import names, names_table, title
from lab.naming.schemes import POLICIES
from lab.naming.schemes.flags import Scheme
from lab.naming.sources.lacks import lacks, lacks_table
from lab.naming.trace import Candidate

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `show`."""
    show = commands.add_parser("show", help="interfaces and the names that every policy gives them")
    show.add_argument("file", nargs="?", help=f"{FILE}; without it this machine, through netlink and sysfs")
    add_common(show)
    show.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> Report:
    machine = machine_asked(options)
    under = scheme_asked(options, machine)
    found = names(machine, under)
    data: dict[str, Any] = {
        "machine": machine.name,
        "source": machine.source,
        "scheme": under.name,
        "interfaces": [_as_json(machine, i, c, under) for i, c in found],
        "lacks": lacks(machine),
    }
    lines = [f"{title(machine, under)}:", names_table(machine, under).to_text(), *_notes(found)]
    if data["lacks"]:
        lines += ["", lacks_table(machine).to_text()]
    return Report(data, "\n".join(lines))


def _notes(found: Sequence[tuple[Interface, Mapping[str, Candidate]]]) -> list[str]:
    """What a question mark in the table means, once each."""
    notes = {
        printable(f"? {i.ifname}: {gap.reason} ({gap.missing})"): None
        for i, c in found
        for p in POLICIES
        for gap in c[p].gaps
    }
    return list(notes)


def _as_json(machine: Machine, interface: Interface, offered: Mapping[str, Candidate], under: Scheme) -> dict[str, Any]:
    recorded = machine.recorded.get(interface.devpath)
    return {
        "ifname": interface.ifname,
        "devpath": interface.devpath,
        "ifindex": interface.ifindex,
        "kind": interface.kind,
        "driver": interface.driver,
        "mac": interface.mac,
        "bus": interface.bus,
        "bus_path": interface.bus_path,
        "altnames": interface.altnames,
        "recorded": recorded is not None,
        "names": {under.name: {p: c.name for p, c in offered.items() if c.name}},
        "uncertain": [
            {"scheme": under.name, "policy": p, "missing": gap.missing, "reason": gap.reason}
            for p, c in offered.items()
            for gap in c.gaps
        ],
    }
