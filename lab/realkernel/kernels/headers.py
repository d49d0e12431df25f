"""The headers that a module is built against, wherever their tree lies.

Debian's linux-headers packages are three trees (this kernel's, what all kernels of a version share, kbuild). They
find each other by relative links, but for one line: the Makefile includes the shared one by its path in /usr/src.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lab.realkernel.kernels.layout import within

__all__ = ["make_movable", "relocated", "usable"]

_SHARED = re.compile(r"^include /usr/src/(?P<tree>[\w.+~-]+)/Makefile[ \t]*$", re.MULTILINE)


def usable(headers: Path) -> bool:
    """True if `headers` is a tree that `make -C` can build modules with, as far as its own files tell."""
    return (headers / "Makefile").is_file() and (headers / "include/generated/autoconf.h").is_file()


def relocated(makefile: str, beside: str) -> str:
    """The text of a header tree's Makefile whose shared tree lies in the folder `beside` and not in /usr/src.

    A Makefile of another kind is returned as it is.
    """
    return _SHARED.sub(lambda found: f"include {beside}{found['tree']}/Makefile", makefile)


def make_movable(root: Path) -> None:
    """Rewrite the unpacked packages below `root` so that no path in them leaves it and all of it can be moved.

    Makefiles of header trees find the shared tree beside their own; links that begin with / become relative, and
    are removed where they lead to nothing below `root`. Raises `OSError`.
    """
    for makefile in root.glob("usr/src/*/Makefile"):
        text = makefile.read_text("utf-8", "surrogateescape")
        new = relocated(text, "$(dir $(lastword $(MAKEFILE_LIST)))../")
        if new != text:
            makefile.write_text(new, "utf-8", "surrogateescape")
    for link in list(_absolute_links(root)):
        target = within(root, os.readlink(link))
        link.unlink()
        if os.path.lexists(target):
            link.symlink_to(os.path.relpath(target, link.parent))


def _absolute_links(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and os.path.isabs(os.readlink(path)):
                yield path
