"""How durations vary, as a scenario writes it: `exp`, `det`, `lognormal:SIGMA` or `empirical:FILE`."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.pagefault.randomness import LAWS

__all__ = ["MOST_QUANTILES", "Law", "measured", "normalised", "parse_law", "quantiles"]

WIDEST = 4.0  # sigma: the mean is then exp(8) = 3,000 times the median
MOST_BYTES = 1 << 24
MOST_VALUES = 1_000_000
MOST_QUANTILES = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Law:
    """`kind`: a word of `randomness.LAWS`; `spread`: sigma of a lognormal; `source`: file of an empirical law."""

    kind: str
    spread: float = 0.0
    source: str = ""

    @property
    def code(self) -> int:
        """The number by which `randomness.draw` knows it."""
        return LAWS[self.kind]


def parse_law(text: str) -> Law:
    """The law that `text` names. Reads no file. Raises `LabError` for anything else."""
    kind, colon, rest = text.partition(":")
    if kind in ("exp", "det") and not colon:
        return Law(kind)
    if kind == "lognormal" and colon:
        return Law(kind, spread=_sigma(text, rest))
    if kind == "empirical" and rest:
        return Law(kind, source=rest)
    raise LabError(f"{text[:80]!r} is no law of durations: write exp, det, lognormal:SIGMA or empirical:FILE")


def _sigma(text: str, rest: str) -> float:
    try:
        sigma = float(rest)
    except ValueError:
        sigma = math.nan
    if not 0 < sigma <= WIDEST:
        raise LabError(f"{text[:80]!r}: SIGMA is a number above 0, at most {WIDEST:g}, as in lognormal:0.8")
    return sigma


def quantiles(source: Path | str) -> list[float]:
    """The table of an empirical law: at most `MOST_QUANTILES` ascending numbers of mean 1, all equally likely.

    `source` is a file with one positive number a line (empty lines and what follows a # are skipped), or with one
    JSON list of them, or a trace of page faults, of which the page-ins are taken, or the name of a bundled one. Its
    unit does not matter: the scenario's page-in stays the mean. Raises `LabError` that names the line (or place).
    """
    return normalised(measured(source), str(source))


def measured(source: Path | str) -> list[float]:
    """The numbers of such a file in its own unit and order; of a trace, the page-ins that took any time."""
    path = _place(source)
    data = read_bytes(path, MOST_BYTES)
    if b"kvm_async_pf_" in data:
        from lab.pagefault import trace

        pairing = trace.pair(trace.parse(data, str(source)))
        return [float(one.page_in) for one in pairing.intervals if one.page_in]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise LabError(f"{source}: is no text; an empirical law needs one positive number a line") from None
    if text.lstrip().startswith("["):
        return _from_json(text, source)
    return list(_from_lines(text, source))


def _place(source: Path | str) -> Path:
    """The file, or the bundled recording of that name."""
    path = Path(source)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        raise LabError(f"{str(source)[:200]!r}: is no path of a file") from None
    from lab.pagefault.trace.reader import find

    return find(str(source))


def _from_json(text: str, source: Path | str) -> list[float]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise LabError(f"{source}: begins with [ and is no JSON list") from None
    if len(found) > MOST_VALUES:
        raise LabError(f"{source}: more than {MOST_VALUES:,} numbers; give a part of them")
    return [_positive(value, f"{source}: number {at} of the list") for at, value in enumerate(found, 1)]


def _from_lines(text: str, source: Path | str) -> Iterator[float]:
    for at, line in enumerate(text.split("\n"), 1):
        if at > MOST_VALUES:
            raise LabError(f"{source}: more than {MOST_VALUES:,} lines; give a part of them")
        word = line.partition("#")[0].strip()
        if word:
            try:
                value = float(word)
            except ValueError:
                raise LabError(f"{source}: line {at}: {word[:40]!r} is no number; write one a line") from None
            yield _positive(value, f"{source}: line {at}")


def _positive(value: Any, where: str) -> float:
    """`value` if it is a duration. 1e150 and its inverse: products and sums of them stay finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1e-150 <= value <= 1e150:
        raise LabError(f"{where}: {str(value)[:40]} is no duration; it must be above 0 and finite")
    return float(value)


def normalised(found: Sequence[float], where: str) -> list[float]:
    """The quantile table of some positive numbers; see `quantiles`. `where` names them in an error.

    Up to `MOST_QUANTILES` of them are kept as they are. Of more, each entry is the mean over an equal share of the
    sorted numbers (a quantile function averaged over a step), so the mean is kept and only the very
    tail is a little smoothed.
    """
    if not found:
        raise LabError(f"{where}: holds no number; an empirical law needs at least one")
    ordered = sorted(found)
    mean = math.fsum(ordered) / len(ordered)
    if len(ordered) > MOST_QUANTILES:
        ordered = _steps(ordered, MOST_QUANTILES)
    return [value / mean for value in ordered]


def _steps(ordered: Sequence[float], count: int) -> list[float]:
    """The means over `count` equal shares of `ordered`; a number on a border counts on both sides by its parts."""
    n = len(ordered)
    means = []
    for k in range(count):
        first, past = k * n, (k + 1) * n  # borders in units of 1/count of a number
        at, parts = first // count, []
        while at * count < past:
            part = min(past, (at + 1) * count) - max(first, at * count)
            parts.append(ordered[at] * part)
            at += 1
        means.append(math.fsum(parts) / n)
    return means
