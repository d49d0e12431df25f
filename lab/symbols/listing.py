"""What a kernel image, a module, a `Module.symvers` or a folder of modules exports, as one list."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.timing import allowed_cores
from lab.symbols.payload import LIMIT, MODULE_LIMIT

if TYPE_CHECKING:
    from lab.symbols.bulk import BulkExport

__all__ = ["Listed", "list_exports"]

SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
IMAGES = ("vmlinuz", "vmlinux")  # as kernel packages put them into lib/modules/VERSION
WORTH_A_PROCESS = 64  # modules; fewer are read before another process has begun


class Listed(NamedTuple):
    """One export, sorted by owner and name in the order of their bytes."""

    owner: str
    name: str
    crc: int | None
    namespace: str | None
    gpl: bool


def list_exports(
    path: Path | str,
    progress: Progress = silent,
    cores: int | None = None,
    dangling: Callable[[str], object] = lambda path: None,
) -> list[Listed]:
    """The exports of a file or of all modules under a folder.

    A kernel image `vmlinuz` or `vmlinux` directly in the folder belongs to them; links to folders (`build`,
    `source`) are not followed. `cores`: processes that read, by default the cores allowed here, two at most.
    `dangling` is told of each link that leads nowhere, which is passed over as kmod does. Raises `LabError` for any
    other file that cannot be read or is damaged.
    """
    if not os.path.isdir(path):
        rows = list(_of_file(os.fspath(path)))
    else:
        modules, images = _files(os.fspath(path), dangling)
        rows = [row for image in images for row in _of_image(image)]
        rows += _of_modules(modules, progress, min(2, allowed_cores() if cores is None else cores))
    return sorted(rows, key=lambda r: (r.owner.encode(), r.name.encode(), r.gpl, r.namespace or "", r.crc or 0))


def _files(folder: str, dangling: Callable[[str], object]) -> tuple[list[str], list[str]]:
    """Paths of the modules under `folder`, sorted, and of the images in it."""

    def unreadable(error: OSError) -> None:
        raise LabError(f"{error.filename}: cannot be read ({error.strerror})") from None

    modules: list[str] = []
    nowhere: list[str] = []
    for place, _, names in os.walk(folder, onerror=unreadable):
        for path in (os.path.join(place, name) for name in names if name.endswith(SUFFIXES)):
            (nowhere if os.path.islink(path) and not os.path.exists(path) else modules).append(path)
    for path in sorted(nowhere):
        dangling(path)
    if not modules:
        raise LabError(f"{folder}: holds no kernel modules (.ko files); give a folder such as /lib/modules/VERSION")
    images = [p for p in (os.path.join(folder, name) for name in IMAGES) if os.path.isfile(p)]
    return sorted(modules), images[:1]


def _of_modules(paths: list[str], progress: Progress, cores: int) -> list[Listed]:
    may_fork = hasattr(os, "fork") and sys.platform != "emscripten" and threading.active_count() == 1
    parts = [paths[i : i + WORTH_A_PROCESS] for i in range(0, len(paths), WORTH_A_PROCESS)]
    rows: list[Listed] = []
    done = 0
    if cores < 2 or len(parts) < 2 or not may_fork:
        answers: Iterator[list[Listed]] = map(_part, parts)
    else:
        answers = _shared(parts, cores)
    for part, answer in zip(parts, answers, strict=True):
        done += len(part)
        rows += answer
        progress(done, len(paths), "reading modules")
    return rows


def _shared(parts: list[list[str]], cores: int) -> Iterator[list[Listed]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("fork"))
    try:
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        answers = pool.map(_part, parts)  # starts the processes, which keep SIGINT blocked: ^C is for this one
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        for rows in answers:
            yield [Listed(*row) for row in rows]
    finally:
        pool.shutdown(cancel_futures=True)


def _part(paths: list[str]) -> list[Listed]:
    return [row for path in paths for row in _of_module(path)]


def _of_module(path: str) -> list[Listed]:
    from lab.symbols.bulk import exports, module_bytes, open_object

    data, _ = module_bytes(path)
    return _listed(exports(open_object(data, path)), path)


def _listed(found: list[BulkExport], path: str) -> list[Listed]:
    from lab.symbols.binary_file import module_name

    owner = _text(os.fsencode(module_name(path)))
    return [Listed(owner, _text(e.name), e.crc, _text(e.namespace) or None, e.gpl) for e in found]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _of_file(path: str) -> list[Listed]:
    rows = _of_module_or_text(path)
    return _of_image(path) if rows is None else rows  # the content is out of memory before it is read as an image


def _of_module_or_text(path: str) -> list[Listed] | None:
    from lab.symbols.bulk import module_bytes, open_object
    from lab.symbols.bulk.tables import REL, exports
    from lab.symbols.symvers import is_symvers, parse_symvers

    data, _ = module_bytes(path, MODULE_LIMIT if path.endswith(SUFFIXES) else LIMIT)
    head = bytes(data[:4096])
    if head.startswith(b"\x7fELF"):
        found = open_object(data, path)
        if found.kind == REL:
            if not any(found.index(s) for s in (".modinfo", ".gnu.linkonce.this_module", "__versions", "__ksymtab")):
                raise LabError(f"{path}: is an object file, but no kernel module; give a .ko file or a kernel image")
            return _listed(exports(found), path)
    elif is_symvers(head):
        rows = parse_symvers(bytes(data[:]), path)
        return [Listed(r.owner, r.name, r.crc, r.namespace, r.gpl) for r in rows]
    return None


def _of_image(path: str) -> list[Listed]:
    from lab.symbols.binary_file import read

    found = read(path)
    return [Listed(found.owner, e.name, e.crc, e.namespace, e.gpl) for e in found.exports]
