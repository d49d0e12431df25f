"""Compressions that come as a row of blocks: LZ4's legacy format and lzop, as the kernel's build makes them.

Adapters to the `Stream` of `lab.symbols.payload`. Formats: lz4_Frame_format.md ("Legacy frame"),
lib/decompress_unlz4.c and lib/decompress_unlzo.c of the kernel (whose block sizes bound ours).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

__all__ = ["Lz4Legacy", "Lzop"]

LZ4_MAGIC = b"\x02\x21\x4c\x18"
LZ4_BLOCK = 8 << 20  # bytes a block of the legacy format unpacks to, at most
LZ4_BOUND = LZ4_BLOCK + LZ4_BLOCK // 255 + 16  # and its bytes packed (LZ4_COMPRESSBOUND)

LZO_MAGIC = b"\x89LZO\x00\x0d\x0a\x1a\x0a"
LZO_BLOCK = 256 << 10
# flags of lzop's header: checksums of a block unpacked and packed, an extra field, a filter
ADLER_UNPACKED, ADLER_PACKED, EXTRA, CRC_UNPACKED, CRC_PACKED, FILTER = 0x1, 0x2, 0x40, 0x100, 0x200, 0x800


class _Blocks:
    """Common to both: one block at a time."""

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""
        self._left: Iterator[bytes] = iter(())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next block of the stream `data` (given once, b"" from then on), whatever `max_length` is.

        b"" after the last one; raises `ValueError` for a damaged one.
        """
        if data:
            self._left = self._blocks(data)
        return next(self._left, b"")

    def _blocks(self, data: bytes) -> Iterator[bytes]:
        raise NotImplementedError


class Lz4Legacy(_Blocks):
    """Magic, then blocks: a 32-bit little-endian size and as many bytes. Nothing marks the end."""

    def __init__(self) -> None:
        """Raises `ImportError` without the package lz4."""
        import lz4.block

        super().__init__()
        self._unpack = lz4.block.decompress
        self._error = lz4.block.LZ4BlockError

    def _blocks(self, data: bytes) -> Iterator[bytes]:
        at = len(LZ4_MAGIC)
        while len(data) - at > 4 and data[at : at + 4] != LZ4_MAGIC:
            (size,) = struct.unpack_from("<I", data, at)
            if not 0 < size <= LZ4_BOUND:
                raise ValueError(f"a block of {size:,} bytes")
            if at + 4 + size > len(data):
                return
            try:
                part: bytes = self._unpack(data[at + 4 : at + 4 + size], uncompressed_size=LZ4_BLOCK)
            except self._error as error:
                raise ValueError(f"block at byte {at:,}: {error}") from None
            at += 4 + size
            # four bytes more are no block: the kernel's build appends the unpacked size
            self.eof = len(data) - at in (0, 4) or data[at : at + 4] == LZ4_MAGIC
            self.unused_data = data[at:]
            yield part


class Lzop(_Blocks):
    """A header with a name, then blocks with their two sizes and checksums; a size of 0 ends them."""

    def __init__(self) -> None:
        """Raises `ImportError` without the package lzallright."""
        import lzallright

        super().__init__()
        self._unpack = lzallright.LZOCompressor.decompress
        self._error = lzallright.LZOError

    def _blocks(self, data: bytes) -> Iterator[bytes]:
        try:
            flags, at = _lzop_header(data)
            while True:
                (size,) = struct.unpack_from(">I", data, at)
                if not size:
                    self.eof, self.unused_data = True, data[at + 4 :]
                    return
                part, at = self._block(data, at, size, flags)
                yield part
        except struct.error:  # ends early: `eof` stays False
            return

    def _block(self, data: bytes, at: int, size: int, flags: int) -> tuple[bytes, int]:
        (packed,) = struct.unpack_from(">I", data, at + 4)
        if size > LZO_BLOCK or not 0 < packed <= size:
            raise ValueError(f"a block of {packed:,} bytes that unpacks to {size:,}")
        wanted = [(flag, check) for flag, check in UNPACKED if flags & flag]
        known = [(flag, check) for flag, check in PACKED if flags & flag and packed < size]
        start = at + 8 + 4 * len(wanted) + 4 * len(known)
        sums = struct.unpack_from(f">{len(wanted) + len(known)}I", data, at + 8)
        body = data[start : start + packed]
        if len(body) < packed:
            raise struct.error
        if packed < size:
            try:
                part = bytes(self._unpack(body, size))
            except self._error as error:
                raise ValueError(f"block at byte {at:,}: {error}") from None
        else:
            part = body
        checked = [check(part) for _, check in wanted] + [check(body) for _, check in known]
        if len(part) != size or list(sums) != checked:
            raise ValueError(f"block at byte {at:,} has another size or checksum")
        return part, start + packed


UNPACKED = ((ADLER_UNPACKED, zlib.adler32), (CRC_UNPACKED, zlib.crc32))
PACKED = ((ADLER_PACKED, zlib.adler32), (CRC_PACKED, zlib.crc32))


def _lzop_header(data: bytes) -> tuple[int, int]:
    """Flags, and where the blocks begin; raises `struct.error` if the header is cut off."""
    at = len(LZO_MAGIC)
    (version,) = struct.unpack_from(">H", data, at)
    if version < 0x0900:
        raise ValueError(f"lzop version {version:#x}")
    newer = version >= 0x0940
    at += 6 if newer else 4  # version, of the library, needed
    at += 2 if newer else 1  # method, level
    (flags,) = struct.unpack_from(">I", data, at)
    at += 8 if flags & FILTER else 4
    at += 12 if newer else 8  # mode, time in one or two parts
    (length,) = struct.unpack_from("B", data, at)
    at += 1 + length + 4  # name, checksum of the header
    if flags & EXTRA:
        (length,) = struct.unpack_from(">I", data, at)
        at += 4 + length + 4
    return flags, at
