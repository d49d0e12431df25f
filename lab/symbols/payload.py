"""Unpacking what kernels and modules are compressed with, never past a bound."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Protocol

from lab.core.errors import LabError

__all__ = ["LIMIT", "MODULE_LIMIT", "compression", "unpack", "unpack_front"]

LIMIT = 3 << 26  # bytes after unpacking; a distribution's kernel is less than half of this
MODULE_LIMIT = 1 << 27  # the same of a module; a distribution's largest is a quarter of this
STEP = 1 << 23  # bytes unpacked at a time


class Stream(Protocol):
    """One compressed stream being read: zlib, bz2 and lzma speak so, and our adapter of zstandard."""

    @property
    def eof(self) -> bool:
        """True once the stream is complete."""

    @property
    def unused_data(self) -> bytes | None:
        """What followed it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """The next bytes, `max_length` or somewhat more or less; `data` is given once, b"" from then on.

        b"" where no more come.
        """


class _Gzip:
    """zlib gives back what it did not come to; the others keep it."""

    def __init__(self) -> None:
        import zlib

        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(data or self._stream.unconsumed_tail, max_length)


class _Zstd:
    """zstandard takes no `max_length` and reads all there is: the frame's blocks tell where it ends and what it holds.

    RFC 8878, sections 3.1.1.1 and 3.1.1.2.
    """

    BLOCK = 1 << 17  # bytes that a block unpacks to, at most
    MOST = 1 << 20  # blocks; they would be of a few bytes each

    def __init__(self, unpacker: Any, error: type[Exception]) -> None:
        self._unpacker = unpacker
        self._error = error
        self._reader: Any = None
        self._most = 0
        self._whole = False
        self.eof = False
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            end, blocks, self._whole = self._frame(data)
            self._reader = self._unpacker.stream_reader(memoryview(data)[:end])
            self._most = blocks * self.BLOCK + 1  # one more, so that the checksum is looked at
            self.unused_data = data[end:]
        size = min(max_length, self._most)
        part: bytes = self._reader.read(size)
        self.eof = self._whole and len(part) < size
        return part

    def _frame(self, data: bytes) -> tuple[int, int, bool]:
        """Where the frame ends, the count of its blocks, and whether it is all there."""
        flags = data[4] if len(data) > 4 else 0
        single = flags >> 5 & 1
        at = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
        for blocks in range(1, self.MOST):
            header = int.from_bytes(data[at : at + 3], "little")
            kind = header >> 1 & 3  # stored, one byte repeated, compressed
            at += 3 + (1 if kind == 1 else header >> 3)
            if at > len(data) or kind == 3:
                return len(data), blocks, False
            if header & 1:
                at += 4 * (flags >> 2 & 1)
                return min(at, len(data)), blocks, at <= len(data)
        raise self._error(f"{self.MOST:,} blocks and more")


Opened = tuple[Stream, type[Exception]]  # a stream and what its library raises for damaged data


def _gzip() -> Opened:
    import zlib

    return _Gzip(), zlib.error


def _zstd() -> Opened:
    import zstandard

    return _Zstd(zstandard.ZstdDecompressor(max_window_size=1 << 27), zstandard.ZstdError), zstandard.ZstdError


def _bzip2() -> Opened:
    import bz2

    return bz2.BZ2Decompressor(), OSError


def _xz() -> Opened:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LIMIT), lzma.LZMAError


def _lzma() -> Opened:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LIMIT), lzma.LZMAError


def _lz4() -> Opened:
    import lz4.frame

    return lz4.frame.LZ4FrameDecompressor(), RuntimeError


def _lz4_legacy() -> Opened:
    from lab.symbols.payload_blocks import Lz4Legacy

    return Lz4Legacy(), ValueError


def _lzop() -> Opened:
    from lab.symbols.payload_blocks import Lzop

    return Lzop(), ValueError


# magic -> (name, how to read it)
COMPRESSIONS: dict[bytes, tuple[str, Callable[[], Opened]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"\xfd7zXZ\x00": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
    b"BZh": ("bzip2", _bzip2),
    b"\x5d\x00\x00": ("lzma", _lzma),
    b"\x02\x21\x4c\x18": ("lz4", _lz4_legacy),
    b"\x04\x22\x4d\x18": ("lz4", _lz4),
    b"\x89LZO\x00\x0d\x0a\x1a\x0a": ("lzo", _lzop),
}
EXTRA = ("lz4", "lzallright")  # packages that only the extra `images` brings


def compression(data: bytes) -> str:
    """What `data` is compressed with, by its first bytes; "" if with nothing known."""
    return next((name for magic, (name, _) in COMPRESSIONS.items() if data.startswith(magic)), "")


def unpack(data: bytes, source: str, limit: int = LIMIT) -> bytes:
    """The content of `data`, all its streams one after the other.

    `source` names the input in errors. Raises `LabError` if it is damaged, ends early, unpacks to more
    than `limit` bytes (a decompression bomb), or needs a package that is not there.
    """
    return unpack_front(data, source, limit)[0]


def unpack_front(data: bytes, source: str, limit: int = LIMIT) -> tuple[bytes, bytes]:
    """`unpack`, and what follows the last stream."""
    name = compression(data)
    magic, start = next((m, s) for m, (n, s) in COMPRESSIONS.items() if n == name and data.startswith(m))
    out = io.BytesIO()  # grows in place, and gives its bytes without a copy
    rest = data
    while rest.startswith(magic):
        rest = _one(start, name, rest, source, out, limit)
    return out.getvalue(), rest


def _one(start: Callable[[], Opened], name: str, data: bytes, source: str, out: io.BytesIO, limit: int) -> bytes:
    """Unpack one stream at the end of `out`; what follows it in `data`."""
    try:
        stream, error = start()
    except ImportError as missing:
        package = (missing.name or "").partition(".")[0]
        advice = "; pip install 'kernel-feature-lab[images]'" if package in EXTRA else ""
        raise LabError(f"{source}: is {name} compressed; this Python lacks the module {package}{advice}") from None
    while not stream.eof:
        try:
            part = stream.decompress(data, STEP)
        except error as damage:
            raise LabError(f"{source}: its {name} data is damaged ({damage}); fetch the file again") from None
        if not part and not stream.eof:
            raise LabError(f"{source}: its {name} data ends early; the file is truncated, fetch it again")
        if out.tell() + len(part) > limit:
            raise LabError(f"{source}: unpacks to more than {limit:,} bytes; this is no kernel or module")
        out.write(part)
        data = b""
    return bytes(stream.unused_data or b"")  # lz4 says None for nothing
