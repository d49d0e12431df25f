"""Making an index file, from scratch or from an older one, with the same bytes as result."""

from __future__ import annotations

import dataclasses
import gc
import os
from collections.abc import Mapping, Sequence

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.snapshot import write_atomic
from lab.symbols.store.about import About, Image
from lab.symbols.store.earlier import Earlier, earlier, ours_or_new
from lab.symbols.store.forked import read_files
from lab.symbols.store.format import FLAG_HIDDEN, Numbers, laid_out
from lab.symbols.store.merge import merge
from lab.symbols.store.read_image import image_status, read_image
from lab.symbols.store.scan import File, Found, builtin_names, hidden, scan

__all__ = ["Built", "build"]

SHOWN = bytes(b & ~FLAG_HIDDEN for b in range(256))


@dataclasses.dataclass(frozen=True, slots=True)
class Built:
    """What a build did: counts of modules, `written` bytes (0: the index was up to date and stays as it is).

    `read`: module files read, `kept`: taken from the older index, `removed`: in that but no longer in the folder.
    `kernel_read`: whether the image was read. `note`: why an older file was of no use, or "". `dangling`: links that
    lead nowhere, relative to the folder.
    """

    modules: int
    read: int
    kept: int
    removed: int
    kernel_read: bool
    written: int
    exports: int
    needs: int
    note: str
    dangling: tuple[str, ...]


def build(
    kernel: str,
    folder: str | None,
    output: str,
    full: bool = False,
    progress: Progress = silent,
    cores: int | None = None,
) -> Built:
    """Index the image `kernel` and the modules under `folder` (None: the image alone) into the file `output`.

    If `output` is an intact index of the same folder, only what changed since is read, unless `full`. A file counts
    as changed if its size or time differs, or if it was changed (or put there) less than 2 s before the older index
    was written, or later. `cores`: processes to use, by default those allowed, two at most.

    Raises `LabError` for an input that cannot be read or is damaged, and where `output` is a file that is no index;
    the older file stays as it is then.
    """
    active = gc.isenabled()
    gc.disable()  # nothing here is cyclic, and walking hundreds of thousands of lists and tuples takes its time
    try:
        return _build(os.path.abspath(kernel), "" if folder is None else _real(folder), output, full, progress, cores)
    finally:
        if active:
            gc.enable()


def _build(kernel: str, folder: str, output: str, full: bool, progress: Progress, cores: int | None) -> Built:
    ours_or_new(output)
    image = image_status(kernel)
    found = scan(folder) if folder else Found([], [])
    builtin = b"".join(name + b"\0" for name in builtin_names(folder)) if folder else b""
    old, note = (None, "") if full else earlier(output, folder)
    kept = _kept(old, found.files)
    changed = [file for file in found.files if file.path not in kept]
    removed = 0 if old is None else len(set(old.part.paths) - {b""} - {file.path for file in found.files})
    facts = None if old is None else _same(old, kernel, image)
    done = Built(
        len(found.files), len(changed), len(kept), removed, facts is None, 0, 0, 0,
        note, tuple(os.fsdecode(path) for path in found.dangling),
    )  # fmt: skip
    paths = [b"", *(file.path for file in found.files)]
    if old is not None and facts and not changed and not removed and old.builtin == builtin:
        flags = old.part.columns["owner_flags"]
        if bytes(flags) == _flags(flags, folder, found.files):
            return _counted(done, old.part.columns, 0)
    parts = read_files(folder, changed, progress, cores)
    picks = {path: (i, row) for i, part in enumerate(parts) for row, path in enumerate(part.paths)}
    if facts is None:
        part, facts = read_image(kernel)
        picks[b""] = (len(parts), 0)
        parts.append(part)
    if old is not None:
        picks = {b"": (len(parts), 0), **{path: (len(parts), row) for path, row in kept.items()}, **picks}
        parts.append(old.part)
    try:
        sections = merge(parts, [picks[path] for path in paths])
    except (IndexError, ValueError):
        if old is None:
            raise
        again = _build(kernel, folder, output, True, progress, cores)  # numbers that lead outside their tables
        return dataclasses.replace(again, note=f"{output}: the symbol index is damaged")
    sections["owner_flags"] = _flags(sections["owner_flags"], folder, found.files)
    pieces = laid_out({**sections, "about": About(folder, facts).stored(), "builtin": builtin})
    write_atomic(output, pieces)
    return _counted(done, sections, sum(map(len, pieces)))


def _real(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except ValueError:
        raise LabError(f"{folder!r}: is no path of a folder") from None


def _kept(old: Earlier | None, files: Sequence[File]) -> dict[bytes, int]:
    """Path -> row in the older index, of the files that are as they were."""
    if old is None:
        return {}
    rows = {path: row for row, path in enumerate(old.part.paths) if row}
    return {f.path: rows[f.path] for f in files if f.path in rows and old.holds(rows[f.path], f.size, f.mtime, f.ctime)}


def _same(old: Earlier, kernel: str, image: os.stat_result) -> Image | None:
    """What the older index tells of the image, if that is still the one."""
    had = old.about.kernel
    same = (had.path, had.size, had.mtime_ns) == (kernel, image.st_size, image.st_mtime_ns)
    return had if same and old.before(image.st_mtime_ns, image.st_ctime_ns) else None


def _flags(flags: bytes | Numbers, folder: str, files: Sequence[File]) -> bytes:
    """The owners' flags with `FLAG_HIDDEN` where it belongs."""
    done = bytearray(bytes(flags).translate(SHOWN))
    for row in hidden(folder, files):
        done[row + 1] |= FLAG_HIDDEN
    return bytes(done)


def _counted(done: Built, sections: Mapping[str, bytes | Numbers], written: int) -> Built:
    exports, needs = len(sections["export_name"]), len(sections["need_name"])
    return dataclasses.replace(done, written=written, exports=exports, needs=needs)
