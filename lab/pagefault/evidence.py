"""What a trace proves by counts and by order: how many pages were under way at once, and which came after which.

Never how long it took: a recording is one run on one noisy machine.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.pagefault.trace.account import Finding, account
from lab.pagefault.trace.calibration import calibrate
from lab.pagefault.trace.intervals import Interval, Pairing, most, pair
from lab.pagefault.trace.reader import Trace, find, load
from lab.pagefault.trace.vmm_log import Log, load_log

__all__ = ["NONE", "PRESETS", "Evidence", "TraceScenario", "evidence", "headline", "of_file", "table"]

NONE = "–"
NAMED = 3  # addresses in a headline
SEND_ALWAYS = 2


@dataclasses.dataclass(frozen=True, slots=True)
class TraceScenario:
    """Which recording (or file), what stands beside it, and what is asked of it."""

    recording: Annotated[str, Parameter("A bundled recording, or a file", label="trace")] = "on-int"
    beside: Annotated[str, Parameter("Another one, to compare counts and order")] = NONE
    clock_hz: Annotated[
        float | None,
        Parameter("Ticks a second of the trace's clock, 1 to 1e12", unit="Hz", absent="ticks", label="clock"),
    ] = None
    calibrate: Annotated[bool, Parameter("Also the scenario that simulates this trace")] = False

    def __post_init__(self) -> None:
        """Refuse a rate out of range."""
        check(self)


PRESETS = (
    Preset("on-int", "Told of its faults", TraceScenario("on-int"), "Told, the guest runs the next task."),
    Preset(
        "off-hostonly", "Not told, beside told", TraceScenario("off-hostonly", "on-int"),
        "Not told, it has one page under way at a time.",
    ),
    Preset(
        "on-int-lifo", "The last one asked for first", TraceScenario("on-int-lifo"),
        "Readies come in the order of the pages, not of the faults.",
    ),
    Preset(
        "on-nosendalways", "One flag less", TraceScenario("on-nosendalways", "on-int"),
        "Without SEND_ALWAYS a guest in kernel mode is told nothing.",
    ),
    Preset(
        "uffd-on-fulltrace", "Nine faults, every event", TraceScenario("uffd-on-fulltrace"),
        "All of KVM's events, for stepping through.",
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """A trace, its faults in the order in which they were queued, and what the logs say of it.

    `in_flight`: pages under way right after each was queued; `delivered`: the place of each in the order of readies
    (from 0, None without one); `told`: of how many the guest was told, None where nothing says so.
    """

    trace: Trace
    log: Log | None
    pairing: Pairing
    faults: tuple[Interval, ...]
    in_flight: tuple[int, ...]
    delivered: tuple[int | None, ...]
    told: int | None
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """What the trace is called, without its folder."""
        return Path(self.trace.name).name.removesuffix(".trace.txt")

    @property
    def most(self) -> int:
        """The most pages under way at once."""
        return most(self.pairing.intervals)

    @property
    def base(self) -> int:
        """The lowest address asked for: others are written from there on."""
        return min((one.gva for one in self.faults if one.gva is not None), default=0)

    def address(self, one: Interval) -> str:
        """A fault's address from the lowest one on: `4000`."""
        return "?" if one.gva is None else f"{one.gva - self.base:04x}"

    def order(self) -> str:
        """The first addresses, in the order in which they were asked for."""
        named = ", ".join(self.address(one) for one in self.faults[:NAMED])
        return named + ("…" if len(self.faults) > NAMED else "")

    @property
    def turned(self) -> str:
        """The order of delivery of the first pages that were under way together, where it is not that of the faults."""
        first = self.delivered[: self.most]
        if None in first or list(first) == sorted(first, key=lambda place: place or 0):
            return ""
        by_place = sorted(range(len(first)), key=lambda i: first[i] or 0)
        return ", ".join(str(i) for i in by_place)

    def said(self) -> str:
        """Counts and order in a sentence without its end."""
        turned = f"; first delivered {self.turned}" if self.turned else ""
        told = f"; {self.untold()}" if self.untold() else ""
        return f"at most {self.most} in flight; asked in turn {self.order()}{turned}{told}"

    def untold(self) -> str:
        """That the guest was told nothing, and by which flag; "" if it was told of something."""
        if self.told != 0:
            return ""
        flags = self.flags
        why = f" (flags {flags:#x}, not {flags | SEND_ALWAYS:#x})" if flags and not flags & SEND_ALWAYS else ""
        return f"told of 0 of {len(self.faults)}{why}"

    @property
    def flags(self) -> int | None:
        """What the guest enabled, by the trace or by the VMM's log."""
        if self.trace.flags is not None or self.log is None:
            return self.trace.flags
        said = self.log.result.get("flags")
        return None if said is None else int(said) & 0x3F

    def why(self, number: int) -> str:
        """One fault in words: where it stands in the order, not how long it took."""
        one = next(f for f in self.faults if f.number == number)
        i = self.faults.index(one)
        token = "no token" if one.token is None else f"token {one.token:#x}"
        place = self.delivered[i]
        end = "not delivered in this trace" if place is None else f"delivered as number {place + 1}"
        again = f"; touched again {one.repeated} times" if one.repeated else ""
        return (
            f"{self.name}, fault {i + 1} of {len(self.faults)}: address {self.address(one)}, {token}, line {one.line}; "
            f"{self.in_flight[i]} in flight then; {end}{again}"
        )

    def notes(self) -> tuple[str, ...]:
        """What the logs of both sides say: what is odd comes first."""
        found = sorted(self.findings, key=lambda one: one.agrees)
        said = [f"{self.name}: {'agrees' if one.agrees else 'ODD'}: {one.said}" for one in found]
        said += [
            f"{self.name}: not paired, line {one.line}: {one.what}: {one.why}" for one in self.pairing.unpaired[:8]
        ]
        if self.trace.unread_count:
            said.append(f"{self.name}: {self.trace.unread_count} lines are not understood")
        return tuple(said)

    def scenario(self) -> str:
        """The command that simulates this trace."""
        return calibrate(self.trace, self.log, self.pairing).command


