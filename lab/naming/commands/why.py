"""`kernel-lab naming why`: the full trace of one interface."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.naming.choice import choose
from lab.naming.commands.options import FILE, add_common, machine_asked, scheme_asked
from lab.naming.schemes import predict
from lab.naming.why import MARK, why_line

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `why`."""
    why = commands.add_parser("why", help="the full trace of one interface: every attribute read, every rule")
    why.add_argument("interface", help="its name, MAC or bus path")
    why.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    add_common(why)
    why.set_defaults(run=_why)


def _why(options: argparse.Namespace) -> Report:
    machine = machine_asked(options)
    under = scheme_asked(options, machine)
    interface = machine.interface(options.interface)
    offered = predict(machine, interface, under)
    chosen = choose(machine, "default", under).get(interface.devpath)
    data = {
        "ifname": interface.ifname,
        "devpath": interface.devpath,
        "scheme": under.name,
        "names": {p: c.name for p, c in offered.items() if c.name},
        "default": chosen and chosen.name,
        "provenance": {p: c.evidence for p, c in offered.items()},
        "uncertain": [
            {"policy": p, "missing": g.missing, "reason": g.reason} for p, c in offered.items() for g in c.gaps
        ],
    }
    lines = [f"{interface.ifname} at {interface.devpath}, under {under.name}"]
    for policy, candidate in offered.items():
        answer = candidate.name or ("unknown" if candidate.gaps else "none")
        lines += ["", f"{policy}: {answer} ({candidate.because})".replace("`", "")]
        for item in candidate.evidence:
            value = "not there" if item.value is None else item.value
            lines.append(f"  {MARK[item.verdict]} {item.path} = {value}: {item.rule}")
    if chosen is not None:
        lines += ["", f"default policy: {why_line(chosen)}".replace("`", "")]
    return Report(data, "\n".join(map(printable, lines)))
