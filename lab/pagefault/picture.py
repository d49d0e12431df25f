"""Lanes from events: what each vCPU, and each task, did in the window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.core.lanes import Lanes, State, Writer
from lab.core.table import Table
from lab.pagefault import events as ev
from lab.pagefault.comparison import Comparison, Run

__all__ = ["MOST_TASK_LANES", "STATES", "lane_modes", "lanes", "table", "task_segments", "vcpu_segments"]

MOST_TASK_LANES = 12

STATES = (
    State("good", "task computes", "task {who} computes, {for}, then touches page 0x{what:x}"),
    State("bad", "vCPU stopped", "vCPU stopped, {for}: task {who} waits for page 0x{what:x}"),
    State("wait", "vCPU halted", "vCPU halted, {for}: task {who} waits for page 0x{what:x}"),
    State("cost", "overhead", "the fault of task {who} costs {for} of vCPU time"),
    State("idle", "nothing to run", "every task waits for a page, {for}"),
    State("wait", "task waits for its page", "task {who} waits for page 0x{what:x}, {for}"),
    State("new", "task ready", "task {who} is ready, {for}: another one runs", outline=True),
)
COMPUTES, STOPPED, HALTED, OVERHEAD, IDLE, WAITS, READY = range(len(STATES))

# What a vCPU is doing from an event on. A page that comes in or is delivered changes nothing on it by itself.
_VCPU = {
    ev.RUN: COMPUTES, ev.FAULT: OVERHEAD, ev.STOPPED: STOPPED, ev.HALTED: HALTED, ev.IDLE: IDLE,
}  # fmt: skip
# What a task is doing from an event on.
_TASK = {ev.RUN: COMPUTES, ev.FAULT: OVERHEAD, ev.NOT_PRESENT: WAITS, ev.STOPPED: STOPPED, ev.HALTED: HALTED,
         ev.READY: READY}  # fmt: skip

Segment = tuple[int, int, float, float, int, int]  # lane, state, start, end, task, fault


def vcpu_segments(events: Sequence[ev.Event], end: float) -> Iterator[Segment]:
    """What every vCPU did, lane = vCPU, in order of time on each; what is open is cut at `end`."""
    return _segments(((e.vcpu, _VCPU.get(e.kind), e) for e in events), {}, end)


def task_segments(events: Sequence[ev.Event], end: float, tasks: int) -> Iterator[Segment]:
    """What each of the first `tasks` tasks did, lane = task; before it first runs a task is ready."""
    ready = {task: (READY, 0.0, task, task) for task in range(tasks)}
    return _segments(((e.task, _TASK.get(e.kind), e) for e in events if 0 <= e.task < tasks), ready, end)


def _segments(
    steps: Iterable[tuple[int, int | None, ev.Event]], current: dict[int, tuple[int, float, int, int]], end: float
) -> Iterator[Segment]:
    """`steps`: lane, its new state or None if it stays as it is, and the event; `current`: how the lanes begin."""
    for lane, state, event in steps:
        if state is None:
            continue
        before = current.get(lane)
        if before is not None and event.time > before[1]:
            yield lane, before[0], before[1], event.time, before[2], before[3]
        current[lane] = (state, event.time, event.task, event.fault)
    for lane, (state, start, task, fault) in sorted(current.items()):
        if end > start:
            yield lane, state, start, end, task, fault


def lanes(comparison: Comparison, modes: Sequence[str] = ("sync", "pv"), tasks: Sequence[str] = ()) -> Lanes:
    """The vCPU lanes of `modes`, top to bottom, and below each mode in `tasks` a lane for each of its first 12 tasks.

    Right of a mode's first lane stands the share of time its vCPUs compute, with half the 95 % interval, and
    where theory puts it. The unit is milliseconds, or microseconds for a window below one.
    """
    runs = [comparison.of(mode) for mode in modes]
    window = comparison.scenario.window
    scale, unit = (1e-3, "ms") if window >= 1000 else (1.0, "µs")
    states = _states_for(comparison, modes, tasks)
    index = {state: i for i, state in enumerate(states)}
    writer = Writer()
    names: list[str] = []
    notes: list[str] = []
    shares: list[float | None] = []
    marks: list[float | None] = []

    def add(segments: Iterator[Segment]) -> None:
        """Put them below the lanes there are, lane by lane, so that each is in order of time."""
        base = len(names)
        for lane, state, start, end, task, fault in sorted(segments, key=lambda one: (one[0], one[2])):
            writer.add(base + lane, index[state], start * scale, end * scale, task, ev.page_of(fault), fault)

    for run in runs:
        vcpus = comparison.scenario.vcpus
        add(vcpu_segments(run.events, run.covered))
        names += [run.mode if vcpus == 1 else f"{run.mode} {v}" for v in range(vcpus)]
        notes += [_note(run)] + [""] * (vcpus - 1)
        shares += [run.utilisation] + [None] * (vcpus - 1)
        marks += [run.theory.utilisation] + [None] * (vcpus - 1)
        if run.mode in tasks:
            shown = min(comparison.scenario.all_tasks, MOST_TASK_LANES)
            add(task_segments(run.events, run.covered, shown))
            names += [f"task {i}" for i in range(shown)]
            notes += [""] * shown
            shares += [None] * shown
            marks += [None] * shown
    return writer.lanes(
        tuple(names), tuple(STATES[s] for s in states), unit, (0.0, window * scale),
        tuple(notes), tuple(shares), tuple(marks),
    )  # fmt: skip


def lane_modes(comparison: Comparison, modes: Sequence[str], tasks: Sequence[str] = ()) -> tuple[str, ...]:
    """The mode that each lane of `lanes` shows."""
    shown = min(comparison.scenario.all_tasks, MOST_TASK_LANES)
    count = {mode: comparison.scenario.vcpus + (shown if mode in tasks else 0) for mode in modes}
    return tuple(mode for mode in modes for _ in range(count[mode]))


def table(comparison: Comparison, shown: Lanes) -> Table:
    """What `lanes` shows: first what stands right of each mode's lane, then every segment of the window."""
    segments = shown.to_table()
    known = {one.mode: one.theory.utilisation for one in comparison.runs}
    shares = tuple(
        (name, None, None, note, f"share of time computing, 95 % interval; {_beside(known[name.split()[0]])}")
        for name, note in zip(shown.names, shown.notes, strict=True)
        if note
    )
    caption = f"{comparison.scenario.faults:,} faults a mode, seed {comparison.scenario.seed}; {segments.caption}"
    return Table(segments.columns, shares + segments.rows, caption)


def _beside(known: float | None) -> str:
    return "no closed form" if known is None else f"theory {100 * known:.1f} %"


def _note(run: Run) -> str:
    return f"{100 * run.utilisation:.0f} %" + ("" if run.ci95 is None else f" ± {100 * run.ci95:.1f}")


def _states_for(comparison: Comparison, modes: Sequence[str], tasks: Sequence[str]) -> list[int]:
    """The states that can occur, in a fixed order: a legend that does not change while a slider moves."""
    possible = {COMPUTES}
    if "sync" in modes or "pv" in modes:
        possible |= {STOPPED}
    if "halt" in modes:
        possible |= {HALTED, STOPPED}
    if "pv" in modes:
        possible |= {IDLE}
    if any(comparison.scenario.overhead_of(mode) for mode in modes):
        possible |= {OVERHEAD}
    if tasks:
        possible |= {WAITS, READY}
    return sorted(possible)
