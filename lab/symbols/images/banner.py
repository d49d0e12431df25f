"""The line by which a kernel names itself (init/version-timestamp.c; /proc/version prints it)."""

from __future__ import annotations

import re

__all__ = ["banners", "occurrences"]

MAX_PLACES = 64  # occurrences of one text that are looked at
START = b"Linux version "
BANNER = re.compile(rb"Linux version ([0-9]+\.[0-9]+[^\s%\0]*) [^\n\0%]{1,1000}(?=\n\0)")


def occurrences(data: bytes, text: bytes) -> list[int]:
    """The first `MAX_PLACES` offsets of `text` in `data`."""
    found: list[int] = []
    at = data.find(text)
    while at >= 0 and len(found) < MAX_PLACES:
        found.append(at)
        at = data.find(text, at + 1)
    return found


def banners(data: bytes) -> list[tuple[int, str, str]]:
    """(offset, the line, the release it names) of each banner in `data`."""
    found = (BANNER.match(data, at) for at in occurrences(data, START))
    return [
        (m.start(), m.group().decode("utf-8", "backslashreplace"), m.group(1).decode("utf-8", "backslashreplace"))
        for m in found
        if m
    ]
