"""The guest's first root file system: busybox, init, the modules it asked for, its own files."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.root.module_files import module_tree
from lab.realkernel.root.newc import archive

__all__ = ["busybox", "write_initramfs"]

HERE = {"bin/sh": "busybox"}
FOLDERS = ("dev", "proc", "sys", "run", "tmp", "out", "sbin", "usr/bin", "usr/sbin", "etc")


def write_initramfs(guest: Guest, path: Path) -> None:
    """Write the archive for `guest` to `path`, not packed: packing takes longer than the kernel saves by it.

    Raises `LabError` where busybox, a module or a file is missing.
    """
    files: dict[str, bytes | Path] = {
        "init": linux_sources("init") / "init",
        "bin/busybox": busybox(),
        "lab/run": guest.script.encode(),
        **module_tree(guest.kernel, guest.modules),
        **guest.files,
    }
    try:
        with path.open("wb") as out:  # in a folder of ours that goes away: no need to be careful with the disk
            out.writelines(archive(files, {**HERE, **guest.links}, FOLDERS))
    except OSError as error:
        raise LabError(f"{error.filename}: cannot be read ({error.strerror}); the guest needs it") from None


def busybox() -> Path:
    """A busybox that needs no library: the guest has none. Raises `LabError` where there is none."""
    found = shutil.which("busybox")
    if found is None or b"/ld-linux" in Path(found).read_bytes()[:4096]:
        raise LabError("a guest needs a static busybox: apt-get install busybox-static (kernel-lab kernel doctor)")
    return Path(found)
