"""Traces that were compressed with gzip or xz, opened within bounds."""

from __future__ import annotations

from lab.core.errors import LabError

__all__ = ["MOST_BYTES", "unpacked"]

MOST_BYTES = 64 << 20  # of text: about half a million events


def unpacked(data: bytes, name: str) -> bytes:
    """`data` as it is, or what is in it if it is gzip or xz.

    Raises `LabError` if it is damaged, more than one member, or larger than `MOST_BYTES`.
    """
    if data.startswith(b"\x1f\x8b"):
        import zlib

        try:
            gzip = zlib.decompressobj(wbits=31)
            out = gzip.decompress(data, MOST_BYTES + 1)
        except zlib.error:
            raise LabError(f"{name}: damaged gzip data; make the file again") from None
        return _whole(out, gzip.eof, gzip.unused_data, name)
    if data.startswith(b"\xfd7zXZ\x00"):
        import lzma

        try:
            xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=1 << 28)
            out = xz.decompress(data, MOST_BYTES + 1)
        except lzma.LZMAError:
            raise LabError(f"{name}: damaged xz data, or made with more than 256 MiB of memory") from None
        return _whole(out, xz.eof, xz.unused_data, name)
    return data


def _whole(out: bytes, ended: bool, rest: bytes, name: str) -> bytes:
    if len(out) > MOST_BYTES:
        raise LabError(f"{name}: more than {MOST_BYTES:,} bytes when unpacked; give a part of it")
    if not ended:
        raise LabError(f"{name}: compressed data that end too early; make the file again")
    if rest.strip(b"\0"):
        raise LabError(f"{name}: something follows the compressed data; unpack it and give the text")
    return out
