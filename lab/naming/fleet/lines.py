"""A file of JSON lines in blocks of whole lines: plain or gzip, a file or standard input, never all of it at once."""

from __future__ import annotations

import dataclasses
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from lab.core.errors import LabError

__all__ = ["BLOCK", "LINE_MAX", "Block", "blocks", "blocks_of"]

BLOCK = 1 << 22  # bytes of one block: a few hundred hosts
LINE_MAX = 1 << 23  # bytes of one line; a server with thousands of virtual functions has a tenth of that
GZIP = b"\x1f\x8b"


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: `data`, the number of its first line in the file, and how far the file has been read.

    `total`: the size of the file, 0 where it is unknown (standard input). `too_long`: no data, but the place of
    a line of more than `LINE_MAX` bytes.
    """

    data: bytes
    first: int
    done: int = 0
    total: int = 0
    too_long: bool = False


def blocks(what: str, size: int = BLOCK, longest: int = LINE_MAX) -> Iterator[Block]:
    """The blocks of the file `what`, or of standard input for "-"; gzip is seen by its first bytes.

    Raises `LabError` if it cannot be read, is no file, or is damaged gzip.
    """
    if what == "-":
        if sys.stdin is None:
            raise LabError("-: there is no standard input; name a file")
        yield from _from(sys.stdin.buffer, "-", 0, size, longest)
        return
    try:
        handle = os.open(what, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise LabError(
            f"{what}: cannot be read ({error.strerror}); name a file of JSON lines, one snapshot a line"
        ) from None
    except ValueError:
        raise LabError(f"{what!r}: is no path of a file") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise LabError(f"{what}: is no file; name one of JSON lines, or give them by a pipe to -")
    with open(handle, "rb") as source:
        yield from _from(source, what, found.st_size, size, longest)


def blocks_of(lines: Iterable[bytes], size: int = BLOCK) -> Iterator[Block]:
    """Blocks of lines that are in memory or are made one by one; none has a newline of its own."""
    held: list[bytes] = []
    held_bytes, first = 0, 1
    for line in lines:
        held.append(line)
        held_bytes += len(line) + 1
        if held_bytes >= size:
            yield Block(b"\n".join(held), first)
            first += len(held)
            held, held_bytes = [], 0
    if held:
        yield Block(b"\n".join(held), first)


def _from(raw: BinaryIO, what: str, total: int, size: int, longest: int) -> Iterator[Block]:
    import gzip
    import zlib

    source = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)  # type: ignore[type-var]
    place: Callable[[], int] = source.tell if total else lambda: 0
    try:
        packed = source.peek(2)[:2] == GZIP
        stream = gzip.GzipFile(fileobj=source) if packed else source
        yield from _cut(stream.read, place, total, size, longest)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LabError(f"{what}: is damaged gzip ({error}); pack it again") from None
    except OSError as error:
        raise LabError(f"{what}: cannot be read ({error.strerror or error})") from None


def _cut(
    read: Callable[[int], bytes], place: Callable[[], int], total: int, size: int, longest: int
) -> Iterator[Block]:
    """Cut at the last newline of what has been read; a line that does not end in time is passed over."""
    size = min(size, longest)  # so that only a line that began in an earlier piece can be too long
    rest, number, passing = b"", 1, False
    while data := read(size):
        if passing:  # the rest of a line that is too long
            end = data.find(b"\n")
            if end < 0:
                continue
            data, passing = data[end + 1 :], False
            number += 1
        cut = data.rfind(b"\n") + 1
        if cut:
            whole = rest + data[:cut]
            yield from _whole(whole, number, place(), total, longest)
            number += whole.count(b"\n")
            rest = data[cut:]
        else:
            rest += data
        if len(rest) > longest:
            yield Block(b"", number, place(), total, too_long=True)
            rest, passing = b"", True
    if rest:
        yield Block(rest, number, place(), total)


def _whole(data: bytes, number: int, done: int, total: int, longest: int) -> Iterator[Block]:
    """`data` as one block, unless its first line is too long; the others are not longer than one piece."""
    end = data.find(b"\n")
    if end > longest:
        yield Block(b"", number, done, total, too_long=True)
        data, number = data[end + 1 :], number + 1
    if data:
        yield Block(data, number, done, total)
