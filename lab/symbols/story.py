"""Sort when building, verify, search when running: four times since 2009, published figures beside our counts."""

from __future__ import annotations

import collections
import dataclasses
import functools
import statistics

from lab.core.scenario import Preset
from lab.core.table import Table
from lab.symbols.corpus import bundled
from lab.symbols.cost import load_cost
from lab.symbols.counted import counted
from lab.symbols.lookup import encoded, indexes
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.scenario import ALL_EXPORTS, SymbolScenario
from lab.symbols.structures import kallsyms
from lab.symbols.workload import modules_of

__all__ = ["STORY", "Chapter", "StoryScenario", "chapters", "story_headline", "story_table"]

BTF_TYPES = 87_584  # named types, in the commit message of 2026
LINEAR, SEARCH = "linear", "binary"


@dataclasses.dataclass(frozen=True, slots=True)
class StoryScenario:
    """The whole story: nothing to choose."""


STORY: tuple[Preset[StoryScenario], ...] = (
    Preset("S5", "2009 to 2026", StoryScenario(), "sort when building, verify, search when running: four times"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Chapter:
    """One time that a scan became a search.

    `published`: how many times as fast its author says it became, None where none is told; `told` in words, from
    `source`. `before`, `after`: comparisons counted here for `what`.
    """

    id: str
    year: str
    title: str
    who: str
    published: float | None
    told: str
    source: str
    before: float
    after: float
    what: str

    @property
    def ratio(self) -> float:
        """How many times fewer comparisons."""
        return self.before / self.after


@functools.lru_cache(maxsize=1)
def chapters() -> tuple[Chapter, ...]:
    """The story in order of time; every count is made from the bundled names."""
    plug = _coldplug()
    whole = {c.method: c for c in load_cost(SymbolScenario(load="references", methods=(LINEAR, SEARCH)))}
    scan, sequence = (counted(m, ALL_EXPORTS, "merged") for m in (LINEAR, "kallsyms"))
    two, one = (_missing(layout) for layout in ("split", "merged"))
    return (
        Chapter(
            "2009", "2009", "exports, proposed", "Alan Jenkins", 25,
            "96 % less time in find_symbol and strcmp; 0.3 s of a 1.5 s coldplug on a netbook",
            "lkml.org/lkml/2009/10/18/46 and 2009/11/2/289", plug[0], plug[1],
            f"comparisons for the {plug[2]:,} references of a coldplug's modules in the kernel's 10,503 exports",
        ),
        Chapter(
            "2011", "2011", "exports, Linux 3.0", "Alessio Igor Bogani", None,
            "“I haven't made any comprehensive benchmarking”: no figure",
            "lkml.iu.edu/hypermail/linux/kernel/1104.3/01736.html",
            whole[LINEAR].comparisons, whole[SEARCH].comparisons,
            f"comparisons for all {whole[LINEAR].references:,} references of a distribution's modules",
        ),
        Chapter(
            "2022", "2022", "kallsyms, Linux 6.2", "Zhen Lei", 715,
            "kallsyms_lookup_name from 5,206,926 to 7,272 ns on average",
            "phoronix.com/news/Linux-6.2-Modules", scan.mean, sequence.mean,
            f"mean comparisons to find one of {ALL_EXPORTS:,} exported names; the kernel's own list is longer",
        ),
        Chapter(
            "btf", "2026", "types by name (BTF)", "Donglin Peng", 2437,
            "36.5 s become 15 ms for 87,584 named types",
            "lexplain.net, commit b9da17391e13", (BTF_TYPES + 1) / 2, _halved(BTF_TYPES),
            f"mean comparisons to find one of {BTF_TYPES:,} sorted names, whatever they are",
        ),
        Chapter(
            "table", "2026", "exports, one table", "Siddharth Nayyar", None,
            "__ksymtab_gpl goes, a byte of flags an export comes: no figure",
            "commits 55fcb92 and b4760ff", two, one,
            f"comparisons until `{MISSING_NAMES[0]}` is known to be missing from 10,503 exports",
        ),
    )  # fmt: skip


def _coldplug() -> tuple[int, int, int]:
    """Comparisons of a coldplug's references by linear scan and by binary search, and how many they are."""
    corpus = bundled()
    wanted = set(modules_of("coldplug", corpus))
    asked = collections.Counter(
        corpus.asked_for(symbol)
        for name, start, end in corpus.references.each()
        if name in wanted
        for symbol in corpus.references.symbols[start:end]
    )
    scan, search = (
        sum(n * count for n, count in zip(asked.values(), index.counts(list(asked)), strict=True))
        for index in indexes(SymbolScenario(methods=(LINEAR, SEARCH)))
    )
    return scan, search, sum(asked.values())


def _missing(layout: str) -> int:
    name = MISSING_NAMES[0]
    return indexes(SymbolScenario(name=name, methods=(SEARCH,), layout=layout))[0].counts([encoded(name)])[0]


def _halved(size: int) -> float:
    """Mean comparisons of a binary search over one sorted table: it depends on the size alone."""
    return statistics.fmean(kallsyms.depths(size)[0])


def story_headline() -> str:
    """The answer in one sentence, from our counts."""
    by = {c.id: c for c in chapters()}
    told = ", ".join(
        f"{times(by[i].ratio)} for {word}" for i, word in (("2011", "exports"), ("2022", "kallsyms names"))
    )
    return f"Sorted when built, searched when run: {told}, {times(by['btf'].ratio)} for types, in comparisons."


def times(ratio: float) -> str:
    """A ratio as a person says it."""
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def story_table() -> Table:
    """Published and counted, side by side."""
    rows = tuple(
        (c.year, c.title, c.who, None if c.published is None else round(c.published, 1), round(c.ratio, 2),
         round(c.before, 2), round(c.after, 2), c.what)
        for c in chapters()
    )  # fmt: skip
    columns = ("year", "what", "who", "published (× as fast)", "counted here (× fewer)", "before", "after", "counted")
    return Table(columns, rows, "published: time, on the author's machine; counted here: comparisons, on every machine")
