"""Where a path leads to inside a root folder, as `chroot` would follow it."""

from __future__ import annotations

import os
import stat

__all__ = ["resolve"]

MAX_LINKS = 40  # MAXSYMLINKS, include/linux/namei.h


def resolve(root: str, path: str) -> str | None:
    """The real path of what `path` leads to when `root` is the root folder; None if it leads nowhere.

    `root`: a folder without links in its own path. `path`: as seen inside `root`, with or without a slash in front.
    An absolute link starts at `root` again and `..` stops there, so the answer always lies below `root`; more than
    40 links, as the kernel counts, lead nowhere. A folder that may not be searched leads nowhere too.
    """
    base = root.rstrip("/")
    left = path.split("/")[::-1]
    been: list[str] = []
    links = 0
    in_folder = True
    while left:
        part = left.pop()
        if not in_folder:
            return None
        if part in ("", "."):
            continue
        if part == "..":
            if been:
                been.pop()
            continue
        here = "/".join((base, *been, part))
        try:
            mode = os.lstat(here).st_mode
            if not stat.S_ISLNK(mode):
                been.append(part)
                in_folder = stat.S_ISDIR(mode)
                continue
            target = os.readlink(here)
        except (OSError, ValueError):
            return None
        links += 1
        if links > MAX_LINKS:
            return None
        if target.startswith("/"):
            been.clear()
        left.extend(target.split("/")[::-1])
    return "/".join((base, *been)) or "/"
