"""A verdict as the list of the loader's checks, in its order: what each found, also where it found nothing wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.core.table import Table
from lab.symbols.store import Index
from lab.symbols.why import RULES, Verdict
from lab.symbols.why.arch import machine
from lab.symbols.why.finding import Reason
from lab.symbols.why.verdict import can_tell

__all__ = ["Check", "checks", "checks_table", "said"]

FIRST, ALSO, OPEN, FITS, UNSEEN = "refused", "refused too", "open", "fits", "not reached"

# kind of a reason -> the headline's words; {} is the symbol
WORDS: dict[str, str] = {
    "signature": "it is not signed",
    "format": "the file is damaged",
    "arch": "it was built for another machine",
    "vermagic": "it was built for another kernel or configuration",
    "missing": "nobody exports `{}`",
    "gpl-only": "`{}` is for GPL-compatible modules only",
    "license": "`{}` is of a proprietary module",
    "crc": "the checksum of `{}` is another",
    "namespace": "it does not import the namespace of `{}`",
    "duplicate": "`{}` is exported already",
    "built-in": "a module of this name is built in",
}
QUESTIONS: dict[str, str] = {
    "signature": "signed?",
    "format": "a module at all?",
    "arch": "for this machine?",
    "vermagic": "built for this kernel?",
    "missing": "all names exported?",
    "gpl-only": "licence good enough?",
    "license": "no proprietary help?",
    "crc": "checksums equal?",
    "namespace": "namespaces imported?",
    "duplicate": "its exports new?",
    "built-in": "not built in?",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One check: `kind` as in `RULES`, its `state`, and both sides in words."""

    kind: str
    state: str
    evidence: str
    more: int = 0

    @property
    def question(self) -> str:
        """What is checked, in a few words."""
        return QUESTIONS[self.kind]


def said(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    name, kernel = verdict.module.name, verdict.kernel or verdict.index
    if verdict.loads:
        asked = len(verdict.resolved)
        return f"`{name}` loads on {kernel}: {asked:,} name{'' if asked == 1 else 's'} asked for, nothing refuses it."
    first = verdict.reasons[0]
    words = WORDS[first.kind].format(first.symbol or "module_layout")
    if first.kind == "signature" and verdict.module.trailer.signed:
        words = "its signature is of a kind that is not known"
    more = len(verdict.reasons) - 1
    return f"`{name}` is refused by {kernel}: {words}{f', and {more:,} more' if more else ''}."


def checks(verdict: Verdict, index: Index) -> tuple[Check, ...]:
    """Every rule of `RULES` with what it found."""
    found: dict[str, list[Reason]] = {}
    for reason in verdict.reasons:
        found.setdefault(reason.kind, []).append(reason)
    stage = verdict.reasons[0].stage if verdict.reasons else None
    made = []
    for kind in RULES:
        reasons, open_ = found.get(kind, []), [u.why for u in verdict.uncertain if u.what == kind]
        if reasons:
            state = FIRST if reasons[0].stage == stage else ALSO
            about = f"{reasons[0].symbol}: " if reasons[0].symbol else ""
            made.append(Check(kind, state, about + reasons[0].evidence, len(reasons) - 1))
        elif not can_tell(kind, verdict.module):
            made.append(Check(kind, UNSEEN, "the file cannot be read that far"))
        elif open_:
            made.append(Check(kind, OPEN, open_[0]))
        else:
            made.append(Check(kind, FITS, FITTING[kind](verdict, index)))
    return tuple(made)


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _signature(verdict: Verdict, index: Index) -> str:
    return "signed" if verdict.module.trailer.signed else "it is not; this kernel does not insist"


def _vermagic(verdict: Verdict, index: Index) -> str:
    has = (verdict.module.vermagic or "none").rstrip()
    release = has.partition(" ")[0]
    if verdict.kernel and release != verdict.kernel:
        return f"{has}: with checksums the release does not count"
    return has


def _missing(verdict: Verdict, index: Index) -> str:
    return f"{_many(len(verdict.resolved), 'name')} asked for, all found"


def _gpl_only(verdict: Verdict, index: Index) -> str:
    count = sum(r.row is not None and r.row.gpl for r in verdict.resolved)
    return f"it says {verdict.module.licence!r}; {count:,} of its names are GPL-only"


def _license(verdict: Verdict, index: Index) -> str:
    owners = {r.row.owner for r in verdict.resolved if r.row is not None and r.row.module is not None}
    return f"{_many(len(owners), 'module')} used, none proprietary" if owners else "it uses no other module"


def _crc(verdict: Verdict, index: Index) -> str:
    if not index.has_crc:
        return "this kernel has no checksums"
    equal = sum(r.row is not None and r.row.crc is not None and r.row.crc == r.wanted for r in verdict.resolved)
    return f"{_many(equal, 'checksum')} compared, {'all equal' if equal > 1 else 'equal' if equal else 'so none wrong'}"


def _namespace(verdict: Verdict, index: Index) -> str:
    spaces = {r.row.namespace for r in verdict.resolved if r.row is not None and r.row.namespace}
    return f"needs {', '.join(sorted(spaces))}, imports it" if spaces else "no name is in a namespace"


def _duplicate(verdict: Verdict, index: Index) -> str:
    count = len(verdict.module.exports)
    return f"it exports {_many(count, 'name')}, none is taken" if count else "it exports nothing"


def _built_in(verdict: Verdict, index: Index) -> str:
    return f"none of the {len(index.builtin):,} built-in modules is called {verdict.module.name}"


FITTING: dict[str, Callable[[Verdict, Index], str]] = {
    "signature": _signature,
    "format": lambda v, i: "an ELF object with all that a module needs",
    "arch": lambda v, i: machine(v.module.machine, v.module.bits, v.module.order),
    "vermagic": _vermagic,
    "missing": _missing,
    "gpl-only": _gpl_only,
    "license": _license,
    "crc": _crc,
    "namespace": _namespace,
    "duplicate": _duplicate,
    "built-in": _built_in,
}


def checks_table(verdict: Verdict, found: tuple[Check, ...]) -> Table:
    """The checks, every further reason, and every symbol that the module asks for."""
    rows: list[tuple[str, str, str, str]] = [("check", c.kind, c.state, c.evidence) for c in found]
    rows += [("reason", r.kind, r.symbol or "", r.evidence) for r in verdict.reasons]
    for r in verdict.resolved:
        row = r.row or r.hidden
        where = "exported by nobody" if row is None else f"exported by {row.owner}"
        terms = [
            *(["GPL only"] if row is not None and row.gpl else []),
            *([f"namespace {row.namespace}"] if row is not None and row.namespace else []),
            *([f"module wants 0x{r.wanted:08x}"] if r.wanted is not None else []),
            *([f"kernel has 0x{row.crc:08x}"] if row is not None and row.crc is not None else []),
        ]
        rows.append(("symbol", r.symbol, "weak" if r.weak else "", "; ".join([where, *terms])))
    return Table(("what", "which", "state", "evidence"), tuple(rows), said(verdict).replace("`", ""))
