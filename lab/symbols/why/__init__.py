"""Will this module load on that kernel, and if not, why: the loader's checks, offline.

    from lab.symbols.bulk import module_bytes
    from lab.symbols.store import open_index
    from lab.symbols.why import why

    with open_index("6.1.index") as index:
        data, form = module_bytes("foo.ko.xz")
        verdict = why(data, "foo.ko.xz", index, form=form)
        verdict.loads, verdict.headline
        verdict.reasons                     # kind, symbol, evidence; the first is where the kernel stops
        verdict.resolved                    # each undefined symbol and the export that answers

Files   `module` what is read of the file (`headers`, `trailer`), `loader` what is known of the kernel
Rules   one file each, in `RULES`; `resolution` is what those about symbols share (`spaces`: namespaces)
Answer  `verdict` joins them. To add a rule: write its file, add its line to `RULES`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.symbols.why.arch import arch
from lab.symbols.why.builtin import built_in
from lab.symbols.why.crc import crc
from lab.symbols.why.duplicate import duplicate
from lab.symbols.why.finding import Finding, Note, Reason, Uncertain
from lab.symbols.why.format import format
from lab.symbols.why.licence import gpl_only, license
from lab.symbols.why.missing import missing
from lab.symbols.why.module import Module, read_module
from lab.symbols.why.namespace import namespace
from lab.symbols.why.question import Question
from lab.symbols.why.resolution import Resolution, resolve
from lab.symbols.why.signature import signature
from lab.symbols.why.verdict import Verdict, judge, why
from lab.symbols.why.vermagic import vermagic

__all__ = [
    "RULES",
    "Module",
    "Note",
    "Reason",
    "Resolution",
    "Uncertain",
    "Verdict",
    "judge",
    "read_module",
    "resolve",
    "why",
]

# kind of a reason -> the rule that finds it
RULES: dict[str, Callable[[Question], Iterator[Finding]]] = {
    "signature": signature,
    "format": format,
    "arch": arch,
    "vermagic": vermagic,
    "missing": missing,
    "gpl-only": gpl_only,
    "license": license,
    "crc": crc,
    "namespace": namespace,
    "duplicate": duplicate,
    "built-in": built_in,
}
