"""`kernel-lab symbols pack`: a data set of a kernel and all its modules, small enough to travel."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core import progress
from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `pack`."""
    parser.add_argument("--image", required=True, metavar="FILE", help="kernel image")
    parser.add_argument("--modules", required=True, metavar="DIR", help="folder that holds its modules")
    parser.add_argument("--origin", default="", help="where they come from, kept in the data set")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the data set to write")
    parser.set_defaults(run=_pack)


def _pack(options: argparse.Namespace) -> Report:
    from lab.symbols import pack
    from lab.symbols.collect import collect

    corpus = collect(options.image, options.modules, options.origin or options.image, progress.terminal())
    pack.save(options.output, corpus)
    data = {
        "output": options.output,
        "exports": len(corpus.exports),
        "kernel": corpus.exports.kernel,
        "modules": len(corpus.references.modules),
        "references": len(corpus.references),
        "unresolved": [n.decode("utf-8", "backslashreplace") for n in corpus.references.unresolved],
    }
    text = (
        f"{options.output}: {data['exports']:,} exports ({data['kernel']:,} of the kernel), "
        f"{data['references']:,} references of {data['modules']:,} modules, {len(data['unresolved'])} names unresolved"
    )
    return Report(data, text)
