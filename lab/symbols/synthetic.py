"""Names for tables larger than the real ones: the head of one real name and the tail of another.

So they are as long as real names, and share beginnings as real names do; the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["synthetic_names"]


def synthetic_names(real: Sequence[bytes], count: int) -> list[bytes]:
    """`count` names, none twice and none of `real`: a head up to an underline, a tail from one on.

    Head and tail come from the names `i` and `i + step` apart, for growing steps; where two such names are
    one, a number behind them tells them apart. `real` must not be empty.
    """
    taken, made, size = set(real), list[bytes](), len(real)
    heads, tails = zip(*map(_halves, real), strict=True)
    step = max(1, int(size * 0.6180339887))
    while math.gcd(step, size) != 1:
        step += 1
    shift = 0
    while len(made) < count:
        shift = (shift + step) % size
        number = b"_%d" % (len(made) // size) if shift == 0 else b""
        for head, tail in zip(heads, (*tails[shift:], *tails[:shift]), strict=True):
            name = head + tail + number
            if name not in taken:
                taken.add(name)
                made.append(name)
                if len(made) == count:
                    break
        if shift == 0 and not number:
            shift = step
    return made


def _halves(name: bytes) -> tuple[bytes, bytes]:
    """A name up to an underline in its second half, and from there on; cut in the middle if it has none there."""
    middle = len(name) // 2
    cut = name.find(b"_", middle)
    cut = cut if cut > 0 else middle + len(name) % 2
    return name[:cut], name[cut:]
