"""Reading a `.bin` index: every entry, one key, or what a device's name matches. For the form see `trie`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fnmatch import fnmatchcase

from lab.core.errors import LabError
from lab.symbols.depmod.trie import CHILDREN, HEADER, LIMIT, MAGIC, PREFIX, VALUES, VERSION

__all__ = ["entries", "lookup", "match"]

MAX_NODES = 4_000_000  # visited in one file; a circle of nodes ends here
MAX_KEY = 4096  # letters of a key (kmod: PATH_MAX)


def entries(data: bytes, source: str) -> Iterator[tuple[bytes, list[tuple[int, bytes]]]]:
    """(key, its (priority, value) in the order of the file) in the order of keys, either order of nodes.

    Raises `LabError` for what is no index, or a damaged one.
    """
    try:
        yield from _walk(data)
    except (struct.error, ValueError, IndexError):
        raise LabError(f"{source}: is no index of depmod, or a damaged one; write it anew") from None


def _walk(data: bytes) -> Iterator[tuple[bytes, list[tuple[int, bytes]]]]:
    magic, version, root = HEADER.unpack_from(data)
    if magic != MAGIC or version >> 16 != VERSION >> 16:
        raise ValueError
    stack = [(root, b"")]
    visited = 0
    while stack:
        word, key = stack.pop()
        visited += 1
        at = word & LIMIT
        if word & PREFIX:
            end = data.index(0, at)
            key += data[at:end]
            at = end + 1
        if visited > MAX_NODES or len(key) > MAX_KEY or at < HEADER.size:
            raise ValueError
        if word & CHILDREN:
            first, last = data[at], data[at + 1]
            words = struct.unpack_from(f">{last - first + 1}I", data, at + 2)
            at += 2 + 4 * len(words)
            letters = range(last, first - 1, -1)
            stack += [(w, key + bytes([c])) for c, w in zip(letters, reversed(words), strict=True) if w]
        if word & VALUES:
            (count,) = struct.unpack_from(">I", data, at)
            if count > len(data):
                raise ValueError
            values = []
            at += 4
            for _ in range(count):
                (priority,) = struct.unpack_from(">I", data, at)
                end = data.index(0, at + 4)
                values.append((priority, data[at + 4 : end]))
                at = end + 1
            yield key, values


def lookup(data: bytes, key: bytes, source: str = "index") -> list[bytes]:
    """The values of `key`, in order; none if it is not there. Raises `LabError` for a damaged index."""
    return next(([value for _, value in values] for found, values in entries(data, source) if found == key), [])


def match(data: bytes, text: bytes, source: str = "index") -> list[bytes]:
    """The values of all keys that are patterns (`*`, `?`, `[...]`) of `text`, lowest priority first.

    As `modprobe` resolves what a device calls itself (kmod, `index_searchwild`). Raises `LabError` for a damaged index.
    """
    wanted = text.decode("latin-1")
    found = [
        pair for key, values in entries(data, source) if fnmatchcase(wanted, key.decode("latin-1")) for pair in values
    ]
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]
