"""Finding kallsyms in a kernel image that tells nothing of itself.

The one sure mark is the table of tokens: 256 texts, of which those for "0" to "9" stand for themselves, and
right behind it 256 16-bit numbers that say where each begins. Before it (`scripts/kallsyms.c`) stand the
markers, one for 256 names, and from 6.2 to 6.3 the sequence of names; before these the names, whose sizes
the markers fix; before the names their number. Each piece must agree with the others, or it is not taken.
"""

from __future__ import annotations

import dataclasses
import itertools
import struct
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.kallsyms.names import BLOCK

__all__ = ["Tables", "find_tables"]

DIGITS = b"".join(b"%d\0" % d for d in range(10))
TOKENS = 256
VISIBLE = bytes(c for c in range(256) if (c > 32 and c != 127) or c == 0)  # what tokens consist of
MAX_NAME = 0x3FFF + 2  # bytes of a compressed name with its length
MAX_SYMBOLS = 1 << 21  # ten times a distribution's kernel
MAX_TEXT = 1 << 26  # bytes of names when expanded
MAX_TABLES = 8  # of tokens that agree with their index: two in a kernel that carries another one
MAX_READINGS = 32
MAX_TRIES = 10_000
MAX_LAST_BLOCK = 1 << 16  # bytes of the up to 256 names behind the last marker


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """Where things are: offsets into the image.

    `symbols`: type and name of each, as one text. `count_at`: of the number of names; `end`: behind
    `token_index`; `seqs`: the sequence of names where it is known (6.2 and 6.3), else -1.
    """

    order: str
    symbols: list[bytes]
    count_at: int
    names: int
    markers: tuple[int, ...]
    markers_at: int
    tokens: int
    index: tuple[int, ...]
    end: int
    seqs: int


def find_tables(data: bytes, source: str) -> Tables:
    """The tables of names in `data`; raises `LabError` if there are none or they contradict each other."""
    seen = False
    for order, tokens, index, end in itertools.islice(_token_tables(data), MAX_TABLES):
        seen = True
        texts = [data[tokens + at : data.index(b"\0", tokens + at)] for at in index]
        for markers, markers_at, before in itertools.islice(_markers(data, order, tokens), MAX_READINGS):
            for names, count_at, count in itertools.islice(_names(data, order, markers, markers_at), MAX_READINGS):
                seqs = _seqs(tokens, count, before) if before >= 0 else -1
                symbols = _expand(data, names, count, texts, markers) if before < 0 or seqs >= 0 else None
                if symbols is not None:
                    return Tables(order, symbols, count_at, names, markers, markers_at, tokens, index, end, seqs)
    if seen:
        raise LabError(f"{source}: its kallsyms tables are damaged or laid out in a way not known here")
    raise LabError(f"{source}: no kallsyms tables were found in it; it was built without CONFIG_KALLSYMS or is damaged")


def _token_tables(data: bytes) -> Iterator[tuple[str, int, tuple[int, ...], int]]:
    """(byte order, offset of the tokens, `token_index`, offset behind it) of every table that agrees with its index."""
    at = data.find(DIGITS)
    while at >= 0:
        end = at
        for _ in range(TOKENS - ord("0")):
            end = data.find(b"\0", end, end + 1024) + 1
            if not end:
                break
        for index_at in (end + 3 & ~3, (end + 3 & ~3) + 4) if end else ():
            if index_at + 2 * TOKENS > len(data):
                continue
            for order in "<>":
                index = struct.unpack_from(f"{order}{TOKENS}H", data, index_at)
                tokens = at - index[ord("0")]
                if tokens >= 0 and _agree(data, tokens, index, end):
                    yield order, tokens, index, index_at + 2 * TOKENS
        at = data.find(DIGITS, at + 1)


def _agree(data: bytes, tokens: int, index: tuple[int, ...], end: int) -> bool:
    if data[tokens:end].translate(None, VISIBLE):
        return False
    texts = data[tokens:end].split(b"\0")
    at = 0
    for text, wanted in zip(texts, index, strict=False):
        if at != wanted:
            return False
        at += len(text) + 1
    return len(texts) == TOKENS + 1 and tokens + at == end


