"""crc: the prototypes that a module was built against are not those of the kernel (CONFIG_MODVERSIONS)."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import EXPORT_VERSIONS, LAYOUT, SYMBOLS, Finding, Note, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["crc"]

LAYOUT_SYMBOL = "module_layout"  # its CRC stands for struct module and its neighbours


def crc(asked: Question) -> Iterator[Finding]:
    """check_modstruct_version(), then check_version() for each symbol (kernel/module/version.c)."""
    if not asked.loader.modversions:
        return
    layout = next((r for r in asked.index.find(LAYOUT_SYMBOL) if r.module is None), None)
    versions = asked.module.versions
    if versions is None:
        yield from _none_at_all(asked, LAYOUT_SYMBOL if layout is not None and layout.crc is not None else None)
    else:
        if layout is not None and layout.crc is not None:
            yield from _check(
                asked, LAYOUT_SYMBOL, layout.crc, "vmlinux", versions.get(LAYOUT_SYMBOL.encode()), LAYOUT, 0
            )
        for found in asked.resolved:
            row = found.row
            if row is not None and row.crc is not None and not found.tainted:
                yield from _check(asked, found.symbol, row.crc, row.owner, found.wanted, SYMBOLS, found.place)
        lacking = sorted(f.symbol for f in asked.resolved if _unrecorded(f.row is not None and f.row.crc, f.wanted))
        if lacking and asked.loader.strict is not True:
            yield Uncertain(
                "crc",
                f"the module records no CRC for {', '.join(lacking[:3])}{' ...' if len(lacking) > 3 else ''}: "
                "the mainline loader warns once and goes on, Debian's refuses",
            )
    if any(e.crc is None for e in asked.module.exports):
        yield from _forced(asked, None, "the module exports symbols without CRCs", EXPORT_VERSIONS)


def _unrecorded(exported: object, wanted: int | None) -> bool:
    return exported is not False and exported is not None and wanted is None


def _check(
    asked: Question, symbol: str, has: int, owner: str, wanted: int | None, stage: int, place: int
) -> Iterator[Finding]:
    if wanted is None:
        if asked.loader.strict is not False:
            evidence = f"the module records CRCs, but none for this; {owner} exports it with 0x{has:08x}"
            yield Reason("crc", symbol, evidence, stage, place)
    elif wanted != has:
        evidence = f"module wants 0x{wanted:08x}, kernel has 0x{has:08x} (exported by {owner})"
        yield Reason("crc", symbol, evidence, stage, place)


def _none_at_all(asked: Question, layout: str | None) -> Iterator[Finding]:
    checked = [r.symbol for r in asked.resolved if r.row is not None and r.row.crc is not None]
    symbol = layout or next(iter(checked), None)
    if symbol is not None:
        what = f"the module has no __versions section, the kernel exports {symbol} with a CRC"
        yield from _forced(asked, symbol, what, LAYOUT)


def _forced(asked: Question, symbol: str | None, what: str, stage: int) -> Iterator[Finding]:
    """try_to_force_load(): lets it in, tainted, where CONFIG_MODULE_FORCE_LOAD is set."""
    if asked.loader.force_load:
        yield Note(f"{what}; CONFIG_MODULE_FORCE_LOAD lets it in and taints the kernel")
        return
    yield Reason("crc", symbol, what, stage)
    if asked.loader.force_load is None:
        yield Uncertain("crc", "a kernel with CONFIG_MODULE_FORCE_LOAD would load it and be tainted")