def of_file(name: str, clock_hz: float | None = None) -> Evidence:
    """The evidence of a file or bundled recording, with the log beside it (NAME.vmm.txt), if there is one.

    Raises `LabError` for a file that is no trace or cannot be read.
    """
    if not name or name == NONE:
        raise LabError("--file: no trace is named; choose a recording or a file")
    path = find(name)
    beside = Path(str(path).removesuffix(".trace.txt") + ".vmm.txt")
    log = load_log(beside) if path.name.endswith(".trace.txt") and beside.is_file() else None
    return evidence(load(name, clock_hz), log)


def evidence(trace: Trace, log: Log | None = None) -> Evidence:
    """What `trace` proves. Raises `LabError` if it has no fault that was queued."""
    pairing = pair(trace)
    faults = tuple(one for one in pairing.intervals if one.queued is not None)
    if not faults:
        raise LabError(f"{trace.name}: has no queued asynchronous fault (kvm_async_pf_not_present); nothing to compare")
    order = {number: place for place, number in enumerate(_by_ready(faults))}
    injected = [one.told for one in faults if one.told is not None]
    told = len(log.heard("NOT_PRESENT")) if log is not None else sum(injected) if injected else None
    return Evidence(
        trace,
        log,
        pairing,
        faults,
        tuple(_in_flight(faults)),
        tuple(order.get(one.number) for one in faults),
        told,
        () if log is None else account(trace, log, pairing),
    )


def _by_ready(faults: tuple[Interval, ...]) -> list[int]:
    ready = [(one.ready, one.number) for one in faults if one.ready is not None]
    return [number for _, number in sorted(ready)]


def _in_flight(faults: tuple[Interval, ...]) -> list[int]:
    """Pages under way right after each fault was queued, itself among them."""
    ends = sorted(
        max(min(stamp for stamp in (one.completed, one.ready) if stamp is not None), one.queued or 0)
        for one in faults
        if one.completed is not None or one.ready is not None
    )
    found, over = [], 0
    for place, one in enumerate(faults):
        while over < len(ends) and ends[over] < (one.queued or 0):
            over += 1
        found.append(place + 1 - over)
    return found


def headline(shown: tuple[Evidence, ...]) -> str:
    """What one trace says, or two beside each other."""
    if len(shown) == 1:
        text = shown[0].said()
        return _ended(f"{text[0].upper()}{text[1:]}")
    one, other = shown
    told = f"{one.untold()}: " if one.untold() else ""
    text = f"{told}at most {one.most} in flight, in {other.name} {other.most}; asked in turn {one.order()}"
    return _ended(f"{text[0].upper()}{text[1:]}")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("…") else f"{sentence}."


def table(shown: tuple[Evidence, ...]) -> Table:
    """Every fault of every trace, in the order of queueing; times only as the stamps that the trace has."""
    rows = tuple(
        (e.name, i + 1, e.address(one), None if one.token is None else f"{one.token:#x}", one.line, e.in_flight[i],
         None if e.delivered[i] is None else (e.delivered[i] or 0) + 1, one.told, one.queued, one.completed, one.ready)
        for e in shown
        for i, one in enumerate(e.faults)
    )  # fmt: skip
    unit = "ns" if shown[0].trace.per_second == 1e9 else "ticks"
    columns = ("trace", "fault", "address", "token", "line", "in flight", "delivered as", "told", f"queued ({unit})",
               "completed", "ready")  # fmt: skip
    return Table(columns, rows, "order and counts are the evidence; the stamps are of single runs and show no speed-up")
