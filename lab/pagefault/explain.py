"""The answer in a sentence, and why a mode computes as much as it does: everything said comes from the run."""

from __future__ import annotations

from lab.core.duration import duration
from lab.pagefault.comparison import Comparison, Run
from lab.pagefault.failures import KNOWN
from lab.pagefault.picture.drawing import MOST
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["basis", "headline", "why_run"]

ENDS = {"panic": "the guest dies of it", "spin": "its vCPU spins", "stuck": "no task is left that can run"}


def headline(comparison: Comparison) -> str:
    """Who has to wait here: sync against pv in one sentence. Raises `KeyError` without both runs."""
    s = comparison.scenario
    sync, pv = comparison.of("sync"), comparison.of("pv")
    told, untold = _share(pv), _share(sync)
    noise = (pv.ci95 or 0.0) + (sync.ci95 or 0.0)
    failed = _failed(s, pv)
    if failed:
        return failed
    if noise > 0.5 and (pv.correlated or sync.correlated):
        return f"Too few faults to tell: {told} computing in pv so far, {untold} in sync."
    if pv.utilisation < sync.utilisation - noise:
        return _costly(s, sync, pv)
    if pv.sync_fallbacks:
        often = (pv.faults + pv.sync_fallbacks // 2) // pv.sync_fallbacks
        rate = "every fault" if often <= 1 else f"one fault in {often}"
        because = f"The limit of {s.limit} is reached" if s.failure == "none" else f"`{s.failure}` strikes"
        return f"{because}: {rate} stops the vCPU; {told} is left."
    if s.all_tasks == 1 and not s.calculators:
        return f"One task alone gains nothing: nobody else can run while it waits ({told})."
    if s.slots is not None and pv.throughput * s.page_in > 0.95 * s.slots and pv.utilisation < 0.9:
        name = "slot is" if s.slots == 1 else "slots are"
        return f"The device is the wall: its {s.slots} {name} always busy, the vCPU computes {told}."
    if pv.utilisation <= sync.utilisation + noise or told == untold:
        return f"Both come to the same: {told} computing in pv, {untold} in sync."
    return f"Told of its faults, the guest computes {told} of the time, not {untold}."


def _failed(s: PageFaultScenario, pv: Run) -> str:
    """The headline where the failure asked for has taken something away; "" else."""
    if pv.ended != "complete":
        return f"`{s.failure}`: {ENDS.get(pv.ended, 'the run ends')}, after {pv.faults:,} measured faults."
    if pv.lost_tasks:
        return f"`{s.failure}`: {pv.lost_tasks} of {s.all_tasks} tasks will never wake again; {_share(pv)} is computed."
    return ""


def _costly(s: PageFaultScenario, sync: Run, pv: Run) -> str:
    """The headline where telling costs more than it saves."""
    if s.overhead_of("pv") > s.overhead_of("sync"):
        return (
            f"Telling the guest costs {duration(s.overhead_of('pv'))} for a page of {duration(s.page_in)}: "
            f"{_share(pv)} computing, not {_share(sync)}."
        )
    return f"Telling the guest costs more vCPU time than it saves: {_share(pv)} computing, not {_share(sync)}."


def basis(comparison: Comparison, whole: int | None = None) -> str:
    """What the numbers rest on, and what part of it the picture shows.

    `whole`: the faults that will be simulated once nobody moves a control any more, where these are fewer.
    """
    s = comparison.scenario
    vcpus = "" if s.vcpus <= MOST else f", {MOST} of {s.vcpus} vCPUs"
    drag = "" if whole is None or whole == s.faults else " while you drag"
    return f"{s.faults:,} faults each{drag}, seed {s.seed}; shown: the first {duration(s.window)}{vcpus}"


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
        *_latency(one),
        f"run queue: {one.run_queue:.2f} ready tasks on average; work lost: {100 * one.lost_work:.1f} % of the time a "
        "vCPU slept though a task was ready",
        *_failure(s, one),
        f"seed {s.seed}, engine {s.engine}; {one.warm_up:,} faults of warm-up left out",
    ]
    return line + ".", tuple(trace)


def _latency(one: Run) -> list[str]:
    """What a fault's wait consists of, on average."""
    if not one.latency:
        return []
    names = {"page_in": "page-in", "delivery": "delivery", "wake_up": "wake-up", "total": "in all"}
    parts = (f"{names[key]} {_long(part.mean)} (95 % below {_long(part.p95)})" for key, part in one.latency.items())
    return ["a fault takes: " + ", ".join(parts)]


def _failure(s: PageFaultScenario, one: Run) -> list[str]:
    """What was asked to go wrong, what came of it here, and where it was found."""
    known = next((failure for failure in KNOWN if failure.id == s.failure), None)
    if known is None:
        return []
    came = f"{one.lost_tasks} tasks lost, {one.sync_fallbacks} synchronous fall-backs"
    return [
        f"{known.id}: {known.title}. {known.what}",
        f"{known.id} in {one.mode}: ended {one.ended}, {came}",
        *(f"source: {source}" for source in known.sources),
    ]


def _long(microseconds: float) -> str:
    return duration(microseconds) if microseconds else "0"


def _share(run: Run) -> str:
    return f"{100 * run.utilisation:.0f} %"
