"""From the text of tracefs, trace-cmd or perf to events; every line is accounted for."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.event import Traced, meaning
from lab.pagefault.trace.layouts import LONGEST_LINE, columns, is_heading, lost_in
from lab.pagefault.trace.unpack import MOST_BYTES, unpacked
from lab.pagefault.trace.unread import Unread, Unreads

__all__ = ["Trace", "find", "load", "parse"]

VCPU = 0xFFF  # the low bits of an x86 token
FASTEST = 1e12  # ticks a second
TEXTS = "tracefs, `trace-cmd report` or `perf script`"
_BUFFER = re.compile(r"# entries-in-buffer/entries-written: ([0-9]{1,18})/([0-9]{1,18})")
_BINARY = {b"\x17\x08\x44tracing": "trace-cmd report", b"PERFILE2": "perf script"}


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """A trace as it was read.

    `layout`: tracefs, trace-cmd or perf. `unit` is what `value` gives: "ticks", or "s" where the stamps are seconds
    or the rate is known; `per_second` stamps make one. `lines` counts all of them: `headings`, `blank`, `lost`,
    events and those not understood, of which `unread` lists the first. `lost`: CPU and count (None: some).
    """

    name: str
    layout: str
    unit: str
    per_second: float | None
    events: tuple[Traced, ...]
    lines: int
    headings: int
    blank: int
    lost: tuple[tuple[int, int | None], ...]
    unread: tuple[Unread, ...]
    unread_count: int
    notes: tuple[str, ...] = ()

    def value(self, stamp: int) -> float | int:
        """A stamp, or the time between two of them, in `unit`."""
        return stamp if self.per_second is None else stamp / self.per_second

    def kinds(self) -> dict[str, int]:
        """How many events there are of each name, most frequent first."""
        count: dict[str, int] = {}
        for one in self.events:
            count[one.name] = count.get(one.name, 0) + 1
        return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))

    def asynchronous(self) -> tuple[Traced, ...]:
        """The events of asynchronous page faults alone."""
        return tuple(one for one in self.events if one.kind in kinds.ASYNC)

    @property
    def flags(self) -> int | None:
        """What the guest last wrote into the low bits of MSR_KVM_ASYNC_PF_EN, None where the trace does not say.

        Bit 0: on; bit 1: in kernel mode too (SEND_ALWAYS); bit 3: ready by interrupt.
        """
        written = [one.value & 0x3F for one in self.events if one.kind == kinds.ENABLE]
        return written[-1] if written else None


def find(name: str) -> Path:
    """The file `name`, or the bundled recording that is called so (`on-int`). Raises `LabError` if there is neither."""
    path = Path(name)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        raise LabError(f"{name[:200]!r}: is no path of a file") from None
    known = [one.name.rpartition("/")[2] for one in dataset.listed() if one.name.startswith("pagefault/")]
    if name.removeprefix("pagefault/") in known:
        return dataset.find(f"pagefault/{name.removeprefix('pagefault/')}").path
    raise LabError(f"{name}: no such file, and no bundled recording is called so; those are {', '.join(known)}")


def load(name: str | Path, clock_hz: float | None = None) -> Trace:
    """The trace in a file (also .gz and .xz) or in the bundled recording called `name`; see `parse`.

    At most 64 MiB of text are read. Raises `LabError` for a file that cannot be read or is no trace.
    """
    path = find(str(name))
    return parse(unpacked(read_bytes(path, MOST_BYTES), str(name)), str(name), clock_hz)


def parse(data: bytes | str, name: str = "trace", clock_hz: float | None = None) -> Trace:
    """The events in the text of a trace.

    Stamps with a decimal point are seconds, whole numbers are ticks of a clock whose rate no trace states:
    `clock_hz` (1 to 1e12) makes them seconds. One file has one kind; a line with the other one is not understood.
    Raises `LabError` if no line is of a trace (a comment beside lines not understood is none), for a binary file,
    or for a rate given to stamps in seconds.
    """
    if clock_hz is not None and not 1 <= clock_hz <= FASTEST:  # not: a NaN too
        raise LabError(f"--clock-hz: {clock_hz:g} is out of range, allowed is 1 to {FASTEST:.0e} ticks a second")
    if isinstance(data, bytes):
        for magic, command in _BINARY.items():
            if data.startswith(magic):
                raise LabError(f"{name}: is binary; print it with `{command}` and give that text")
        data = data.decode("utf-8", "replace")
    if data.startswith("{"):
        raise LabError(f"{name}: is JSON, as Perfetto draws it; give the trace's text, as {TEXTS} print it")
    found = _Reading()
    for number, line in enumerate(data.removesuffix("\n").split("\n"), 1):
        found.line(number, line.removesuffix("\r"))
    if not found.is_trace():
        why = (
            f"line {found.unread.first[0].line} has {found.unread.first[0].why}"
            if found.unread.count
            else "it is empty"
        )
        raise LabError(f"{name}: no trace of tracefs, trace-cmd or perf script: {why}")
    if found.seconds and clock_hz is not None:
        one = next(e for e in found.events if e.kind)
        raise LabError(f"--clock-hz: the stamps of {name} are seconds already (line {one.line}); leave it out")
    return Trace(
        name,
        found.layout(),
        "ticks" if not found.seconds and clock_hz is None else "s",
        1e9 if found.seconds else clock_hz,
        _named(found.events),
        found.lines,
        found.headings,
        found.blank,
        tuple(found.lost),
        tuple(found.unread.first),
        found.unread.count,
        tuple(found.notes()),
    )


class _Reading:
    """What the lines so far have told."""

    def __init__(self) -> None:
        self.events: list[Traced] = []
        self.lost: list[tuple[int, int | None]] = []
        self.unread = Unreads()
        self.lines = self.headings = self.blank = self.backwards = 0
        self.seconds: bool | None = None
        self.columns = ""
        self.tracefs = False
        self.buffered: tuple[int, int] | None = None
        self.last = 0

    def line(self, number: int, line: str) -> None:
        self.lines = number
        found = columns(line, self.columns)
        if found is None:
            self._no_event(number, line)
            return
        seconds = "." in found.stamp
        if self.seconds is None:
            self.seconds, self.columns = seconds, found.layout
        elif seconds != self.seconds:
            self.unread.add(
                number, "a stamp in seconds among ticks" if seconds else "a stamp in ticks among seconds", line
            )
            return
        event = Traced(
            number, _stamp(found.stamp), kinds.OTHER, found.name, found.comm, found.tid, found.cpu, found.text
        )
        said = meaning(event)
        if isinstance(said, str):
            self.unread.add(number, said, line)
            return
        self.backwards += said.stamp < self.last
        self.last = said.stamp
        self.events.append(said)

    def _no_event(self, number: int, line: str) -> None:
        lost = lost_in(line)
        if lost is not None:
            self.lost.append(lost)
        elif not line.strip():
            self.blank += 1
        elif is_heading(line):
            self.headings += 1
            self.tracefs = self.tracefs or line.startswith("# tracer:")
            buffered = _BUFFER.match(line)
            if buffered:
                self.buffered = int(buffered[1]), int(buffered[2])
        else:
            long = len(line.strip()) > LONGEST_LINE
            self.unread.add(number, f"more than {LONGEST_LINE} characters" if long else "no columns of an event", line)

    def is_trace(self) -> bool:
        """Without an event only tracefs' own heading says so, or headings and losses with nothing else."""
        if self.events or self.tracefs:
            return True
        return bool(self.headings or self.lost) and not self.unread.count

    def layout(self) -> str:
        return "perf" if self.columns == "perf" else "tracefs" if self.tracefs else "trace-cmd"

    def notes(self) -> list[str]:
        said = []
        if self.buffered is not None:
            kept, written = self.buffered
            seen = len(self.events) + self.unread.count
            if kept != seen:
                said.append(f"the heading counts {kept} events, the file has {seen}: it is cut or put together")
            if written > kept:
                said.append(f"{written - kept} older events were overwritten in the trace's buffer before it was read")
        if self.backwards:
            said.append(f"{self.backwards} stamps are before that of the line above: clocks of CPUs differ")
        return said


def _stamp(text: str) -> int:
    """Ticks as they are; seconds as nanoseconds."""
    whole, point, part = text.partition(".")
    return int(whole) * 10**9 + int(part.ljust(9, "0")) if point else int(whole)


def _named(events: list[Traced]) -> tuple[Traced, ...]:
    """The events, each with its vCPU where the trace says which one its thread runs, or its token does."""
    of_thread: dict[int, int] = {}
    for one in events:
        if one.vcpu >= 0 and one.kind in (kinds.ENTRY, kinds.EXIT, kinds.FAULT):
            of_thread[one.tid] = one.vcpu
        elif one.kind == kinds.NOT_PRESENT and one.gva is not None and one.token is not None:
            of_thread.setdefault(one.tid, one.token & VCPU)
    return tuple(
        one if one.vcpu >= 0 or one.tid not in of_thread else one._replace(vcpu=of_thread[one.tid]) for one in events
    )
