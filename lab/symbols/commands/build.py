"""`kernel-lab symbols build`: one index file for a kernel with all its modules."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `build`."""
    parser.add_argument("--kernel", required=True, metavar="IMAGE", help="kernel image (vmlinuz, vmlinux, ...)")
    parser.add_argument(
        "--modules",
        metavar="DIR",
        help="folder that holds its modules, each of which must be readable and intact (links that lead nowhere are "
        "passed over); left out: the image alone",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the index to write or to bring up to date; no other file is overwritten",
    )
    parser.add_argument("--full", action="store_true", help="read everything again, even what has not changed")
    parser.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> Report:
    from lab.core import progress
    from lab.symbols.store.build import build

    done = build(options.kernel, options.modules, options.output, options.full, progress.terminal())
    mixed = _mixed(options.output) if done.kernel_read or not done.kept else ""
    data = {
        "output": options.output, "modules": done.modules, "read": done.read, "kept": done.kept,
        "removed": done.removed, "kernel_read": done.kernel_read, "written": done.written,
        "exports": done.exports, "references": done.needs, "note": done.note or None, "mixed": mixed or None,
        "dangling": done.dangling,
    }  # fmt: skip
    what = f"{done.written:,} bytes" if done.written else "up to date, not written again"
    lines = [
        f"{options.output}: {done.exports:,} exports, {done.needs:,} references of {done.modules:,} modules; {what}",
        f"read: {done.read:,} modules{' and the kernel image' if done.kernel_read else ''}; "
        f"kept: {done.kept:,}; removed: {done.removed:,}",
        *([f"note: {done.note}; everything was read again"] if done.note else []),
        *([f"note: {mixed}"] if mixed else []),
        *(f"note: {path} is a link that leads nowhere; passed over" for path in done.dangling),
    ]
    return Report(data, "\n".join(lines))


def _mixed(output: str) -> str:
    """A warning if the modules were built for another kernel than the image, "" otherwise."""
    from lab.symbols.store import open_index

    with open_index(output) as index:
        release = index.kernel.release
        others = {v.partition(" ")[0]: n for v, n in index.vermagics().items() if v and v.partition(" ")[0] != release}
    if not others or not release:
        return ""
    told = ", ".join(f"{count:,} are built for {other}" for other, count in others.items())
    return f"the image is {release}, but its modules say otherwise: {told}; is this the right folder?"
