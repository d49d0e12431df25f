"""What a real run gives: its settings, its trace with all that it shows, what was predicted, and where they differ."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lab.core.scenario import to_json
from lab.core.table import Table
from lab.realkernel.asyncpf.comparison import Comparison, as_data, compare, in_words
from lab.realkernel.asyncpf.prediction import Prediction, predicted
from lab.realkernel.asyncpf.settings import Settings
from lab.realkernel.asyncpf.verdict import apart, contradictions, synchronous

if TYPE_CHECKING:
    from lab.pagefault.evidence import Evidence

__all__ = ["AsyncPfResult", "overview", "read_run"]

ICOUNT = "icount"
WIDE = 119  # columns of prose in a terminal
MOST_ROWS = 24  # of events side by side in a terminal
TICKS = "stamps are ticks of an emulated clock: order and counts are the evidence, durations are not"


@dataclasses.dataclass(frozen=True, slots=True)
class AsyncPfResult:
    """One run on KVM. `trace` and `log`: the raw text of tracefs, and of VMM and guest; `evidence`: both, parsed.

    `kernel`: the release that KVM was of; `accel`: what QEMU ran it with, `seconds` of the whole boot, which may have
    had other runs (None: recorded earlier). `source`: where the run comes from. `trace_file`: where `trace` lies.
    `earlier`: of the earlier VMM, whose guest has another scheduler; `remarks`: what else is to be said of the run.
    """

    name: str
    settings: Settings
    kernel: str
    accel: str
    seconds: float | None
    trace: str
    log: str
    evidence: Evidence
    prediction: Prediction
    comparison: Comparison
    source: str = ""
    trace_file: str | None = None
    remarks: tuple[str, ...] = ()
    earlier: bool = False

    @property
    def where(self) -> str:
        """The kernel whose KVM it was, and what its machine ran under."""
        return f"KVM of Linux {self.kernel or '(unknown)'}, {self.accel or 'unknown accelerator'}"

    @property
    def order_open(self) -> str:
        """Why these settings may not fix the order, "" where they do: counted instructions, and a pager that waits."""
        if self.earlier:
            return "another guest's scheduler and another pager"
        if self.settings.pace == "timed":
            return "a timed pager: it depends on how long things take"
        if not self.accel:
            return "unknown accelerator: order not judged"
        return "" if self.accel == ICOUNT else f"under {self.accel} threads run side by side"

    @property
    def order_must_agree(self) -> bool:
        """Whether the order is a matter of the settings alone."""
        return not self.order_open

    @property
    def odd(self) -> tuple[str, ...]:
        """Where trace, log and settings contradict each other."""
        return contradictions(self.settings, self.evidence, self.comparison, self.earlier)

    @property
    def failed(self) -> tuple[str, ...]:
        """Every check that failed, in a line: what is not as predicted, and what contradicts itself."""
        wrong = apart(self.comparison, self.order_must_agree)
        return (*wrong, *(f"evidence: {one}" for one in self.odd))

    @property
    def agrees(self) -> bool:
        """Whether all that the evidence allows to check is right: counts, order and tokens where fixed, and itself."""
        return not self.failed

    def to_table(self) -> Table:
        """Every count, as it was and as it was predicted."""
        rows = tuple((name, count.real, count.predicted, count.same) for name, count in self.comparison.counts.items())
        return Table(
            ("count", "real KVM", "predicted", "same"), rows, f"{self.name}: {' '.join(self.settings.words())}"
        )

    def events_table(self, most: int | None = None) -> Table:
        """not_present and ready side by side, in order; of more than `most` those about the first difference."""
        real, said = self.comparison.real, self.comparison.predicted
        long = max(len(real), len(said))
        at = self.comparison.first_difference
        first = 0 if most is None or at is None else max(0, min(at[0] - most // 2, long - most))
        last = long if most is None else min(long, first + most)
        rows = tuple(
            (i, *_cells(real, i), *_cells(said, i), real[i : i + 1] == said[i : i + 1]) for i in range(first, last)
        )
        cut = "" if last - first == long else f"events {first} to {last - 1} of {long}; "
        columns = ("event", "real KVM", "token", "page", "predicted", "its token", "its page", "same")
        return Table(columns, rows, f"{cut}from the settings alone, no time of this run was used")

    def said(self) -> tuple[str, ...]:
        """The verdict in lines: counts, order, tokens, replay."""
        c = self.comparison
        wrong = [one for one in self.failed if one.startswith("counts: ")]
        lines = wrong or ["counts: all as predicted"]
        first = c.first_difference
        if first is None:
            lines.append(f"order: all {len(c.real)} not_present and ready as predicted, with the same tokens")
            lines += [f"  ({self.order_open})"] if not self.accel and not self.earlier else []
        else:
            place, was, should = first
            lines.append(f"order: event {place} is {in_words(was)}; predicted was {in_words(should)}")
            if self.order_open:
                lines.append(f"  (these settings do not fix it: {self.order_open})")
        r = c.replayed
        if r.same_order is None:
            lines.append(f"replay: not possible, {r.why}")
        elif r.same_order:
            lines.append(
                f"replay with the page-ins of this trace: the same order and tokens, stamps {r.stamps_apart:,.0f} "
                f"{self.evidence.trace.unit} apart at most"
            )
        else:
            lines.append("replay with the page-ins of this trace: another order")
        return (*lines, *self.notes())

    def notes(self) -> tuple[str, ...]:
        """What is odd, and what the reader must know."""
        sync = synchronous(self.evidence, self.comparison)
        many = "1 synchronous fault" if len(sync) == 1 else f"{len(sync)} synchronous faults"
        said = [f"{many}, as predicted: KVM traces no more of such a fault than the try"] if sync else []
        still = 0 if self.evidence.log is None else self.evidence.log.result.get("settled_by_quiet", 0)
        untold = self.comparison.counts["untold"].real
        if untold and still:
            said.append(f"{untold} not told of; before {still:g} pages the VMM saw its guest stand still")
        return (*self.remarks, *said, *(f"odd: {one}" for one in self.odd), TICKS)

    def text(self) -> str:
        """All of it for a terminal."""
        events = self.events_table(MOST_ROWS)
        head = f"{self.name}, {self.where}: {self.evidence.said()}"
        said = [line for one in self.said() for line in textwrap.wrap(one, WIDE, subsequent_indent="    ")]
        first = textwrap.wrap(head, WIDE)
        return "\n".join([*first, "", self.to_table().to_text(), "", events.to_text(), events.caption, "", *said])

    def to_json(self) -> dict[str, Any]:
        """Plain data; `agrees` is what the exit status says."""
        c = self.comparison
        first = c.first_difference
        return {
            "name": self.name,
            "settings": to_json(self.settings),
            "kernel": self.kernel,
            "accel": self.accel,
            "seconds": self.seconds,
            "source": self.source,
            "agrees": self.agrees,
            "failed": list(self.failed),
            "odd": list(self.odd),
            "order_must_agree": self.order_must_agree,
            "order_open": self.order_open or None,
            "counts": {name: {"real": one.real, "predicted": one.predicted} for name, one in c.counts.items()},
            "order": {
                "same": c.same_order,
                "first_difference": None
                if first is None
                else {"event": first[0], "real": as_data(first[1]), "predicted": as_data(first[2])},
            },
            "tokens": {"same": c.same_tokens},
            "replay": {
                "same_order": c.replayed.same_order,
                "stamps_apart": c.replayed.stamps_apart,
                "unit": self.evidence.trace.unit,
                "why": c.replayed.why or None,
            },
            "events": {"real": [as_data(one) for one in c.real], "predicted": [as_data(one) for one in c.predicted]},
            "notes": list(self.notes()),
            "trace_file": self.trace_file,
        }


def _cells(said: tuple[Any, ...], i: int) -> tuple[str | None, str | None, int | None]:
    return (said[i][0], f"{said[i][1]:#x}", said[i][2]) if i < len(said) else (None, None, None)


def read_run(
    name: str,
    settings: Settings,
    trace: str,
    log: str,
    *,
    kernel: str = "",
    accel: str = "",
    seconds: float | None = None,
    source: str = "",
    earlier: bool = False,
) -> AsyncPfResult:
    """Parse what a run left, and hold it against the prediction of its settings.

    Raises `LabError` where `trace` or `log` is none, or no fault in it was queued.
    """
    from lab.pagefault.evidence import evidence
    from lab.pagefault.trace import parse, parse_log

    found = evidence(parse(trace, f"{name}.trace.txt"), parse_log(log, f"{name}.vmm.txt"))
    prediction = predicted(settings)
    return AsyncPfResult(
        name, settings, kernel, accel, seconds, trace, log, found, prediction, compare(found, prediction), source,
        earlier=earlier,
    )  # fmt: skip


def overview(results: Sequence[AsyncPfResult]) -> Table:
    """A row a run: its counts that tell runs apart, and what is as predicted."""
    rows = tuple(
        (
            one.name,
            *(one.comparison.counts[name].real for name in ("not_present", "told", "untold", "synchronous")),
            one.evidence.most,
            one.comparison.same_counts,
            one.comparison.same_order,
            one.comparison.same_tokens,
            one.comparison.replayed.same_order,
        )
        for one in results
    )
    columns = (
        "run",
        "not present",
        "told",
        "not told",
        "synchronous",
        "in flight",
        "counts",
        "order",
        "tokens",
        "replay",
    )
    where = {(one.kernel, one.accel, one.seconds) for one in results}
    seconds = "".join(f"; {k} under {a}, one boot of {s:.0f} s" for k, a, s in where if s is not None)
    return Table(columns, rows, f"counts, order, tokens: as predicted from the settings alone?{seconds}")
