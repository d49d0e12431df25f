"""Random numbers that are the same bits everywhere: one small integer generator, a stream per purpose and task.

SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators",
OOPSLA 2014) is a counter and a mixing function; every operation stays within 64 bits, so plain
Python (which masks) and compiled code (which wraps) agree. A burst or a page-in belongs to a task
and to its number, not to the moment it is drawn: all modes meet the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from math import log

__all__ = ["BURST", "LAWS", "PAGE_IN", "Law", "constant", "exponential", "mix", "stream"]

MASK = 0xFFFFFFFFFFFFFFFF
STEP = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
UNIT = 2.0**-53

BURST, PAGE_IN = 1, 2  # purposes


def mix(x: int) -> int:
    """The finaliser of SplitMix64: 64 bits in, 64 well stirred bits out, one to one."""
    x = ((x ^ (x >> 30)) * FIRST) & MASK
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return x ^ (x >> 31)


def stream(seed: int, purpose: int, task: int) -> int:
    """Where the stream of one purpose and task begins."""
    return mix((mix((mix(seed) + purpose) & MASK) + task) & MASK)


def exponential(streams: MutableSequence[int], i: int, mean: float) -> float:
    """The next value of stream `i`, exponential with this `mean`; moves the stream on by one step."""
    x = (streams[i] + STEP) & MASK
    streams[i] = x
    x = ((x ^ (x >> 30)) * FIRST) & MASK  # `mix`, written out: a call costs as much as the work
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return -mean * log(1.0 - ((x ^ (x >> 31)) >> 11) * UNIT)


def constant(_streams: MutableSequence[int], _i: int, mean: float) -> float:
    """Always the mean; no random number is used."""
    return mean


Law = Callable[[MutableSequence[int], int, float], float]
LAWS: dict[str, Law] = {"exp": exponential, "det": constant}  # how a scenario writes them
