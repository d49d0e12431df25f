"""`kernel-lab symbols info`: what a file exports and asks for."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report
from lab.core.table import Table

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `info`."""
    parser.add_argument(
        "file", metavar="FILE", help="kernel image (vmlinuz, vmlinux, ...), .ko, .ko.gz, .ko.xz or .ko.zst"
    )
    parser.set_defaults(run=_info)


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
        *([f"{'built for' if found.kind == 'module' else 'vermagic'}: {found.vermagic}"] if found.vermagic else []),
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
