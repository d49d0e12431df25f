"""A trace as plain data for JSON and as tables for a terminal."""

from __future__ import annotations

from typing import Any

from lab.core.table import Table
from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.calibration import Calibration
from lab.pagefault.trace.event import Traced
from lab.pagefault.trace.intervals import Interval, Pairing, most
from lab.pagefault.trace.reader import Trace

__all__ = ["calibration_table", "events_table", "intervals_table", "notes", "summary", "to_json"]

MOST_ROWS = 400  # of a table in a terminal; JSON has them all


def to_json(trace: Trace, pairing: Pairing) -> dict[str, Any]:
    """Events, intervals, unit, what could not be paired, and a summary; times in `unit`, `stamp` as it was read."""
    return {
        "unit": trace.unit,
        "summary": summary(trace, pairing),
        "events": [_event(trace, one) for one in trace.events],
        "intervals": [_interval(trace, one) for one in pairing.intervals],
        "unpaired": [one._asdict() for one in pairing.unpaired],
        "unread": [one._asdict() for one in trace.unread],
    }


def summary(trace: Trace, pairing: Pairing) -> dict[str, Any]:
    """Counts: every line of the file is in `lines_by_kind`, every event in `events_by_name`."""
    stamps = [one.stamp for one in trace.events]
    return {
        "name": trace.name,
        "layout": trace.layout,
        "unit": trace.unit,
        "lines": trace.lines,
        "lines_by_kind": {
            "events": len(trace.events),
            "headings": trace.headings,
            "blank": trace.blank,
            "lost": len(trace.lost),
            "not understood": trace.unread_count,
        },
        "events_by_name": trace.kinds(),
        "lost": [{"cpu": cpu, "events": count} for cpu, count in trace.lost],
        "notes": list(trace.notes),
        "flags": trace.flags,
        "faults": len(pairing.intervals),
        "most_under_way": most(pairing.intervals),
        "wake_alls": [trace.value(stamp) for stamp in pairing.wake_alls],
        "unpaired": len(pairing.unpaired),
        "first": trace.value(min(stamps)) if stamps else None,
        "span": trace.value(max(stamps) - min(stamps)) if stamps else None,
    }


def _event(trace: Trace, one: Traced) -> dict[str, Any]:
    out: dict[str, Any] = {"line": one.line, "time": trace.value(one.stamp), "stamp": one.stamp, "kind": one.kind}
    out |= {"name": one.name, "comm": one.comm, "tid": one.tid, "cpu": one.cpu}
    out["vcpu"] = one.vcpu if one.vcpu >= 0 else None
    if one.kind in kinds.ASYNC:
        out |= {"token": one.token, "gva": one.gva, "gfn": one.gfn}
    if one.by:
        out["by"] = one.by
    out["text"] = one.text
    return out


def _interval(trace: Trace, one: Interval) -> dict[str, Any]:
    def at(stamp: int | None) -> float | int | None:
        return None if stamp is None else trace.value(stamp)

    return {
        "number": one.number,
        "page": one.page,
        "gva": one.gva,
        "token": one.token,
        "vcpu": one.vcpu if one.vcpu >= 0 else None,
        "asked": at(one.asked),
        "queued": at(one.queued),
        "completed": at(one.completed),
        "ready": at(one.ready),
        "page_in": at(one.page_in),
        "delivery": at(one.delivery),
        "total": at(one.total),
        "repeated": one.repeated,
        "told": one.told,
        "worker": one.worker,
        "line": one.line,
    }


def events_table(trace: Trace) -> Table:
    """The events of asynchronous faults, times from the first event of the trace on."""
    start = trace.events[0].stamp if trace.events else 0
    found = trace.asynchronous()
    rows = tuple(
        (e.line, _time(trace, e.stamp - start), e.name, e.vcpu if e.vcpu >= 0 else None, _hex(e.token), _hex(e.gva),
         f"{e.comm}-{e.tid}")
        for e in found[:MOST_ROWS]
    )  # fmt: skip
    others = len(trace.events) - len(found)
    cut = f", the first {MOST_ROWS} shown" if len(found) > MOST_ROWS else ""
    caption = f"{len(found)} events of asynchronous faults{cut}, {others} others (--json has all); time: from the first"
    return Table(("line", f"time ({trace.unit})", "event", "vCPU", "token", "address", "thread"), rows, caption)


