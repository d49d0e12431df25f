"""Random numbers that are the same bits everywhere: one small integer generator, a stream per purpose and task.

SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators",
OOPSLA 2014) is a counter and a mixing function; every operation stays within 64 bits, so plain
Python (which masks) and compiled code (which wraps) agree. A burst or a page-in belongs to a task
and to its number, not to the moment it is drawn: all modes meet the same ones.

In compiled code `streams` is an array of unsigned 64-bit integers.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from math import cos, exp, log, sqrt

__all__ = [
    "BURST", "CHOICE", "KERNEL", "LAWS", "PAGE_IN", "RECORDED", "below", "draw", "empirical", "exponential",
    "lognormal", "mix", "recorded", "stream", "uniform",
]  # fmt: skip

MASK = 0xFFFFFFFFFFFFFFFF
STEP = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
UNIT = 2.0**-53
TURN = 6.283185307179586  # 2 pi

BURST, PAGE_IN, CHOICE, KERNEL = 1, 2, 3, 4  # purposes

EXP, DET, LOGNORMAL, EMPIRICAL = 0, 1, 2, 3
LAWS = {"exp": EXP, "det": DET, "lognormal": LOGNORMAL, "empirical": EMPIRICAL}  # how a scenario writes them
RECORDED = 4  # one after the other, as `replaying` has written them down


def mix(x: int) -> int:
    """The finaliser of SplitMix64: 64 bits in, 64 well stirred bits out, one to one."""
    x = ((x ^ (x >> 30)) * FIRST) & MASK
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return x ^ (x >> 31)


def stream(seed: int, purpose: int, task: int) -> int:
    """Where the stream of one purpose and task begins."""
    return mix((mix((mix(seed) + purpose) & MASK) + task) & MASK)


def uniform(streams: MutableSequence[int], i: int) -> float:
    """The next value of stream `i`, from 0 to just under 1 in steps of 2^-53; moves the stream on by one step."""
    x = (streams[i] + STEP) & MASK
    streams[i] = x
    return (mix(x) >> 11) * UNIT


def below(streams: MutableSequence[int], i: int, n: int) -> int:
    """A whole number from 0 to `n` - 1, each as likely as the others (within n * 2^-53); one step."""
    return int(uniform(streams, i) * n)


def exponential(streams: MutableSequence[int], i: int, mean: float) -> float:
    """The next value of stream `i`, exponential with this `mean`; moves the stream on by one step."""
    x = (streams[i] + STEP) & MASK
    streams[i] = x
    x = ((x ^ (x >> 30)) * FIRST) & MASK  # `uniform`, written out: a call costs as much as the work
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return -mean * log(1.0 - ((x ^ (x >> 31)) >> 11) * UNIT)


def lognormal(streams: MutableSequence[int], i: int, mean: float, sigma: float) -> float:
    """Lognormal with this `mean`; `sigma` is the standard deviation of its logarithm; two steps of the stream.

    The normal number is one of the pair of G. E. P. Box and M. E. Muller, "A Note on the Generation of
    Random Normal Deviates", 1958. The logarithm's mean is log(mean) - sigma^2/2, so that `mean` stays the mean.
    """
    radius = sqrt(-2.0 * log(1.0 - uniform(streams, i)))
    normal = radius * cos(TURN * uniform(streams, i))
    return mean * exp(sigma * normal - 0.5 * sigma * sigma)


def empirical(streams: MutableSequence[int], i: int, mean: float, values: Sequence[float]) -> float:
    """One of `values` (of mean 1, each as likely as the others) times `mean`; one step of the stream."""
    return mean * values[below(streams, i, len(values))]


def recorded(streams: MutableSequence[int], i: int, values: Sequence[float]) -> float:
    """The value at the place in `values` that stream `i` stands for, as it is; one place further."""
    at = streams[i]
    streams[i] = (at - MASK) & MASK  # one more, in 64 bits without a sign
    return values[at]


def draw(law: int, streams: MutableSequence[int], i: int, mean: float, spread: float, values: Sequence[float]) -> float:
    """The next value of stream `i` by `law` (a number of `LAWS`) with this `mean`.

    `spread` is the sigma of a lognormal law, `values` the table of an empirical one; other laws do not look at them.
    """
    if law == EXP:
        return exponential(streams, i, mean)
    if law == DET:
        return mean  # no random number is used
    if law == LOGNORMAL:
        return lognormal(streams, i, mean, spread)
    if law == RECORDED:
        return recorded(streams, i, values)
    return empirical(streams, i, mean, values)
