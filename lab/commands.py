"""The commands that concern the lab as a whole: `kernel-lab doctor` and `kernel-lab notebooks DIR`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lab.core.report import Report

__all__ = ["add_commands"]


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the house's own commands to the parser of `kernel-lab`."""
    doctor = groups.add_parser(
        "doctor",
        help="what this machine offers, and the one command that adds what is missing",
        description="Say what this machine offers to the lab, and the one command that adds what is missing. "
        "Reads only, asks no network; exit status 1 if something is missing without which the lab does not work.",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(run=_doctor)
    notebooks = groups.add_parser(
        "notebooks",
        help="copy the notebooks into a folder of yours, trusted",
        description="Copy the notebooks into a folder, so that they can be changed, and have Jupyter trust the copies. "
        "A file that you have changed is never overwritten: the fresh one gets a number.",
    )
    notebooks.add_argument("dir", metavar="DIR", type=Path, help="the folder; it is made if need be")
    notebooks.add_argument("--json", action="store_true", help="print JSON")
    notebooks.set_defaults(run=_notebooks)


def _doctor(options: argparse.Namespace) -> Report:
    from lab import doctor

    findings = doctor.examine()
    advice = doctor.remedy(findings, superuser=os.geteuid() == 0, system=doctor.system_id())
    broken = [f.part for f in findings if f.needed and f.state == "no"]
    lines = [
        doctor.table(findings).to_text(),
        "",
        f"The lab does not work without: {', '.join(broken)}." if broken else "Everything the lab needs is here.",
        *([f"To add {'what is missing' if broken else 'the rest'}:\n  {advice}"] if advice else []),
    ]
    data = {"works": not broken, "findings": findings, "remedy": advice}
    return Report(data, "\n".join(lines), status=1 if broken else 0)


def _notebooks(options: argparse.Namespace) -> Report:
    from lab import notebook_copies

    copies = notebook_copies.copy_to(options.dir)
    notebook_copies.trust(tuple(copy.path for copy in copies))
    lines = [f"{copy.path}  {'copied' if copy.written else 'was there already'}" for copy in copies]
    first = next((str(copy.path) for copy in copies), "")
    data = {"copies": [{"path": str(copy.path), "written": copy.written} for copy in copies]}
    return Report(data, "\n".join([*lines, f"Trusted. Open the first with: jupyter lab {first}"]))
