"""`kernel-lab symbols kallsyms`: the symbols that a kernel image holds for itself."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `kallsyms`."""
    parser.add_argument(
        "image", metavar="IMAGE", help="kernel image in any form: vmlinuz (bzImage, zboot, zImage, ...), Image, vmlinux"
    )
    parser.set_defaults(run=_kallsyms)


def _kallsyms(options: argparse.Namespace) -> Report:
    from lab.symbols.kallsyms.recover import read_kallsyms

    found = read_kallsyms(options.image)
    if options.json:
        rows = zip(found.addresses, found.texts(), strict=True)
        return Report([{"address": f"0x{a:x}", "type": s[0], "name": s[1:]} for a, s in rows], "")
    return Report(None, found.text())
