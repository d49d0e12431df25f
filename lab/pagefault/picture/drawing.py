"""The lanes of a comparison put together: which there are, in which order, and what began each piece of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from lab.core.lanes import Lanes, Writer
from lab.pagefault.comparison import Comparison, Run
from lab.pagefault.events import Event, page_of
from lab.pagefault.picture.areas import stacked
from lab.pagefault.picture.device import in_line, page_reads, slot_segments
from lab.pagefault.picture.messages import message_segments, sent_by
from lab.pagefault.picture.states import STATES, Segment
from lab.pagefault.picture.tasks import task_segments
from lab.pagefault.picture.vcpus import vcpu_segments
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["GROUPS", "MOST", "Drawing", "draw", "shown_vcpus"]

MOST = 12  # lanes of a kind; more tasks or slots are stacked
GROUPS = ("tasks in sync", "tasks in halt", "tasks in pv", "device slots", "messages")  # what `draw` unfolds
LARGEST = (1 << 31) - 1  # a column of lanes


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    """`lanes`, the mode of each lane, and of each segment the event that it begins with (None: it is of an area)."""

    lanes: Lanes
    modes: tuple[str, ...]
    origins: tuple[Event | None, ...]


@dataclasses.dataclass(slots=True)
class _Lane:
    name: str
    mode: str
    top: int = 0
    note: str = ""
    share: float | None = None
    mark: float | None = None


class _Sheet:
    """Lanes and what lies in them, from top to bottom."""

    def __init__(self) -> None:
        self.lanes: list[_Lane] = []
        self.segments: list[Segment] = []
        self.areas: list[tuple[int, float, float, list[int]]] = []

    def put(self, lanes: Iterable[_Lane], segments: Iterable[Segment]) -> None:
        """Lanes below those there are, each with its segments in order of time; what is in none of them is left out."""
        base = len(self.lanes)
        self.lanes += lanes
        room = len(self.lanes) - base
        mine = sorted((one for one in segments if one.lane < room), key=lambda one: (one.lane, one.start))
        self.segments += [one._replace(lane=base + one.lane) for one in mine]

    def put_area(self, lane: _Lane, segments: Iterable[Segment], end: float) -> None:
        """One lane below those there are, in which the segments are stacked."""
        self.areas += [(len(self.lanes), *piece) for piece in stacked(segments, end)]
        self.lanes.append(lane)


def shown_vcpus(scenario: PageFaultScenario) -> int:
    """How many vCPUs have a lane."""
    return min(scenario.vcpus, MOST)


def draw(comparison: Comparison, modes: Collection[str] = ("sync", "pv"), unfolded: Collection[str] = ()) -> Drawing:
    """The vCPU lanes of `modes`, top to bottom, and below each mode what is `unfolded` of `GROUPS`.

    Right of a mode's first lane stands the share of time its vCPUs compute, with half the 95 % interval, and where
    theory puts it. The unit is milliseconds, or microseconds for a window below one. A piece that belongs to a fault
    has its number as group, so that the same fault lights up everywhere.
    """
    s = comparison.scenario
    sheet = _Sheet()
    for run in (comparison.of(mode) for mode in modes):
        _vcpus(sheet, s, run)
        if f"tasks in {run.mode}" in unfolded:
            _tasks(sheet, s, run)
        if "device slots" in unfolded:
            _device(sheet, s, run)
        if "messages" in unfolded:
            names = sent_by(run.mode, s.failure)
            sheet.put([_Lane(f"{run.mode} {name}", run.mode) for name in names], _messages(run, len(names)))
    pages = {e.fault: e.page for mode in modes for e in comparison.of(mode).events if e.fault >= 0 and e.page >= 0}
    return _drawing(sheet, s.window, pages)


def _vcpus(sheet: _Sheet, s: PageFaultScenario, run: Run) -> None:
    count = shown_vcpus(s)
    lanes = [_Lane(run.mode if s.vcpus == 1 else f"{run.mode} {v}", run.mode) for v in range(count)]
    lanes[0].note = note(run)
    lanes[0].share, lanes[0].mark = run.utilisation, run.theory.utilisation
    sheet.put(lanes, vcpu_segments(run.events, run.covered))


def _tasks(sheet: _Sheet, s: PageFaultScenario, run: Run) -> None:
    count = s.all_tasks + s.calculators * s.vcpus
    segments = task_segments(run.events, run.covered, count)
    if count > MOST:
        sheet.put_area(_Lane(f"{run.mode} tasks", run.mode, count), segments, run.covered)
    else:
        sheet.put([_Lane(f"{run.mode} task {t}", run.mode) for t in range(count)], segments)


def _device(sheet: _Sheet, s: PageFaultScenario, run: Run) -> None:
    # Pages under way: a vCPU that sleeps asks for no other, and nobody else runs there before the page is in.
    most = s.vcpus if run.mode == "sync" or (run.mode == "halt" and s.tick is None) else s.all_tasks
    count = most if s.slots is None else min(s.slots, most)
    reads = page_reads(run.events, run.covered)
    if count > MOST:
        lane = _Lane(f"{run.mode} slots", run.mode, most)
        sheet.put_area(lane, [*slot_segments(reads), *in_line(reads)], run.covered)
        return
    sheet.put([_Lane(f"{run.mode} slot {n}", run.mode) for n in range(count)], slot_segments(reads))
    if most > count:
        sheet.put_area(_Lane(f"{run.mode} in line", run.mode, most - count), in_line(reads), run.covered)


def _messages(run: Run, lanes: int) -> Iterable[Segment]:
    return (one for one in message_segments(run.events, run.covered) if one.lane < lanes)


def _drawing(sheet: _Sheet, window: float, pages: dict[int, int]) -> Drawing:
    scale, unit = (1e-3, "ms") if window >= 1000 else (1.0, "µs")
    stacks = {state for *_, counts in sheet.areas for state, count in enumerate(counts) if count}
    used = sorted(stacks | {one.state for one in sheet.segments}) or [0]
    index = {state: i for i, state in enumerate(used)}
    writer = Writer()
    origins: list[Event | None] = []
    for lane, state, start, end, event in sheet.segments:
        page = event.page if event.page >= 0 else pages.get(event.fault, page_of(max(event.fault, 0)))
        rest = (event.task, min(page, LARGEST), min(event.fault, LARGEST))
        if start == end:
            writer.instant(lane, index[state], start * scale, *rest)
        else:
            writer.add(lane, index[state], start * scale, end * scale, *rest)
        if len(writer.start) > len(origins):
            origins.append(event)
    for lane, start, end, counts in sheet.areas:
        writer.area(lane, [counts[state] for state in used], start * scale, end * scale)
        if len(writer.start) > len(origins):
            origins.append(None)
    lanes = writer.lanes(
        tuple(lane.name for lane in sheet.lanes),
        tuple(STATES[state] for state in used),
        unit,
        (0.0, window * scale),
        tuple(lane.note for lane in sheet.lanes),
        tuple(lane.share for lane in sheet.lanes),
        tuple(lane.mark for lane in sheet.lanes),
        tuple(lane.top for lane in sheet.lanes),
    )
    return Drawing(lanes, tuple(lane.mode for lane in sheet.lanes), tuple(origins))


def note(run: Run) -> str:
    """The share of time the vCPUs compute, with half its 95 % interval: what stands right of their lane."""
    return f"{100 * run.utilisation:.0f} %" + ("" if run.ci95 is None else f" ± {100 * run.ci95:.1f}")
