"""What a real run gives: its settings, its trace with all that it shows, what was predicted, and where they differ."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lab.core.scenario import to_json
from lab.core.table import Table
from lab.realkernel.asyncpf.comparison import Comparison, as_data, compare, in_words
from lab.realkernel.asyncpf.prediction import Prediction, predict
from lab.realkernel.asyncpf.settings import Settings

if TYPE_CHECKING:
    from lab.pagefault.evidence import Evidence
    from lab.pagefault.trace import Interval

__all__ = ["AsyncPfResult", "overview", "read_run"]

ICOUNT = "icount"
MOST_ROWS = 24  # of events side by side in a terminal
MOST_NOTES = 8
UNTOLD = ("told", "woken")  # findings that are as predicted where the guest is not to be told
TICKS = "stamps are ticks of an emulated clock: order and counts are the evidence, durations are not"


@dataclasses.dataclass(frozen=True, slots=True)
class AsyncPfResult:
    """One run on KVM. `trace` and `log`: the raw text of tracefs, and of VMM and guest; `evidence`: both, parsed.

    `kernel`: the release that KVM was of; `accel`: what QEMU ran it with, `seconds` of the whole boot, which may have
    had other runs (None: recorded earlier). `source`: where the run comes from. `trace_file`: where `trace` lies.
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

    @property
    def order_must_agree(self) -> bool:
        """Whether the order is a matter of the settings alone: one processor with counted instructions, settled."""
        return self.accel == ICOUNT and self.settings.pace == "settled"

    @property
    def agrees(self) -> bool:
        """Whether all is equal that has to be: counts; order, tokens and the replay where `order_must_agree`."""
        c = self.comparison
        if not c.same_counts:
            return False
        return not self.order_must_agree or (c.same_order and c.same_tokens and c.replayed.same_order is not False)

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
        apart = self.comparison.first_difference
        first = 0 if most is None or apart is None else max(0, min(apart[0] - most // 2, long - most))
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
        wrong = [
            f"{name} {count.real} instead of {count.predicted}" for name, count in c.counts.items() if not count.same
        ]
        lines = ["counts: " + (", ".join(wrong) if wrong else "all as predicted")]
        apart = c.first_difference
        if apart is None:
            lines.append(f"order: all {len(c.real)} not_present and ready as predicted, with the same tokens")
        else:
            place, was, should = apart
            lines.append(f"order: event {place} is {in_words(was)}; predicted was {in_words(should)}")
            if not self.order_must_agree:
                lines.append(f"  (no contradiction: {self._why_no_must()})")
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

    def _why_no_must(self) -> str:
        if self.settings.pace == "timed":
            return "with --pace timed the order depends on how long things take"
        return f"under {self.accel or 'this accelerator'} threads run side by side; --accel icount is exact"

    def notes(self) -> tuple[str, ...]:
        """What is odd, and what the reader must know."""
        e, sync = self.evidence, self._synchronous()
        pages, lines = {one.gva for one in sync}, {one.line for one in sync}
        expected = () if self.settings.told else UNTOLD
        odd = [
            f"odd: {one.said}"
            for one in e.findings
            if not one.agrees and one.name not in expected and not (one.values and pages.issuperset(one.values))
        ]
        unpaired = [one for one in e.pairing.unpaired if one.line not in lines]
        odd += [f"not paired, line {one.line}: {one.what}: {one.why}" for one in unpaired[:MOST_NOTES]]
        unread = e.trace.unread_count + (e.log.unread_count if e.log else 0)
        odd += [f"{unread} lines of trace and log are not understood"] if unread else []
        odd += ["events of the trace were lost"] if e.trace.lost else []
        many = "1 synchronous fault" if len(sync) == 1 else f"{len(sync)} synchronous faults"
        said = [f"{many}, as predicted: KVM traces no more of such a fault than the try"] if sync else []
        return (*self.remarks, *said, *odd, *e.trace.notes, TICKS)

    def _synchronous(self) -> tuple[Interval, ...]:
        """Faults that were not queued, where as many were predicted."""
        if not self.comparison.counts["synchronous"].same:
            return ()
        return tuple(one for one in self.evidence.pairing.intervals if one.queued is None)

    def text(self) -> str:
        """All of it for a terminal."""
        events = self.events_table(MOST_ROWS)
        head = (
            f"{self.name} on {self.kernel or 'an unknown kernel'} ({self.accel or 'recorded'}): {self.evidence.said()}"
        )
        parts = [head, "", self.to_table().to_text(), "", events.to_text(), events.caption, "", *self.said()]
        return "\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `agrees` is what the exit status says."""
        c = self.comparison
        apart = c.first_difference
        return {
            "name": self.name,
            "settings": to_json(self.settings),
            "kernel": self.kernel,
            "accel": self.accel,
            "seconds": self.seconds,
            "source": self.source,
            "agrees": self.agrees,
            "order_must_agree": self.order_must_agree,
            "counts": {name: {"real": one.real, "predicted": one.predicted} for name, one in c.counts.items()},
            "order": {
                "same": c.same_order,
                "first_difference": None
                if apart is None
                else {"event": apart[0], "real": as_data(apart[1]), "predicted": as_data(apart[2])},
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


@functools.cache
def _predicted(settings: Settings) -> Prediction:
    return predict(settings)


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
) -> AsyncPfResult:
    """Parse what a run left, and hold it against the prediction of its settings.

    Raises `LabError` where `trace` or `log` is none, or no fault in it was queued.
    """
    from lab.pagefault.evidence import evidence
    from lab.pagefault.trace import parse, parse_log

    found = evidence(parse(trace, f"{name}.trace.txt"), parse_log(log, f"{name}.vmm.txt"))
    prediction = _predicted(settings)
    return AsyncPfResult(
        name, settings, kernel, accel, seconds, trace, log, found, prediction, compare(found, prediction), source,
    )  # fmt: skip


def overview(results: Sequence[AsyncPfResult]) -> Table:
    """A row a run: its counts that tell runs apart, and what is as predicted."""
    rows = tuple(
        (
            one.name,
            *(one.comparison.counts[name].real for name in ("not_present", "told", "halts", "synchronous")),
            one.evidence.most,
            one.comparison.same_counts,
            one.comparison.same_order,
            one.comparison.same_tokens,
            one.comparison.replayed.same_order,
        )
        for one in results
    )
    columns = ("run", "not present", "told", "halts", "synchronous", "in flight", "counts", "order", "tokens", "replay")
    where = {(one.kernel, one.accel, one.seconds) for one in results}
    seconds = "".join(f"; {k} under {a}, one boot of {s:.0f} s" for k, a, s in where if s is not None)
    return Table(columns, rows, f"counts, order, tokens: as predicted from the settings alone?{seconds}")
