"""Unpacking what kernels and modules are compressed with, never past a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from lab.core.errors import LabError

__all__ = ["LIMIT", "Unpacked", "compression", "unpack"]

LIMIT = 1 << 28  # bytes after unpacking; a distribution's kernel is a quarter of this


class Stream(Protocol):
    """One compressed stream being read: zlib, bz2 and lzma speak so, and our adapter of zstandard."""

    @property
    def eof(self) -> bool:
        """True once the stream is complete."""

    @property
    def unused_data(self) -> bytes:
        """What followed it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most `max_length` bytes of what `data` holds."""


class Unpacked(bytes):
    """The unpacked bytes; `rest` is what followed the last stream."""

    rest: bytes = b""


class _Zstd:
    """zstandard takes no `max_length`: the input is fed in small steps (at most 128 KiB come out of 4 bytes)."""

    STEP = 512

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.eof = False
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        for start in range(0, len(data), self.STEP):
            parts.append(self._stream.decompress(data[start : start + self.STEP]))
            size += len(parts[-1])
            self.eof = bool(self._stream.eof)
            if self.eof:
                self.unused_data = bytes(self._stream.unused_data) + data[start + self.STEP :]
            if self.eof or size >= max_length:
                break
        return b"".join(parts)[:max_length]


Opened = tuple[Stream, type[Exception]]  # a stream and what its library raises for damaged data


def _gzip() -> Opened:
    import zlib

    return zlib.decompressobj(wbits=31), zlib.error


def _zstd() -> Opened:
    import zstandard

    return _Zstd(zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()), zstandard.ZstdError


def _bzip2() -> Opened:
    import bz2

    return bz2.BZ2Decompressor(), OSError


def _xz() -> Opened:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LIMIT), lzma.LZMAError


def _lzma() -> Opened:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LIMIT), lzma.LZMAError


# magic -> (name, how to read it; None where it is not read yet)
COMPRESSIONS: dict[bytes, tuple[str, Callable[[], Opened] | None]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"\xfd7zXZ\x00": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
    b"BZh": ("bzip2", _bzip2),
    b"\x5d\x00\x00": ("lzma", _lzma),
    b"\x02\x21\x4c\x18": ("lz4", None),
    b"\x04\x22\x4d\x18": ("lz4", None),
    b"\x89LZO\x00\x0d\x0a\x1a": ("lzo", None),
}


def compression(data: bytes) -> str:
    """What `data` is compressed with, by its first bytes; "" if with nothing known."""
    return next((name for magic, (name, _) in COMPRESSIONS.items() if data.startswith(magic)), "")


def unpack(data: bytes, source: str, limit: int = LIMIT) -> Unpacked:
    """The content of `data`, all its streams one after the other.

    `source` names the input in errors. Raises `LabError` if it is damaged, ends early, unpacks to more
    than `limit` bytes (a decompression bomb), or needs a package that is not there.
    """
    name = compression(data)
    magic, start = next((m, s) for m, (n, s) in COMPRESSIONS.items() if n == name and data.startswith(m))
    if start is None:
        raise LabError(f"{source}: {name} compression is not read yet; unpack it first (`{name} -d`)")
    out: list[bytes] = []
    room = limit
    rest = data
    while rest.startswith(magic):
        part, rest = _one(start, name, rest, source, room)
        out.append(part)
        room -= len(part)
        if room < 0:
            raise LabError(f"{source}: unpacks to more than {limit:,} bytes; this is no kernel or module")
    unpacked = Unpacked(b"".join(out))
    unpacked.rest = rest
    return unpacked


def _one(start: Callable[[], Opened], name: str, data: bytes, source: str, room: int) -> tuple[bytes, bytes]:
    try:
        stream, error = start()
    except ImportError as missing:
        raise LabError(f"{source}: is {name} compressed; this Python lacks the module {missing.name}") from None
    try:
        part = stream.decompress(data, room + 1)
    except error as damage:
        raise LabError(f"{source}: its {name} data is damaged ({damage}); fetch the file again") from None
    if not stream.eof and len(part) <= room:
        raise LabError(f"{source}: its {name} data ends early; the file is truncated, fetch it again")
    return part, bytes(stream.unused_data)