def _markers(data: bytes, order: str, tokens: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """(markers, their offset, offset of the sequence of names or -1) that may stand before the tokens.

    32-bit numbers since 4.20, machine words before; the first is 0 and each is larger than the one before.
    """
    for code, width in (("I", 4), ("Q", 8)):
        word = struct.Struct(order + code)
        for end in range(tokens, max(tokens - 8, 0), -4):
            if end % 4 == 0 and not any(data[end:tokens]):
                found = _backward(data, word, end)
                if found:
                    yield found, end - width * len(found), -1
    yield from _before_sequence(data, order, tokens)


def _backward(data: bytes, word: struct.Struct, end: int) -> tuple[int, ...]:
    found: list[int] = []
    after = 0
    for at in range(end - word.size, -1, -word.size):
        (value,) = word.unpack_from(data, at)
        if found and not 2 * BLOCK <= after - value <= MAX_NAME * BLOCK:
            return ()
        found.append(value)
        if value == 0:
            return tuple(reversed(found))
        if len(found) > MAX_SYMBOLS // BLOCK:
            return ()
        after = value
    return ()


def _before_sequence(data: bytes, order: str, tokens: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """The same where three bytes a name stand in between: their number must fit the number of markers."""
    word = struct.Struct(order + "I")
    lowest = max(tokens - 4 * MAX_SYMBOLS, 0)
    at = data.rfind(bytes(4), lowest, tokens)
    for _ in range(MAX_TRIES):
        if at < lowest:
            return
        first = at & ~3
        found = _forward(data, word, first, tokens)
        for size in range(len(found), 0, -1):  # the first of the sequence may look like one more marker
            end = first + word.size * size
            if (size - 1) * BLOCK - 8 < (tokens - end) // 3 <= size * BLOCK + 8:
                yield tuple(found[:size]), first, end
        at = data.rfind(bytes(4), lowest, first + 3)


def _seqs(tokens: int, count: int, before: int) -> int:
    """Where three bytes a name, padded to a word, may stand between `before` and the tokens; -1 if they do not fit."""
    for align in (8, 4):
        at = tokens - (3 * count + align - 1) // align * align
        if before <= at < before + align:
            return at
    return -1


def _forward(data: bytes, word: struct.Struct, at: int, limit: int) -> list[int]:
    found: list[int] = []
    for (value,) in word.iter_unpack(memoryview(data)[at : at + (limit - at) // word.size * word.size]):
        if not 2 * BLOCK <= value - found[-1] <= MAX_NAME * BLOCK if found else value != 0:
            break
        found.append(value)
    return found


def _names(data: bytes, order: str, markers: tuple[int, ...], end: int) -> Iterator[tuple[int, int, int]]:
    """(offset of the names, of their number, their number) such that the last names end where the markers begin.

    The number stands right before the names, aligned as they are: 4 bytes, or 8 with padding.
    """
    number = struct.Struct(order + "I")
    high = len(markers) * BLOCK
    low = high - BLOCK
    last = end - markers[-1]
    for start in range(last - 2 & ~3, max(last - MAX_LAST_BLOCK, 4) - 1, -4):
        for count_at in (start - 4, start - 8):
            if count_at < 0:
                continue
            (count,) = number.unpack_from(data, count_at)
            if low < count <= high and (count_at == start - 4 or not any(data[start - 4 : start])):
                stop = _skip(data, start + markers[-1], count - low, end)
                if 0 <= end - stop < 8 and not any(data[stop:end]):
                    yield start, count_at, count


def _skip(data: bytes, at: int, count: int, limit: int) -> int:
    for _ in range(count):
        if at >= limit:
            return limit + 1
        length = data[at]
        if length & 0x80 and at + 1 < limit:
            length = ((length & 0x7F) | (data[at + 1] << 7)) + 1
        at += length + 1
    return at


def _expand(data: bytes, at: int, count: int, texts: list[bytes], markers: tuple[int, ...]) -> list[bytes] | None:
    """Type and name of every symbol; None if a marker points elsewhere or a name is empty."""
    symbols: list[bytes] = []
    begin, room = at, MAX_TEXT
    text = texts.__getitem__
    join = b"".join
    for marker in markers:
        if at - begin != marker:
            return None
        block = len(symbols)
        for _ in range(min(BLOCK, count - block)):
            length = data[at]
            at += 1
            if length & 0x80:
                length = (length & 0x7F) | (data[at] << 7)
                at += 1
            symbols.append(join(map(text, data[at : at + length])))
            at += length
        room -= sum(map(len, symbols[block:]))
        if room < 0 or min(map(len, symbols[block:])) < 2:
            return None
    return symbols
