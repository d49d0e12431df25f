"""Reading a kernel image and a folder of modules into one `Corpus`."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.symbols.binary_file import module_name, open_elf
from lab.symbols.corpus import GPL, HAS_CRC, Corpus, Exports, References
from lab.symbols.exports import Export, read_exports
from lab.symbols.undefined import read_undefined, read_versions

__all__ = ["collect", "module_files"]

SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")


def module_files(folder: Path | str) -> list[Path]:
    """Every module under `folder`, sorted by module name; raises `LabError` if there is none."""
    found = [Path(place) / name for place, _, names in os.walk(folder) for name in names if name.endswith(SUFFIXES)]
    if not found:
        raise LabError(f"{folder}: holds no kernel modules (.ko files); give a folder such as /lib/modules/VERSION")
    return sorted(found, key=lambda p: (module_name(p), str(p)))


def collect(image: Path | str, folder: Path | str, origin: str, progress: Progress = silent) -> Corpus:
    """The exports of `image` and of the modules under `folder`, and what those modules ask for.

    `origin` is kept with the data. Raises `LabError` for any file that cannot be read.
    """
    elf, _ = open_elf(image)
    exports = list(read_exports(elf, "vmlinux"))
    kernel = len(exports)
    files = module_files(folder)
    asked: list[tuple[list[str], list[str]]] = []
    for done, path in enumerate(files):
        progress(done, len(files), "reading modules")
        elf, _ = open_elf(path)
        exports += read_exports(elf, module_name(path))
        asked.append(([u.name for u in read_undefined(elf)], [name for name, _ in read_versions(elf)]))
    progress(len(files), len(files), "reading modules")
    exports.sort(key=lambda e: (e.owner != "vmlinux", e.owner, e.gpl, e.name.encode()))
    columns = _columns(exports, kernel)
    rows: dict[str, int] = {}
    for row, export in enumerate(exports):
        rows.setdefault(export.name, row)
    return Corpus(origin, columns, _references([module_name(p) for p in files], asked, rows, len(exports)))


def _columns(exports: list[Export], kernel: int) -> Exports:
    owners = tuple(dict.fromkeys(e.owner for e in exports))
    namespaces = ("", *sorted({e.namespace for e in exports if e.namespace}))
    owner_id = {name: i for i, name in enumerate(owners)}
    space_id = {name: i for i, name in enumerate(namespaces)}
    return Exports(
        names=tuple(e.name.encode() for e in exports),
        kernel=kernel,
        owners=owners,
        namespaces=namespaces,
        owner=array("H", [owner_id[e.owner] for e in exports]),
        namespace=array("H", [space_id[e.namespace or ""] for e in exports]),
        crc=array("I", [e.crc or 0 for e in exports]),
        flags=bytes((GPL if e.gpl else 0) | (HAS_CRC if e.crc is not None else 0) for e in exports),
    )


def _references(
    modules: list[str], asked: list[tuple[list[str], list[str]]], rows: dict[str, int], known: int
) -> References:
    unresolved: dict[str, int] = {}
    starts, symbols, versions, trailing = array("I", [0]), array("I"), array("H"), array("H")
    for names, records in asked:
        for name in names:
            row = rows.get(name)
            symbols.append(known + unresolved.setdefault(name, len(unresolved)) if row is None else row)
        starts.append(len(symbols))
        order = list(_order(names, records))
        versions.extend(order)
        trailing.append(len(records) - len(order) if records else 0)
    return References(tuple(modules), starts, symbols, versions, trailing, tuple(n.encode() for n in unresolved))


def _order(names: list[str], records: list[str]) -> Iterator[int]:
    """Positions in `names` in the order of `records`, then those that no record is about."""
    place = {name: i for i, name in reversed(list(enumerate(names)))}
    seen = [place[r] for r in records if r in place]
    first = dict.fromkeys(seen)
    yield from first
    yield from (i for i in range(len(names)) if i not in first)
