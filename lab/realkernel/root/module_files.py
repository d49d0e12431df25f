"""Which modules a guest is given: those it asks for, what they need, and the lists by which `modprobe` finds them."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.cache import cache_folder, temporary_folder
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Settings
from lab.symbols.payload import MODULE_LIMIT, compression, unpack

__all__ = ["module_tree", "needed"]

LISTS = ("modules.builtin", "modules.builtin.modinfo")
LIMIT = 1 << 26  # bytes of modules.dep and its like; a real one has half a million


def module_tree(kernel: Kernel, names: Sequence[str]) -> dict[str, bytes]:
    """Path in the guest -> content: the modules `names` with what they need, unpacked, and the indexes of depmod.

    Raises `LabError` for a module that is neither a file of the kernel's tree nor built in.
    """
    if not names:
        return {}
    place = f"lib/modules/{kernel.release}"
    found: dict[str, bytes] = {}
    for path in needed(kernel, names):
        data = read_bytes(kernel.modules / path, MODULE_LIMIT)
        packed = compression(data)
        plain = path.rpartition(".")[0] if packed else path
        found[f"{place}/{plain}"] = unpack(data, path, MODULE_LIMIT) if packed else data
    for name in LISTS:
        if (kernel.modules / name).is_file():
            found[f"{place}/{name}"] = read_bytes(kernel.modules / name, LIMIT)
    with temporary_folder("modules") as folder:
        try:
            for path, data in found.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        except OSError as error:
            raise LabError(f"{folder}: cannot be written ({error.strerror}); set TMPDIR to another folder") from None
        made = depmod(Settings(root=str(folder), version=kernel.release, sysroot=str(folder), processes=1))
        for name in made.files:
            found[f"{place}/{name}"] = read_bytes(Path(made.folder, name), LIMIT)
    return found


def needed(kernel: Kernel, names: Sequence[str]) -> tuple[str, ...]:
    """Files below the kernel's modules folder that `names` need, each after what it needs itself.

    What is built into the kernel needs no file. Raises `LabError` for a name that the kernel does not know.
    """
    files = _dependencies(kernel)
    built_in = {_name(line) for line in _list(kernel, "modules.builtin").splitlines()}
    order: dict[str, None] = {}
    for name in names:
        wanted = name.replace("-", "_")
        if wanted in files:
            path, needs = files[wanted]
            order |= dict.fromkeys([*reversed(needs), path])
        elif wanted not in built_in:
            raise LabError(f"kernel {kernel.release} has no module {name[:60]!r}; choose another kernel with --kernel")
    return tuple(order)


def _dependencies(kernel: Kernel) -> dict[str, tuple[str, list[str]]]:
    """modules.dep as depmod(8) writes it: name -> path and the paths it needs; made if the tree came without."""
    text = _list(kernel, "modules.dep") if (kernel.modules / "modules.dep").is_file() else _made(kernel)
    found = {}
    for line in text.splitlines():
        path, _, needs = line.partition(":")
        found[_name(path)] = (path, needs.split())
    return found


def _made(kernel: Kernel) -> str:
    """modules.dep of a tree that was unpacked but not installed: made once, and kept in the cache if that can be."""
    root = kernel.modules.resolve().parents[2]
    state = f"{root} {kernel.modules.stat().st_mtime_ns} {os.stat(kernel.modules / 'kernel').st_mtime_ns}"
    digest = hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    kept = cache_folder() / "indexes" / f"{kernel.release}-{digest}.dep"
    with contextlib.suppress(LabError):  # not there yet
        return read_bytes(kept, LIMIT).decode("utf-8", "replace")
    with temporary_folder("modules") as place:
        # one process: to fork is not safe where other threads run, as in a notebook
        settings = Settings(root=str(root), version=kernel.release, out=str(place), sysroot=str(root), processes=1)
        data = read_bytes(Path(depmod(settings).folder, "modules.dep"), LIMIT)
    with contextlib.suppress(LabError, OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(kept, data)
    return data.decode("utf-8", "replace")


def _list(kernel: Kernel, name: str) -> str:
    path = kernel.modules / name
    return read_bytes(path, LIMIT).decode("utf-8", "replace") if path.is_file() else ""


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")
