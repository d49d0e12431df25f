"""One line of a trace in its columns, whoever printed it.

tracefs    `comm-tid [cpu] flags stamp: NAME: TEXT` (kernel/trace/trace_output.c; flags and `(tgid)` may be off)
trace-cmd  `comm-tid [cpu] stamp: NAME: TEXT`, newer releases with the column of flags
perf       `comm tid [cpu] stamp: kvm:NAME: TEXT`, also `pid/tid`, flags before the cpu, a period before the name

What was lost on the way is a line of its own: `CPU:n [LOST m EVENTS]` in tracefs, `CPU:n [m EVENTS DROPPED]` in
trace-cmd, `PERF_RECORD_LOST lost m` in perf.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LONGEST_LINE", "Columns", "columns", "is_heading", "lost_in"]

LONGEST_LINE = 4096  # characters; the kernel prints at most a page for one event

_FLAGS = r"(?:[.A-Za-z#][^\s:\[\]]{2,9}[ ]+)?"
_STAMP = r"(?P<stamp>[0-9]{1,20}(?:\.[0-9]{1,9})?):[ ]+"
_NAME = r"(?:[0-9]{1,20}[ ]+)?(?:[A-Za-z_][\w-]{0,63}:)?(?P<name>[A-Za-z_]\w{0,127}):(?:[ ]+(?P<text>.*)|)$"
_DASH = r"-(?P<tid>[0-9]{1,10})[ ]+(?:\([ 0-9-]{1,12}\)[ ]+)?\[(?P<cpu>[0-9]{1,5})\][ ]+" + _FLAGS + _STAMP + _NAME
_SPACE = r"[ ]+(?:[0-9]{1,10}/)?(?P<tid>[0-9]{1,10})[ ]+" + _FLAGS + r"\[(?P<cpu>[0-9]{1,5})\][ ]+" + _STAMP + _NAME
# A task's name has at most 15 characters (TASK_COMM_LEN), of any kind: the longest that fits is taken. What perf
# knows of a worker may be longer; then the shortest is.
_SHORT, _LONG = r"(?P<comm>.{1,15})", r"(?P<comm>.{16,63}?)"
_LAYOUTS = {
    "dash": (re.compile(_SHORT + _DASH, re.ASCII), re.compile(_LONG + _DASH, re.ASCII)),
    "perf": (re.compile(_SHORT + _SPACE, re.ASCII), re.compile(_LONG + _SPACE, re.ASCII)),
}
_LOST = (
    re.compile(r"CPU:(?P<cpu>[0-9]{1,5}) \[LOST (?P<count>[0-9]{1,18}) EVENTS\]"),
    re.compile(r"CPU:(?P<cpu>[0-9]{1,5}) \[(?:(?P<count>[0-9]{1,18}) )?EVENTS DROPPED\]"),
)
_LOST_BY_PERF = re.compile(r"PERF_RECORD_LOST(?:_SAMPLES)?,? lost[ =](?P<count>[0-9]{1,18})$")
_CPU = re.compile(r"\[([0-9]{1,5})\]")
_HEADING = re.compile(r"#|cpus=[0-9]|version = [0-9]|CPU [0-9]+ is empty$")


class Columns(NamedTuple):
    """A line taken apart: `layout` is "dash" (tracefs, trace-cmd) or "perf", `stamp` as it is printed."""

    layout: str
    comm: str
    tid: int
    cpu: int
    stamp: str
    name: str
    text: str


def columns(line: str, expected: str = "") -> Columns | None:
    """The columns of `line`, or None where it is no event in any of the layouts (or longer than `LONGEST_LINE`).

    `expected`: the layout of the lines before, which is tried first. Without it, where a task's name looks like columns
    of the other layout, the longest name of at most 15 characters decides.
    """
    line = line.strip()
    if len(line) > LONGEST_LINE:
        return None
    for patterns in zip(*_LAYOUTS.values(), strict=True):  # the short names of all layouts, then the long ones
        by_layout = dict(zip(_LAYOUTS, patterns, strict=True))
        if expected:
            found = by_layout[expected].match(line)
            if found:
                return _taken(expected, found)
        others = [(layout, pattern.match(line)) for layout, pattern in by_layout.items() if layout != expected]
        hits = [_taken(layout, found) for layout, found in others if found]
        if hits:
            return max(hits, key=lambda hit: len(hit.comm))
    return None


def _taken(layout: str, found: re.Match[str]) -> Columns:
    comm, text = found["comm"].strip(), (found["text"] or "").strip()
    return Columns(layout, comm, int(found["tid"]), int(found["cpu"]), found["stamp"], found["name"], text)


def lost_in(line: str) -> tuple[int, int | None] | None:
    """The CPU (-1 if not said) and how many of its events were lost (None: some) by a line that tells so, or None."""
    line = line.strip()
    for pattern in _LOST:
        found = pattern.fullmatch(line)
        if found:
            return int(found["cpu"]), None if found["count"] is None else int(found["count"])
    told = _LOST_BY_PERF.search(line[-LONGEST_LINE:])
    if told:
        cpu = _CPU.search(line)
        return int(cpu[1]) if cpu else -1, int(told["count"])
    return None


def is_heading(line: str) -> bool:
    """Whether the line is a comment of tracefs or one of trace-cmd's first lines."""
    return _HEADING.match(line.strip()) is not None
