"""`kernel-lab symbols why`: will this module load on that kernel, and if not, why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lab.core.report import Report
from lab.core.table import Table

if TYPE_CHECKING:
    from lab.symbols.why import Resolution, Verdict

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `why`."""
    parser.add_argument("module", metavar="MODULE", help="a .ko, .ko.gz, .ko.xz or .ko.zst file, of any kernel")
    parser.add_argument(
        "--on", required=True, metavar="INDEX", dest="index", help="the kernel: an index that `symbols build` wrote"
    )
    parser.add_argument(
        "--sig-enforce", action="store_true", help="as on a kernel that insists on signatures (module.sig_enforce=1)"
    )
    parser.add_argument("--all", action="store_true", help="also list where each undefined symbol resolves")
    parser.set_defaults(run=_why)


def _why(options: argparse.Namespace) -> Report:
    from lab.symbols.bulk import module_bytes
    from lab.symbols.store import open_index
    from lab.symbols.why import why

    data, form = module_bytes(options.module)
    with open_index(options.index) as index:
        verdict = why(data, options.module, index, form=form, sig_enforce=options.sig_enforce)
    return Report(_data(verdict, options.all), _text(verdict, options.all), 0 if verdict.loads else 1)


def _data(verdict: Verdict, every: bool) -> dict[str, Any]:
    first = verdict.reasons[0].stage if verdict.reasons else 0
    data: dict[str, Any] = {
        "verdict": verdict.word,
        "reasons": [
            {"kind": r.kind, "symbol": r.symbol, "evidence": r.evidence, "first": r.stage == first}
            for r in verdict.reasons
        ],
        "uncertain": [{"what": u.what, "why": u.why} for u in verdict.uncertain],
        "notes": [n.text for n in verdict.notes],
        "module": {"path": verdict.module.source, "name": verdict.module.name, "form": verdict.module.form or None},
        "kernel": {"index": verdict.index, "release": verdict.kernel or None},
    }
    return data | ({"resolved": [_resolved(r) for r in verdict.resolved]} if every else {})


def _resolved(found: Resolution) -> dict[str, Any]:
    row = found.row
    return {
        "symbol": found.symbol,
        "owner": row.owner if row and not found.zero else None,
        "weak": found.weak,
        "wants": _hex(found.wanted),
        "has": _hex(row.crc) if row else None,
        "namespace": row.namespace if row else None,
        "gpl": row.gpl if row else None,
    }


def _text(verdict: Verdict, every: bool) -> str:
    reasons = Table(("kind", "symbol", "evidence"), tuple((r.kind, r.symbol, r.evidence) for r in verdict.reasons))
    lines = [verdict.headline]
    if verdict.reasons:
        lines += ["", reasons.to_text(), "", f"the kernel stops at {verdict.reasons[0].kind}"]
    lines += [f"uncertain, {u.what}: {u.why}" for u in verdict.uncertain]
    lines += [f"note: {n.text}" for n in verdict.notes]
    if every and verdict.resolved:
        columns = ("undefined symbol", "resolves in", "module wants", "export has", "namespace", "GPL only")
        rows = (_resolved(r) for r in verdict.resolved)
        table = Table(
            columns, tuple((r["symbol"], r["owner"], r["wants"], r["has"], r["namespace"], r["gpl"]) for r in rows)
        )
        lines += ["", table.to_text()]
    return "\n".join(lines)


def _hex(value: int | None) -> str | None:
    return None if value is None else f"0x{value:08x}"
