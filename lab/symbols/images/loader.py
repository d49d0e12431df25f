"""What an image tells of its module loader, by the loader's own texts in it."""

from __future__ import annotations

import re

__all__ = ["force_load", "vermagic"]

MOST = 120  # characters after the release; every flag of include/linux/vermagic.h together takes fewer
TAINTED = b"%s: %s: kernel tainted.\n"  # try_to_force_load() of kernel/module/main.c, with the option only


def vermagic(data: bytes, release: str) -> str:
    """The vermagic of the kernel `release` in its unpacked image, without spaces at its end; "" if it is not found.

    The loader keeps it as a text (kernel/module/version.c): the release, a space, the flags. Two different texts
    of that form tell nothing.
    """
    if not release:
        return ""
    form = re.compile(re.escape(release.encode("utf-8", "surrogateescape")) + rb" [ -~]{0,%d}(?=\0)" % MOST)
    found = {text.decode("ascii", "backslashreplace").rstrip(" ") for text in form.findall(data)}
    return found.pop() if len(found) == 1 else ""


def force_load(data: bytes, magic: str) -> bool | None:
    """Whether the kernel was built with CONFIG_MODULE_FORCE_LOAD; None if the image does not tell.

    Only such a loader has the text of its warning. That it is missing says so only where the loader's other texts
    can be seen (`magic`, as `vermagic` found it).
    """
    return True if TAINTED in data else False if magic else None
