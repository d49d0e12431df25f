"""What the index keeps of module files and of a kernel image, read into a `Part`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from lab.symbols import bulk
from lab.symbols.store.columns import Part, Recorder
from lab.symbols.store.format import (
    FLAG_GPL,
    FLAG_HAS_CRC,
    FLAG_HAS_VALUE,
    FLAG_SIGNED,
    FLAG_WEAK,
    class_of,
)
from lab.symbols.store.scan import File

__all__ = ["read_modules"]

WORD = 1 << 64
HALF = 1 << 32


def read_modules(folder: str, files: Sequence[File], told: Callable[[int], None]) -> Part:
    """The part of `files` under `folder`, in their order; `told` is called with how many are done.

    Raises `LabError` for a file that cannot be read or is damaged.
    """
    recorder = Recorder()
    root = os.fsencode(folder)
    for done, file in enumerate(files):
        _module(recorder, os.path.join(root, file.path), file)
        told(done + 1)
    return recorder.part()


def _module(recorder: Recorder, place: bytes, file: File) -> None:
    source = os.fsdecode(place)
    data, _ = bulk.module_bytes(source)
    found = bulk.open_object(data, source)
    facts = bulk.modinfo(found)
    recorder.open(
        file.path,
        size=file.size,
        mtime=file.mtime,
        licence=recorder.string(b" / ".join(value for key, value in facts if key == b"license")),
        vermagic=recorder.string(next((value for key, value in facts if key == b"vermagic"), b"").strip()),
        machine=found.machine,
        **{"class": class_of(found.bits, found.order)},
        flags=FLAG_SIGNED if bulk.signed(data) else 0,
    )
    for key, value in facts:
        if key == b"import_ns":
            recorder.space(value)
    for export in bulk.exports(found):
        flags = (
            (FLAG_GPL if export.gpl else 0)
            | (FLAG_HAS_CRC if export.crc is not None else 0)
            | (FLAG_HAS_VALUE if export.offset is not None else 0)
        )
        recorder.export(
            export.name, (export.offset or 0) % WORD, export.section.encode("utf-8", "surrogateescape"),
            (export.crc or 0) % HALF, export.namespace, flags,
        )  # fmt: skip
    _asked(recorder, found)


def _asked(recorder: Recorder, found: bulk.Object) -> None:
    records = bulk.versions(found)
    versions = dict(reversed(records))
    weak: dict[bytes, bool] = {}
    for name, is_weak in bulk.undefined(found):
        weak[name] = weak.get(name, True) and is_weak  # a name asked for twice is one need
    flags = bytes(
        (FLAG_WEAK if is_weak else 0) | (FLAG_HAS_CRC if name in versions else 0) for name, is_weak in weak.items()
    )
    recorder.needs(list(weak), [versions.get(name, 0) % HALF for name in weak], flags)
    for name in dict.fromkeys(name for name, _ in records):
        if name not in weak:
            recorder.check(name, versions[name] % HALF)
