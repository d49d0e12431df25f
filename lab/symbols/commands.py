"""`kernel-lab symbols ...`: what a file exports and asks for, what lookups cost, how long they take."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core import progress
from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.scenario import add_options, from_options, preset_by_id
from lab.core.table import Table
from lab.symbols.presets import PRESETS
from lab.symbols.scenario import SymbolScenario, TimeScenario, timed

__all__ = ["add_commands"]


def add_commands(groups: Any) -> None:
    """Give the command line the group `symbols`."""
    group = groups.add_parser("symbols", help="kernel symbol tables: read them, count and time lookups")
    leaves = group.add_subparsers(dest="action", metavar="ACTION", required=True)

    info = leaves.add_parser("info", help="exports and undefined symbols of a kernel image or module")
    info.add_argument("file", metavar="FILE", help="bzImage (vmlinuz), vmlinux, .ko, .ko.gz, .ko.xz or .ko.zst")
    _leaf(info, _info)

    cost = leaves.add_parser("cost", help="comparisons of lookups in the bundled tables: counts, nothing is timed")
    cost.add_argument("--preset", metavar="ID", help=f"start from a preset: {', '.join(p.id for p in PRESETS)}")
    add_options(cost, SymbolScenario)
    _leaf(cost, _cost)

    time = leaves.add_parser("time", help="measure lookups here, compiled, comparisons beside the nanoseconds")
    time.add_argument("file", metavar="FILE", nargs="?", help="kernel image whose exports to use (default: bundled)")
    time.add_argument("--preset", metavar="ID", help=f"start from a preset: {', '.join(p.id for p in PRESETS)}")
    add_options(time, TimeScenario, only=("size", "methods", "layout", "load", "crc", "rounds"))
    _leaf(time, _time)

    pack = leaves.add_parser("pack", help="make a data set of a kernel and all its modules, as the bundled one")
    pack.add_argument("--image", required=True, metavar="FILE", help="kernel image")
    pack.add_argument("--modules", required=True, metavar="DIR", help="folder that holds its modules")
    pack.add_argument("--origin", default="", help="where they come from, kept in the data set")
    pack.add_argument("-o", "--output", required=True, metavar="FILE", help="the data set to write")
    _leaf(pack, _pack)


def _leaf(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _info(options: argparse.Namespace) -> Report:
    from lab.symbols.binary_file import read

    found = read(options.file)
    exports = Table(
        ("export", "address", "CRC", "namespace", "GPL only"),
        tuple(
            (e.name, _place(e.address, e.section), _hex(e.crc), e.namespace, e.gpl) for e in found.exports
        ),
    )  # fmt: skip
    undefined = Table(
        ("undefined symbol", "CRC", "weak"), tuple((u.name, _hex(u.crc), u.weak) for u in found.undefined)
    )
    lines = [
        f"{found.path}: {found.kind} {found.owner}, {found.form}",
        *([f"licence: {found.licence or 'none stated'}"] if found.kind == "module" else []),
        *([f"built for: {found.vermagic}"] if found.vermagic else []),
        *([f"imports namespaces: {', '.join(found.imports)}"] if found.imports else []),
        *(["signed: yes"] if found.signed else []),
        f"{len(found.exports):,} exports, {len(found.undefined):,} undefined symbols",
        *(["", exports.to_text()] if found.exports else []),
        *(["", undefined.to_text()] if found.undefined else []),
    ]
    data = {
        "path": found.path, "kind": found.kind, "form": found.form, "owner": found.owner,
        "licence": found.licence or None, "vermagic": found.vermagic or None,
        "imports": found.imports, "signed": found.signed,
        "exports": [
            {"name": e.name, "owner": e.owner, "address": _hex(e.address, 1), "section": e.section or None,
             "crc": _hex(e.crc), "namespace": e.namespace, "gpl": e.gpl}
            for e in found.exports
        ],
        "undefined": [{"name": u.name, "crc": _hex(u.crc), "weak": u.weak} for u in found.undefined],
    }  # fmt: skip
    return Report(data, "\n".join(lines))


def _hex(value: int | None, digits: int = 8) -> str | None:
    return None if value is None else f"0x{value:0{digits}x}"


def _place(address: int | None, section: str) -> str | None:
    return f"{section}+{_hex(address, 1)}" if section and address is not None else _hex(address, 1)


def _base(options: argparse.Namespace) -> SymbolScenario:
    found: SymbolScenario = preset_by_id(PRESETS, options.preset).scenario if options.preset else SymbolScenario()
    return found


def _cost(options: argparse.Namespace) -> Report:
    from lab.core.scenario import to_json
    from lab.symbols import cost
    from lab.symbols.race import race

    scenario = from_options(SymbolScenario, options, _base(options))
    if scenario.load == "references":
        table = cost.load_table(scenario)
        data: dict[str, Any] = {"scenario": to_json(scenario), "costs": cost.load_cost(scenario)}
        return Report(data, f"{table.caption}\n\n{table.to_text()}")
    result = race(scenario)
    data = {"scenario": to_json(scenario), "headline": result.headline, "costs": cost.name_cost(scenario)}
    return Report(data, "\n".join([result.headline, result.why(0), "", result.table().to_text()]))


def _time(options: argparse.Namespace) -> Report:
    from lab.symbols import corpus, lookup, timing
    from lab.symbols.ksymtab import ksymtab

    scenario = from_options(TimeScenario, options, timed(_base(options)))
    references = corpus.bundled() if scenario.load == "references" else None
    if options.file is None:
        table = lookup.table_of(scenario)
        source = corpus.bundled().origin
    elif references is not None:
        raise LabError("--load references: the references known are those of the bundled kernel; leave FILE out")
    else:
        from lab.symbols.binary_file import read

        found = read(options.file)
        if not found.exports:
            raise LabError(f"{options.file}: exports nothing; there is no table to search")
        every = [(e.name.encode(), e.gpl) for e in found.exports]
        size = len(every) if options.size is None else min(scenario.size, len(every))
        chosen = [(*every[i * len(every) // size], i) for i in range(size)]
        table = ksymtab(
            [(n, i) for n, gpl, i in chosen if not gpl], [(n, i) for n, gpl, i in chosen if gpl], scenario.layout
        )
        source = options.file
    result = timing.measure_lookups(
        table, scenario.methods, references, scenario.crc, scenario.rounds, progress.terminal()
    )
    shown = result.table()
    lines = [
        result.headline(), "", shown.to_text(), "",
        f"table:    {len(table):,} names of {source}", f"lookups:  {result.workload}",
        f"machine:  {result.machine}", f"protocol: {result.protocol}",
        *(["noisy: an interval is wider than 20 % of its median; repeat on a quieter machine"]
          if any(r.noisy for r in result.rows) else []),
    ]  # fmt: skip
    ratios = {
        f"{slow}/{fast}": result.ratio(slow, fast)
        for slow, fast in (("linear", "binary"), ("binary", "hash"), (timing.CRC_CHECK, "binary"))
    }
    data = {"headline": result.headline(), "ratios": ratios, "table": {"names": len(table), "source": source}}
    return Report({**data, "timing": result}, "\n".join(lines))


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
