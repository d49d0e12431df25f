"""`kernel-lab kernel doctor`."""

from __future__ import annotations

import argparse
import os
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the options."""
    parser.add_argument(
        "--no-kvm", action="store_true", help="do not start a kernel to see whether KVM works (it may take 4 s)"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    from lab.core.findings import system_id, table
    from lab.realkernel import doctor

    findings = doctor.examine(try_kvm=not options.no_kvm)
    lacking = doctor.missing(findings)
    command = doctor.advice(findings, superuser=os.geteuid() == 0, system=system_id())
    lines = [table(findings).to_text(), ""]
    lines += [f"kernel {run}: " + (f"needs {', '.join(parts)}" if parts else "works") for run, parts in lacking.items()]
    if command:
        lines.append(f"To add what is missing:\n  {command}")
    works = not any(lacking.values())
    data = {"works": works, "missing": lacking, "findings": findings, "remedy": command}
    return Report(data, "\n".join(lines), status=0 if works else 1)
