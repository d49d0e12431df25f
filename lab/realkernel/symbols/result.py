"""One run: what the kernel counted, method by method, held against what the lab predicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.core.table import Table
from lab.realkernel.machine.qemu import ICOUNT
from lab.realkernel.symbols.fit import Costs, explain
from lab.realkernel.symbols.questions import Question

__all__ = ["WORDS", "Method", "SymbolRun", "Tables"]

# method -> what it is; the last two are the kernel's own ways, inside which nothing can be counted
WORDS: dict[str, str] = {
    "linear": "linear scan",
    "bsearch": "the kernel's bsearch()",
    "hash": "hash table",
    "eytzinger": "Eytzinger layout",
    "symbol_get": "__symbol_get()",
    "kallsyms": "kallsyms_lookup_name()",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """Entries of the two tables in the running kernel, whether both are `sorted`, and the same as in its image."""

    ksymtab: int
    ksymtab_gpl: int
    sorted: bool
    as_image: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Method:
    """One way of searching.

    `lookups` were made, `found` of them with success, `others` of these at another address than the export's (a symbol
    of the same name, which kallsyms may find). `comparisons` and `bytes` (of each string) of all of them as the
    kernel counted, `predicted` and `predicted_bytes` as the lab says; None where the kernel does not tell. `equal`:
    comparisons, bytes and entry are as predicted for every single lookup, or the entry alone where `predicted` is
    None; `differences` are the first that are not.
    `instructions_per_lookup` in a run with counted instructions, `nanoseconds_per_lookup` in any other.
    By question, None for one that was not asked: `counts` and `bytes_read` (None too where the kernel does not tell),
    `hits`, and `times`, instructions or nanoseconds.
    """

    word: str
    lookups: int
    found: int
    others: int
    comparisons: int | None
    comparisons_per_lookup: float | None
    predicted: int | None
    bytes: int | None
    predicted_bytes: int | None
    equal: bool
    differences: tuple[str, ...]
    instructions_per_lookup: float | None
    nanoseconds_per_lookup: float | None
    counts: tuple[int | None, ...]
    bytes_read: tuple[int | None, ...]
    hits: tuple[bool | None, ...]
    times: tuple[float | None, ...]

    @property
    def verdict(self) -> str:
        """What of it was compared and is equal, in a word."""
        if not self.equal:
            return "NO"
        if self.predicted is not None:
            return "yes"
        return "entry only" if not self.others else f"entry, {self.others} other"

    @property
    def time(self) -> float | None:
        """Instructions or nanoseconds of a lookup."""
        known = self.instructions_per_lookup
        return self.nanoseconds_per_lookup if known is None else known


@dataclasses.dataclass(frozen=True, slots=True)
class SymbolRun:
    """All methods over the same questions in the tables of one running kernel.

    `kernel`: its release; `qemu`: QEMU's version, `accel` what it ran under; `seed` and `module` of the questions.
    `recorded`: when and where, "" for a run made now. The evidence is `files`, by name what the guest sent, and
    `image`, the digest of the tables in the kernel's image: all else is made from it (`comparison.judged`).
    """

    kernel: str
    qemu: str
    accel: str
    seed: int
    module: str
    tables: Tables
    questions: tuple[Question, ...]
    methods: Mapping[str, Method]
    recorded: str = ""
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    image: str = ""

    @property
    def equal(self) -> bool:
        """True if every count is as predicted and the running kernel's tables are those of its image."""
        return self.tables.sorted and self.tables.as_image and all(m.equal for m in self.methods.values())

    @property
    def counted(self) -> bool:
        """True if instructions were counted; else times are nanoseconds."""
        return self.accel == ICOUNT

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times as long `slow` takes as `fast`; None if one took no time that could be measured."""
        a, b = self.methods[slow].time, self.methods[fast].time
        return a / b if a and b and a > 0 and b > 0 else None

    def own_path(self) -> dict[str, list[float]]:
        """Instructions that __symbol_get() takes more than bsearch(), each value once: for names "found" and "missing".

        Empty where instructions are not counted.
        """
        if not self.counted:
            return {}
        search, own = self.methods["bsearch"].times, self.methods["symbol_get"]
        pairs = [
            (hit, round(b - a, 1))
            for a, b, hit in zip(search, own.times, own.hits, strict=True)
            if a is not None and b is not None
        ]
        return {word: sorted({more for hit, more in pairs if hit == wanted})
                for word, wanted in (("found", True), ("missing", False))}  # fmt: skip

    def same_path(self) -> bool | None:
        """Whether the kernel's own find_symbol() compares as many strings as bsearch() for every name.

        It does if the instructions that it takes more are apart by less than a comparison takes: they need not be the
        same to the last one. None where that cannot be told.
        """
        more, cost = [values for values in self.own_path().values() if values], self.costs("bsearch")
        if not more or cost is None:
            return None
        return all(values[-1] - values[0] < cost.comparison for values in more)

    def costs(self, method: str) -> Costs | None:
        """What a comparison, a byte and a letter cost in instructions; None without those, or where nothing tells."""
        found = self.methods[method]
        if not self.counted or found.comparisons is None:
            return None
        rows, times = [], []
        for question, count, read, time in zip(
            self.questions, found.counts, found.bytes_read, found.times, strict=True
        ):
            if count is not None and read is not None and time is not None:
                rows.append((count, read, len(question.name)))
                times.append(int(time))
        return explain(rows, times)

    def headline(self) -> str:
        """The answer in one sentence."""
        compared = [m for m in self.methods.values() if m.predicted is not None]
        total = sum(m.lookups for m in compared)
        wrong = [f"{m.word} ({m.differences[0]})" for m in self.methods.values() if not m.equal and m.differences]
        if wrong:
            return f"Linux {self.kernel} does not compare what was predicted: {'; '.join(wrong)}."
        if not self.tables.as_image:
            return f"Linux {self.kernel} runs with other tables of exports than its image has."
        return (
            f"Linux {self.kernel} compares exactly what was predicted, in each of {total:,} lookups: "
            + ", ".join(f"{m.comparisons_per_lookup:,.4g} strings by {m.word}" for m in compared)
            + (" (recorded; predicted now)." if self.recorded else ".")
        )

    def table(self) -> Table:
        """The methods as rows.

        Sums over all lookups but for `each`, strings compared in one, and the time of one; `foretold` are the bytes
        that were predicted; `equal` says "entry only" where nothing was counted.
        """
        unit, long = ("instr.", "instructions") if self.counted else ("ns", "nanoseconds")
        search = self.methods["bsearch"].time
        rows = tuple(
            (
                m.word, m.lookups, m.found, m.comparisons, m.predicted,
                None if m.comparisons_per_lookup is None else round(m.comparisons_per_lookup, 4),
                m.bytes, m.predicted_bytes, m.verdict, None if m.time is None else round(m.time, 2),
                round(m.time / search, 4) if m.time is not None and search else None,
            )
            for m in self.methods.values()
        )  # fmt: skip
        columns = (
            "method", "lookups", "found", "compared", "predicted", "each", "bytes", "foretold", "equal", unit, "ratio",
        )  # fmt: skip
        names = f"{len(self.questions):,} names in {self.tables.ksymtab:,} + {self.tables.ksymtab_gpl:,} exports"
        where = f"{names} of Linux {self.kernel}, QEMU {self.qemu}, {self.accel}"
        return Table(columns, rows, f"{where}; {unit}: {long} of a lookup, ratio: to those of bsearch()")
