"""The answer in a sentence, and the reason for what is chosen: everything said comes from the run."""

from __future__ import annotations

from lab.core.duration import duration
from lab.pagefault import events as ev
from lab.pagefault.comparison import Comparison, Run

__all__ = ["basis", "headline", "why_fault", "why_run"]


def headline(comparison: Comparison) -> str:
    """Who has to wait here: sync against pv in one sentence. Raises `KeyError` without both runs."""
    s = comparison.scenario
    sync, pv = comparison.of("sync"), comparison.of("pv")
    told, untold = _share(pv), _share(sync)
    noise = (pv.ci95 or 0.0) + (sync.ci95 or 0.0)
    if pv.utilisation < sync.utilisation - noise:
        return (
            f"Telling the guest costs {duration(s.overhead_of('pv'))} for a page of {duration(s.page_in)}: "
            f"{told} computing, not {untold}."
        )
    if pv.sync_fallbacks:
        often = (pv.faults + pv.sync_fallbacks // 2) // pv.sync_fallbacks
        rate = "every fault" if often <= 1 else f"one fault in {often}"
        return f"The limit of {s.limit} is reached: {rate} stops the vCPU; {told} is left."
    if s.all_tasks == 1:
        return f"One task alone gains nothing: nobody else can run while it waits ({told})."
    if s.slots is not None and pv.throughput * s.page_in > 0.95 * s.slots and pv.utilisation < 0.9:
        name = "slot is" if s.slots == 1 else "slots are"
        return f"The device is the wall: its {s.slots} {name} always busy, the vCPU computes {told}."
    if pv.utilisation <= sync.utilisation + noise or told == untold:
        return f"Both come to the same: {told} computing in pv, {untold} in sync."
    return f"Told of its faults, the guest computes {told} of the time, not {untold}."


def basis(comparison: Comparison) -> str:
    """What the numbers rest on, and what part of it the picture shows."""
    s = comparison.scenario
    return f"Numbers: {s.faults:,} faults each, seed {s.seed}. Picture: the first {duration(s.window)}."


def why_run(comparison: Comparison, one: Run) -> tuple[str, tuple[str, ...]]:
    """Why a mode's vCPU computes as much as it does: a line, and the figures behind it."""
    s, form = comparison.scenario, one.theory
    line = {
        "sync": "sync: the vCPU itself sleeps in every fault, whoever is ready",
        "halt": "halt: a worker reads the page, but the guest is not told: its vCPU is halted",
        "pv": "pv: the task that faults sleeps, the vCPU runs the next one",
    }[one.mode]
    if form.utilisation is not None:
        line += f"; theory {form.formula} = {100 * form.utilisation:.1f} %"
    interval = "" if one.ci95 is None else f" ± {100 * one.ci95:.1f} (95 %, {one.faults:,} faults)"
    away = "" if one.standard_errors is None else f", {abs(one.standard_errors):.1f} standard errors from theory"
    trace = [
        f"simulated: {100 * one.utilisation:.1f} %{interval}{away}",
        f"theory: {form.formula}, {form.source}" if form.utilisation is not None else form.reason,
        f"burst {duration(s.compute)} ({s.compute_dist}), page-in {duration(s.page_in)} ({s.page_in_dist}), "
        f"overhead {duration(s.overhead_of(one.mode)) if s.overhead_of(one.mode) else 'none'}",
        "time of the vCPU: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in one.shares.items()),
        f"at most {one.most_in_flight} pages under way at once; {one.sync_fallbacks} faults over the limit",
        f"seed {s.seed}, engine {s.engine}; {one.warm_up:,} faults of warm-up left out",
    ]
    return line + ".", tuple(trace)


def why_fault(comparison: Comparison, mode: str, fault: int) -> tuple[str, tuple[str, ...]]:
    """What became of one fault in `mode`: a line, and every event of it here and in the other modes."""
    task = fault % comparison.scenario.all_tasks
    here = [e for e in comparison.of(mode).events if e.fault == fault]
    if not here:
        return f"{mode}: task {task} has not come to page 0x{ev.page_of(fault):x} within the window.", ()
    at = {e.kind: e.time for e in here}
    page = f"page 0x{ev.page_of(fault):x}"
    waited = at[ev.COMPLETED] - at[ev.FAULT] if ev.COMPLETED in at else None
    long = "until after the window" if waited is None else duration(waited)
    if ev.FAULT not in at:
        line = f"{mode}: task {task} computes and has not touched {page} yet"
    elif ev.STOPPED in at:
        over = "" if mode == "sync" else f" (more than {comparison.scenario.limit} queued)"
        line = f"{mode}: task {task} touches {page}; the vCPU itself waits {long}{over}, nobody else can run"
    elif ev.HALTED in at:
        line = f"{mode}: task {task} touches {page}; the guest is not told, its vCPU is halted {long}"
    else:
        line = f"{mode}: task {task} touches {page} and sleeps {long}; the vCPU is free for the others"
    trace = []
    for run in comparison.runs:
        mine = [e for e in run.events if e.fault == fault]
        trace += [f"{run.mode}, {duration(e.time) if e.time else '0'}: {_said(e)}" for e in mine]
    return line + ".", tuple(trace)


def _said(event: ev.Event) -> str:
    page = f"page 0x{ev.page_of(event.fault):x}"
    return {
        ev.RUN: f"task {event.task} computes on vCPU {event.vcpu}",
        ev.FAULT: f"task {event.task} touches {page}, which the host has swapped out",
        ev.NOT_PRESENT: f"a worker is to read {page}; token 0x{event.token:x} (number << 12 | vCPU)",
        ev.STOPPED: f"vCPU {event.vcpu} sleeps in the fault",
        ev.HALTED: f"vCPU {event.vcpu} is halted",
        ev.COMPLETED: f"{page} is in",
        ev.READY: f"ready delivered, token 0x{event.token:x}: task {event.task} may run",
    }[event.kind]


def _share(run: Run) -> str:
    return f"{100 * run.utilisation:.0f} %"
