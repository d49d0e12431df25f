"""Hypothesis strategies that damage files as accidents and attackers do: cut, flipped, spliced, with huge numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hypothesis import strategies as st

__all__ = ["damaged"]

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1)
WORDS = (b"\0", b"\n", b"\xff\xfe", b"\x7fELF", b"..", b"/", b"[", b"*", b" " * 40, b"a" * 5000, "é".encode())


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds` after up to five mutations; now and then bytes of no seed at all."""
    if draw(st.integers(0, 30)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 5))):
        change = draw(st.sampled_from((_cut, _flip, _number, _number, _splice, _remove, _repeat, _insert)))
        change(draw, data, seeds)
    return bytes(data)


def _place(draw: st.DrawFn, data: bytearray) -> int:
    """A place in `data`: anywhere, or in its first 256 bytes, where headers are."""
    near = min(len(data), 256)
    return draw(st.one_of(st.integers(0, near), st.integers(0, len(data))))


def _cut(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    del data[_place(draw, data) :]


def _flip(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    if data:
        data[min(_place(draw, data), len(data) - 1)] ^= draw(st.integers(1, 255))


def _number(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    """A number of 1 to 8 bytes replaced by an extreme one, or by one near the length of the file."""
    width, order = draw(st.sampled_from((1, 2, 4, 4, 8, 8))), draw(st.sampled_from("<>"))
    at = _place(draw, data) & -width
    if at + width <= len(data):
        value = draw(st.sampled_from((*EXTREMES, len(data), max(0, len(data) - 1), len(data) // 2, at)))
        code = {1: "B", 2: "H", 4: "I", 8: "Q"}[width]
        struct.pack_into(order + code, data, at, value & (1 << 8 * width) - 1)


def _splice(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = draw(st.sampled_from(seeds))
    start = draw(st.integers(0, len(other)))
    piece = other[start : start + draw(st.integers(0, 4096))]
    at = _place(draw, data)
    data[at : at + len(piece) * draw(st.booleans())] = piece


def _remove(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = _place(draw, data)
    del data[at : at + draw(st.sampled_from((1, 4, 16, 64, 1000)))]


def _repeat(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = _place(draw, data)
    piece = bytes(data[at : at + draw(st.sampled_from((1, 8, 64, 512)))])
    data[at:at] = piece * draw(st.sampled_from((1, 2, 50)))


def _insert(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = _place(draw, data)
    data[at:at] = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=20)))
