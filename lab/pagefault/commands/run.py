"""`kernel-lab pagefault run`: the modes of one scenario, beside theory; or a recording replayed."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core import progress, scenario
from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.files import write_atomic
from lab.core.report import Report
from lab.pagefault.commands.base import add_device, add_preset, fault_scenario, guest_log
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from lab.pagefault.comparison import Comparison, Run

__all__ = ["fill"]

LAYOUTS = ("tracefs", "trace-cmd", "perf", "perfetto")  # of `trace.writer`, which is loaded when one is wanted


def fill(parser: Any) -> None:
    """Add the arguments of `run`."""
    add_preset(parser)
    add_device(parser)
    scenario.add_options(parser, PageFaultScenario)
    parser.add_argument("--trace", metavar="FILE", help="write the events there as KVM would trace them; one mode only")
    parser.add_argument("--trace-format", choices=LAYOUTS, default="tracefs", help="how (default: tracefs)")
    parser.add_argument(
        "--replay", metavar="NAME", help="feed the model with a recording (a bundled one or a file) and compare"
    )
    parser.add_argument("--log", metavar="FILE", help="the guest's log of that recording, where it does not lie beside")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    wanted = fault_scenario(options)
    if options.replay is not None:
        return _replay(options, wanted)
    from lab.pagefault import comparison, explain  # the model, only when something is simulated

    if options.trace is not None:
        wanted = _to_be_traced(wanted)
    result = comparison.compare(wanted, progress=progress.terminal())
    written = [] if options.trace is None else [_written(result.runs[0], options)]
    said = [explain.headline(result)] if wanted.mode == "all" else []
    latencies = result.to_latency_table()
    tables = [result.to_table().to_text(), "", latencies.to_text(), latencies.caption]
    notes = [f"{one.mode}: {said}" for one in result.runs for said in (_beside(one), *_doubts(one))]
    ends = [f"{one.mode}: {why}" for one in result.runs if (why := _ended(one))]
    if wanted.failure == "kernel-injection" and wanted.kernel == 0:
        ends.append("--failure kernel-injection: it never happens, for no fault is in kernel mode; add --kernel 0.5")
    if wanted.page_in_dist.startswith("empirical:"):
        ends.append(f"the file's numbers are scaled to the mean of --page-in, {duration(wanted.page_in)}")
    text = "\n".join([*said, "", *tables, "", *notes, *ends, *written, result.to_table().caption]).strip()
    return Report(_data(result, options), text)


def _beside(one: Run) -> str:
    if one.theory.utilisation is None:
        return str(one.theory.reason)
    away = "" if one.standard_errors is None else f", {one.standard_errors:+.1f} standard errors"
    gap = 100 * (one.utilisation - one.theory.utilisation)
    return f"{one.theory.formula} applies; simulation {gap:+.2f} points{away}"


def _doubts(one: Run) -> list[str]:
    """What a reader has to know before trusting the interval and the slow-down."""
    doubts = []
    if one.correlated and one.ci95 is not None:
        doubts.append(
            f"the run is short for how long it remembers: its {one.batches} batches are correlated and the 95 % "
            "interval is a guess; ask for more --faults"
        )
    if one.slow_down is not None and one.left_out:
        none = f", {one.starved:,} of them had none" if one.starved else ""
        of = one.left_out + sum(1 for value in one.tasks.slow_down if value is not None)
        doubts.append(f"slow-down leaves {one.left_out:,} of {of:,} tasks out, for want of measured faults{none}")
    return doubts


def _ended(one: Run) -> str:
    """What is worth saying of a run that did not get to its end."""
    if one.ended == "complete":
        return ""
    tasks = "1 task" if one.lost_tasks == 1 else f"{one.lost_tasks:,} tasks"
    lost = f", {tasks} will never be woken" if one.lost_tasks else ""
    return f"ended early ({one.ended}) after {one.faults:,} faults{lost}"


def _to_be_traced(wanted: PageFaultScenario) -> PageFaultScenario:
    """The scenario with its events kept: those of its window, or all of them."""
    if wanted.mode == "all":
        raise LabError("--trace: a trace is of one run; say which with --mode sync, halt or pv")
    return wanted if wanted.window > 0 else dataclasses.replace(wanted, window=1e9)


def _written(one: Run, options: argparse.Namespace) -> str:
    from lab.pagefault.setup import MOST_EVENTS
    from lab.pagefault.trace.writer import lines, write

    write_atomic(Path(options.trace), write(one.events, options.trace_format).encode())
    kept = f"{len(one.events):,} events of the model"
    if options.trace_format != "perfetto":  # KVM has no name for some
        kept = f"{sum(1 for _ in lines(one.events)):,} events as KVM traces them, of {kept}"
    cut = "" if len(one.events) < MOST_EVENTS else f"; it keeps no more than {MOST_EVENTS:,}"
    return f"{options.trace}: {kept} until {one.covered:,.0f} us as {options.trace_format}{cut}"


def _data(result: Comparison, options: argparse.Namespace) -> dict[str, Any]:
    data = result.to_json()
    if options.trace is not None:
        data["trace"] = {"file": options.trace, "format": options.trace_format}
    return data


def _replay(options: argparse.Namespace, wanted: PageFaultScenario) -> Report:
    if options.trace is not None:
        raise LabError("--trace: what is replayed is a trace already; give --trace or --replay")
    for field in scenario.fields(PageFaultScenario):
        if getattr(options, field.name) is not None and field.name not in ("mode", "engine"):
            raise LabError(
                f"{field.option}: with --replay the recording says all but --mode and --engine; leave it out"
            )
    from lab.pagefault import trace
    from lab.pagefault.replaying import compared, mode_of, told

    recording = trace.load(options.replay)
    pairing = trace.pair(recording)
    log, _ = guest_log(options.replay, options.log)
    mode = mode_of(pairing) if wanted.mode == "all" else wanted.mode
    found = compared(trace.replay_input(recording, log, pairing), mode, wanted.engine)
    return Report(dataclasses.asdict(found) | {"recording": recording.name}, told(found, recording.name))
