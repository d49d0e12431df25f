"""The guest's first root file system: busybox, init, the modules it asked for, its own files."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError, printable
from lab.core.files import read_bytes
from lab.realkernel.build.external import run
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.root.libraries import linked
from lab.realkernel.root.module_files import module_tree
from lab.realkernel.root.newc import archive

__all__ = ["busybox", "write_initramfs"]

HERE = {"bin/sh": "busybox"}
INSTALL = "apt-get install busybox-static (kernel-lab kernel doctor)"
LIMIT = 1 << 26  # bytes of a busybox; Debian's has two million
# What init, collect-sysfs and the scripts of the runs call, beyond what every shell has built in
APPLETS = (
    "awk", "basename", "cat", "chmod", "cp", "cut", "dmesg", "find", "grep", "gzip", "head", "insmod", "ip", "ls",
    "md5sum", "mkdir", "mktemp", "modprobe", "mount", "nsenter", "readlink", "reboot", "rm", "rmmod", "sed", "sh",
    "sha256sum", "sleep", "sort", "stat", "stty", "tail", "tar", "tr", "uname", "unshare", "wc", "xargs",
)  # fmt: skip
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
    pieces = archive(files, {**HERE, **guest.links}, FOLDERS)
    try:
        with path.open("wb") as out:  # in a folder of ours that goes away: no need to be careful with the disk
            for piece in _read(pieces):
                out.write(piece)
    except OSError as error:
        raise LabError(f"{path.parent}: cannot be written ({error.strerror}); set TMPDIR to another folder") from None


def _read(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces; a file that cannot be read is another error than a disk that is full."""
    try:
        yield from pieces
    except OSError as error:
        raise LabError(f"{error.filename}: cannot be read ({error.strerror}); the guest needs it") from None


def busybox() -> Path:
    """A busybox that needs no library, as the guest has none, and has what init and the scripts call.

    Raises `LabError` where there is none.
    """
    found = shutil.which("busybox")
    if found is None:
        raise LabError(f"a guest needs a static busybox: {INSTALL}")
    path = Path(found)
    stat = path.stat()
    lacking = _lacks(path, stat.st_size, stat.st_mtime_ns)
    if lacking:
        raise LabError(f"{path}: {lacking}; a guest needs a static busybox: {INSTALL}")
    return path


@functools.lru_cache(maxsize=8)
def _lacks(path: Path, _size: int, _mtime: int) -> str:
    """What is wrong with a busybox, which is asked once; "" if nothing is."""
    try:
        interpreter = linked(read_bytes(path, LIMIT), str(path)).interpreter
    except LabError as error:
        return str(error).removeprefix(f"{path}: ").partition(";")[0]
    if interpreter is not None:
        return f"needs {printable(interpreter[:80])} and libraries"
    applets = run([path, "--list"], limit=30).output.split()
    lacking = [name for name in APPLETS if name not in applets]
    return f"has no {' '.join(lacking[:8])}" if lacking else ""
