"""Reading a kernel image and a folder of modules into one `Corpus`."""

from __future__ import annotations

import dataclasses
import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.symbols import bulk
from lab.symbols.binary_file import module_name
from lab.symbols.corpus import GPL, HAS_CRC, WEAK, Corpus, Exports, References, Stated
from lab.symbols.exports import Export
from lab.symbols.kernel import Kernel, read_kernel
from lab.symbols.store.format import FLAG_HIDDEN, FLAG_SIGNED, class_of
from lab.symbols.store.scan import File, builtin_names, hidden

__all__ = ["collect", "module_files"]

SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    """What is read of one module: names it asks for and whether weak, records of `__versions`, what it states."""

    asked: tuple[tuple[str, bool], ...]
    records: tuple[tuple[str, int], ...]
    licence: str
    vermagic: str
    imports: tuple[str, ...]
    machine: int
    kind: int
    signed: bool


def module_files(folder: Path | str) -> list[Path]:
    """Every module under `folder`, sorted by module name; raises `LabError` if there is none."""
    found = [Path(place) / name for place, _, names in os.walk(folder) for name in names if name.endswith(SUFFIXES)]
    if not found:
        raise LabError(f"{folder}: holds no kernel modules (.ko files); give a folder such as /lib/modules/VERSION")
    return sorted(found, key=lambda p: (module_name(p), str(p)))


def collect(image: Path | str, folder: Path | str, origin: str, progress: Progress = silent) -> Corpus:
    """The exports of `image` and of the modules under `folder`, what those modules ask for, and what they state.

    `origin` is kept with the data. Raises `LabError` for any file that cannot be read.
    """
    kernel = read_kernel(image)
    exports = list(kernel.exports)
    files = module_files(folder)
    every: list[_Read] = []
    for done, path in enumerate(files):
        progress(done, len(files), "reading modules")
        data, _ = bulk.module_bytes(path)
        module = bulk.open_object(data, str(path))
        exports += _exports(module, module_name(path))
        every.append(_read(module, bulk.signed(data)))
    progress(len(files), len(files), "reading modules")
    exports.sort(key=lambda e: (e.owner != "vmlinux", e.owner, e.gpl, e.name.encode()))
    columns = _columns(exports, len(kernel.exports))
    rows: dict[str, int] = {}
    for row, export in enumerate(exports):
        rows.setdefault(export.name, row)
    numbers = _Numbers(rows, len(exports))
    references = _references([module_name(p) for p in files], every, numbers)
    stated = _stated(kernel, str(folder), files, every, numbers, columns)
    unresolved = tuple(name.encode() for name in numbers.unresolved)
    return Corpus(origin, columns, dataclasses.replace(references, unresolved=unresolved), stated)


def _read(module: bulk.Object, signed: bool) -> _Read:
    facts = bulk.modinfo(module)
    return _Read(
        asked=tuple((_text(name), weak) for name, weak in bulk.undefined(module)),
        records=tuple((_text(name), crc) for name, crc in bulk.versions(module)),
        licence=" / ".join(_text(value) for key, value in facts if key == b"license"),
        vermagic=next((_text(value).strip() for key, value in facts if key == b"vermagic"), ""),
        imports=tuple(_text(value) for key, value in facts if key == b"import_ns"),
        machine=module.machine,
        kind=class_of(module.bits, module.order),
        signed=signed,
    )


def _exports(module: bulk.Object, owner: str) -> list[Export]:
    return [
        Export(_text(e.name), owner, e.offset, e.section, e.crc, _text(e.namespace) or None, e.gpl)
        for e in bulk.exports(module)
    ]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


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


class _Numbers:
    """The number of each name: its row in the exports, or one from `known` on, in the order in which they came."""

    def __init__(self, rows: dict[str, int], known: int) -> None:
        self._rows, self._known = rows, known
        self.unresolved: dict[str, int] = {}

    def of(self, name: str) -> int:
        row = self._rows.get(name)
        return self._known + self.unresolved.setdefault(name, len(self.unresolved)) if row is None else row


def _references(modules: list[str], every: Sequence[_Read], numbers: _Numbers) -> References:
    starts, symbols, versions, trailing = array("I", [0]), array("I"), array("H"), array("H")
    for read in every:
        names = [name for name, _ in read.asked]
        symbols.extend(numbers.of(name) for name in names)
        starts.append(len(symbols))
        order = list(_order(names, [name for name, _ in read.records]))
        versions.extend(order)
        trailing.append(len(read.records) - len(order) if read.records else 0)
    return References(tuple(modules), starts, symbols, versions, trailing, ())


def _order(names: list[str], records: list[str]) -> Iterator[int]:
    """Positions in `names` in the order of `records`, then those that no record is about."""
    place = {name: i for i, name in reversed(list(enumerate(names)))}
    seen = [place[r] for r in records if r in place]
    first = dict.fromkeys(seen)
    yield from first
    yield from (i for i in range(len(names)) if i not in first)


def _stated(
    kernel: Kernel, folder: str, files: Sequence[Path], every: Sequence[_Read], numbers: _Numbers, exports: Exports
) -> Stated:
    spaces = {space for read in every for space in read.imports}
    texts = ("", *sorted(({r.licence for r in every} | {r.vermagic for r in every} | spaces) - {""}))
    place = {text: i for i, text in enumerate(texts)}
    paths = [os.path.relpath(path, folder) for path in files]
    known = [File(module_name(p).encode(), os.fsencode(path), 0, 0, 0) for p, path in zip(files, paths, strict=True)]
    out_of_use = set(hidden(folder, known))
    import_starts, imports = array("I", [0]), array("H")
    checked_starts, checked, checked_crcs = array("I", [0]), array("I"), array("I")
    asked, crc_off = bytearray(), array("I")
    for read in every:
        imports.extend(place[space] for space in read.imports)
        import_starts.append(len(imports))
        crcs = dict(reversed(read.records))  # the first record of a name counts
        for name, weak in read.asked:
            row = numbers.of(name)
            asked.append((WEAK if weak else 0) | (HAS_CRC if name in crcs else 0))
            crc_off.append(crcs[name] ^ (exports.crc[row] if row < len(exports) else 0) if name in crcs else 0)
        beside = set(crcs) - {name for name, _ in read.asked}
        for name in dict.fromkeys(name for name, _ in read.records if name in beside):
            checked.append(numbers.of(name))
            checked_crcs.append(crcs[name])
        checked_starts.append(len(checked))
    return Stated(
        banner=kernel.banner, form=kernel.form, machine=kernel.machine, bits=kernel.bits, order=kernel.order,
        vermagic=kernel.vermagic, force_load=kernel.force_load,
        builtin=tuple(_text(name) for name in builtin_names(folder)),
        texts=texts,
        paths=tuple(_text(os.fsencode(path)) for path in paths),
        licences=array("H", [place[r.licence] for r in every]),
        vermagics=array("H", [place[r.vermagic] for r in every]),
        machines=array("H", [r.machine for r in every]),
        classes=bytes(r.kind for r in every),
        flags=bytes(
            (FLAG_SIGNED if r.signed else 0) | (FLAG_HIDDEN if i in out_of_use else 0) for i, r in enumerate(every)
        ),
        import_starts=import_starts, imports=imports, checked_starts=checked_starts, checked=checked,
        checked_crcs=checked_crcs, asked=bytes(asked), crc_off=crc_off,
    )  # fmt: skip
