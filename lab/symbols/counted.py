"""Costs of every structure at every size, counted once and kept: building them all takes a minute, reading them none.

Nothing here is measured; a test counts them again. `python -m lab.symbols.counted FILE` writes the file anew.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from collections.abc import Callable, Sequence

from lab.core import dataset, jsontext
from lab.core.errors import LabError
from lab.symbols.corpus import bundled
from lab.symbols.cost import NOBODY, mean_of_all
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.lookup import Index, indexes
from lab.symbols.scenario import SIZES, SYNTHETIC_SIZES, SymbolScenario
from lab.symbols.structures import STRUCTURES
from lab.symbols.touch import SAMPLE, SCANNED, Touched, mean_touched

__all__ = ["COUNTED_METHODS", "COUNTED_SIZES", "Counted", "count", "counted", "missing_names"]

KEPT = "symbols/counted-costs"
COUNTED_METHODS = tuple(name for name in STRUCTURES if name != "merge")  # a merge join has no single lookups
COUNTED_SIZES = (*SIZES, *SYNTHETIC_SIZES)


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """What one structure over a table of `size` names costs.

    `mean`, `most`: comparisons of a hit, over every name of the table. `extra`: bytes beside the table. `hit`, `miss`:
    mean of an even sample of names that the table has, and of exports of modules that it has not; `miss` is None
    where the modules' exports are in the table themselves.
    """

    method: str
    size: int
    layout: str
    mean: float
    most: int
    extra: int
    hit: Touched
    miss: Touched | None


def missing_names(index: Index) -> list[bytes]:
    """What is looked up in vain: the exports of the kernel's modules; none where the table has them."""
    exports = bundled().exports
    if len(index.table) > exports.kernel:
        return []
    return [name for name in exports.names[exports.kernel :] if index.table.find(name) < 0]


def count(method: str, size: int, layout: str) -> Counted:
    """Build the structure and count."""
    index = indexes(SymbolScenario(name=NOBODY, size=size, methods=(method,), layout=layout))[0]
    mean, most = mean_of_all(index)
    sample = SCANNED if method == "linear" else SAMPLE
    misses = missing_names(index)
    miss = mean_touched(index, _evenly(misses, sample)) if misses else None
    hit = mean_touched(index, _evenly(index.table.keys, sample))
    return Counted(method, size, layout, mean, most, index.extra_bytes, hit, miss)


def _evenly(names: Sequence[bytes], sample: int) -> list[bytes]:
    many = min(sample, len(names))
    return [names[(2 * i + 1) * len(names) // (2 * many)] for i in range(many)]


@functools.lru_cache(maxsize=1)
def _kept() -> dict[tuple[str, int, str], Counted]:
    try:
        rows = json.loads(dataset.find(KEPT).path.read_text("utf-8"))
        made = [
            Counted(r["method"], r["size"], r["layout"], r["mean"], r["most"], r["extra"], Touched(*r["hit"]),
                    Touched(*r["miss"]) if r["miss"] else None)
            for r in rows
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise LabError("the counted costs are missing or damaged; install the lab again") from None
    return {(c.method, c.size, c.layout): c for c in made}


@functools.lru_cache(maxsize=512)
def counted(method: str, size: int, layout: str) -> Counted:
    """The cost of a structure at a size; counted now if the file has it not."""
    return _kept().get((method, size, layout)) or count(method, size, layout)


def _plain(c: Counted) -> dict[str, object]:
    def touched(t: Touched | None) -> list[float] | None:
        return [round(t.comparisons, 4), round(t.bytes, 4), round(t.lines, 4)] if t else None

    return {"method": c.method, "size": c.size, "layout": c.layout, "mean": round(c.mean, 6), "most": c.most,
            "extra": c.extra, "hit": touched(c.hit), "miss": touched(c.miss)}  # fmt: skip


def every(tell: Callable[[str], None] = lambda text: None) -> str:
    """All of them as JSON."""
    rows = []
    for size in COUNTED_SIZES:
        for layout in LAYOUTS:
            for method in COUNTED_METHODS:
                tell(f"{size} {layout} {method}")
                rows.append(jsontext.dumps(_plain(count(method, size, layout)), indent=None))
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    from pathlib import Path

    from lab.core.snapshot import write_atomic

    write_atomic(Path(sys.argv[1]), every(print).encode())
