"""`kernel-lab pagefault failures`: what can go wrong, for `--failure`."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from lab.core.report import Report
from lab.pagefault.failures import KNOWN, Failure

__all__ = ["fill"]

WIDTH = 100


def fill(parser: Any) -> None:
    """It takes no arguments."""
    parser.set_defaults(run=_failures)


def _failures(options: argparse.Namespace) -> Report:
    data = [
        {
            "id": failure.id, "title": failure.title, "what": failure.what, "failure_at": failure.at,
            "reports": failure.reports, "sources": failure.sources,
        }
        for failure in KNOWN
    ]  # fmt: skip
    return Report({"failures": data}, "\n\n".join(_told(failure) for failure in KNOWN))


def _told(failure: Failure) -> str:
    lines = [
        f"{failure.id}: {failure.title}",
        *textwrap.wrap(failure.what, WIDTH, initial_indent="  ", subsequent_indent="  "),
        *_item("--failure-at", failure.at),
        *_item("the run", failure.reports),
        *(f"  source: {source}" for source in failure.sources),
    ]
    return "\n".join(lines)


def _item(name: str, text: str) -> list[str]:
    return textwrap.wrap(f"{name}: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ")
