"""Where a kernel's files lie below a root: that of a machine, or a folder with unpacked packages."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["modules_folder", "within"]

_LINKS = 40  # links followed in one path, as the kernel has it (MAXSYMLINKS, include/linux/namei.h)


def modules_folder(root: Path, release: str) -> Path:
    """The folder of a kernel's modules: /lib is a part of /usr since Debian 13, in its packages too."""
    old = root / "lib/modules" / release
    return old if old.is_dir() else root / "usr/lib/modules" / release


def within(root: Path, path: str) -> Path:
    """What `path` is below `root` when links that begin with / are meant to begin at `root`, as in a chroot.

    Raises `OSError` for a loop of links.
    """
    done, left, followed = root, [part for part in path.split("/") if part], 0
    while left:
        part = left.pop(0)
        if part in (".", ".."):
            done = done.parent if part == ".." and done != root else done
            continue
        there = done / part
        if not there.is_symlink():
            done = there
            continue
        followed += 1
        if followed > _LINKS:
            raise OSError(f"{root / path}: too many links")
        target = os.readlink(there)
        left = [part for part in target.split("/") if part] + left
        done = root if target.startswith("/") else done
    return done
