"""Comparing two names as `strcmp` does, in the subset of Python that Numba compiles."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["compare"]


def compare(a: Sequence[int], i: int, a_end: int, b: Sequence[int], j: int, b_end: int) -> int:
    """-1, 0 or 1 as `a[i:a_end]` sorts before, with or after `b[j:b_end]`, byte by byte.

    Bytes are compared, never subtracted: a difference of unsigned bytes wraps in compiled code.
    """
    while i < a_end and j < b_end:
        x = a[i]
        y = b[j]
        if x != y:
            return -1 if x < y else 1
        i += 1
        j += 1
    if i < a_end:
        return 1
    return -1 if j < b_end else 0