def intervals_table(trace: Trace, pairing: Pairing) -> Table:
    """The faults: when each was queued, from the first event on, and how long its steps took."""
    start = trace.events[0].stamp if trace.events else 0

    def long(value: int | None) -> str | int | None:
        return None if value is None else _time(trace, value)

    rows = tuple(
        (f.number, _hex(f.page), _hex(f.token), f.vcpu if f.vcpu >= 0 else None,
         long(None if f.queued is None else f.queued - start), long(f.page_in), long(f.delivery), f.repeated, f.told)
        for f in pairing.intervals[:MOST_ROWS]
    )  # fmt: skip
    n, unit = len(pairing.intervals), trace.unit
    cut = f", the first {MOST_ROWS} shown" if n > MOST_ROWS else ""
    caption = (
        f"{n} faults{cut}; at most {most(pairing.intervals)} pages under way at once; queued: from the first event on"
    )
    columns = ("fault", "page", "token", "vCPU", f"queued ({unit})", f"page-in ({unit})", f"delivery ({unit})",
               "touched again", "told")  # fmt: skip
    return Table(columns, rows, caption)


def _time(trace: Trace, stamp: int) -> str | int:
    """A stamp of a table: ticks as they are, seconds to the microsecond, under each other."""
    return stamp if trace.per_second is None else f"{stamp / trace.per_second:12.6f}"


def calibration_table(found: Calibration) -> Table:
    """The durations that a trace has: how many, mean, variation, percentiles, and the law nearest to them."""
    named = {"page-in": found.page_in, "delivery": found.delivery, "wake-up": found.wake_up, "burst": found.burst}
    rows = tuple(
        (name, d.n, d.mean, d.variation, d.percentiles["p50"], d.percentiles["p90"], d.percentiles["p99"], d.law)
        for name, d in named.items()
        if d is not None
    )
    unit = found.unit
    columns = ("", "n", f"mean ({unit})", "variation", f"p50 ({unit})", f"p90 ({unit})", f"p99 ({unit})", "law")
    return Table(columns, rows, "variation: standard deviation over mean")


def notes(trace: Trace, pairing: Pairing) -> list[str]:
    """What a reader must know: lines not understood, events lost, what could not be paired, the unit."""
    said = [
        f"{trace.name}: {trace.layout}, {len(trace.events)} events in {trace.lines} lines "
        f"({trace.headings} of headings, {trace.unread_count} not understood)"
    ]
    said += [f"line {one.line} is not understood, {one.why}: {one.text}" for one in trace.unread]
    for cpu, count in trace.lost:
        where = f"CPU {cpu}" if cpu >= 0 else "a CPU"
        said.append(f"{'some' if count is None else count} events of {where} were lost while tracing")
    said += trace.notes
    if pairing.wake_alls:
        said.append(f"{len(pairing.wake_alls)} wake-all, token {kinds.EVERYONE:#x}: no fault of its own")
    said += [f"not paired, line {one.line}: {one.what}: {one.why}" for one in pairing.unpaired[:MOST_ROWS]]
    if len(pairing.unpaired) > MOST_ROWS:
        said.append(f"not paired: {len(pairing.unpaired) - MOST_ROWS} more (--json has all)")
    if not trace.asynchronous():
        said.append("no event of an asynchronous fault is in it")
    elif not pairing.unpaired:
        said.append("every event of an asynchronous fault is paired")
    if trace.unit == "ticks":
        said.append("unit: ticks of a clock whose rate the trace does not state; --clock-hz N makes them seconds")
    else:
        said.append("unit: s" if trace.per_second == 1e9 else f"unit: s, at {trace.per_second:,.0f} ticks a second")
    return said


def _hex(value: int | None) -> str | None:
    return None if value is None else f"{value:#x}"
