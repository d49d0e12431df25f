"""The log of the small VMM that made the recordings, with its guest's own log: the other side of a trace.

    UFFD fault  t=4.239ms gpa=0x1000000 by tid 7 (kworker/0:0+events) pending=1    a worker waits for this page
    UFFD copy   t=8.995ms gpa=0x1000000 rc=0                                       the VMM put it in
    RESULT rc=0 flags=0xb tasks=4 ...                                              what it counted
    G 26917670 host_tsc=56071799697 task1 TOUCH 0x1000000                          the guest: its tick, the host's

Guest words: BOOT (flags), TOUCH and TOUCHED (address), NOT_PRESENT, READY and SPURIOUS (token), SWITCH (task),
TASKDONE, DONE, REAL_PF (address).
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import NamedTuple

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.pagefault.trace.unpack import MOST_BYTES, unpacked
from lab.pagefault.trace.unread import Unread, Unreads

__all__ = ["Arrival", "Log", "Said", "Wanted", "load_log", "parse_log"]

_LINE = 4096
_WANTED = re.compile(
    r"UFFD fault +t=(?P<ms>[0-9]{1,9}\.[0-9]{1,6})ms gpa=0x(?P<gpa>[0-9a-f]{1,16}) "
    r"by tid (?P<tid>[0-9]{1,10}) \((?P<comm>.{0,64})\) pending=(?P<pending>[0-9]{1,6})"
)
_ARRIVAL = re.compile(
    r"UFFD copy +t=(?P<ms>[0-9]{1,9}\.[0-9]{1,6})ms gpa=0x(?P<gpa>[0-9a-f]{1,16}) rc=(?P<rc>-?[0-9]{1,10}).{0,64}"
)
_SAID = re.compile(
    r"G (?P<tick>[0-9]{1,20}) host_tsc=(?P<host>-?[0-9]{1,20}) task(?P<task>[0-9]{1,9}) "
    r"(?P<word>[A-Z_?]{1,16}) (?P<value>0x[0-9a-f]{1,16}|0)"
)
_RESULT = re.compile(r"RESULT( [a-z_]{1,32}=[0-9a-fx.]{1,20})+")
_PAIR = re.compile(r"([a-z_]+)=([0-9a-fx.]+)")
_OFFSET = re.compile(r"guest_tsc - host_tsc = (-?[0-9]{1,20}) \(\+-([0-9]{1,20})\)")
_HEADING = re.compile(r"KVM_CAP_ASYNC_PF=|KVM paravirt features|backing |swap backing|exit_reason=|#")


class Wanted(NamedTuple):
    """A worker waits for a page that the VMM has to put in. `ms`: milliseconds since the vCPU was started."""

    line: int
    ms: float
    gpa: int
    tid: int
    comm: str
    pending: int


class Arrival(NamedTuple):
    """The VMM put a page in; `rc` is 0 if that worked."""

    line: int
    ms: float
    gpa: int
    rc: int


class Said(NamedTuple):
    """A line of the guest: ticks of its own and of the host's clock, the task that ran, a word and its value."""

    line: int
    tick: int
    host: int
    task: int
    word: str
    value: int


@dataclasses.dataclass(frozen=True, slots=True)
class Log:
    """What VMM and guest wrote.

    `result`: the VMM's own counts by name. `uncertain`: how far the host's ticks of the guest's lines may be off,
    None if not said. `lines` = `headings` + `blank` + all the others + `unread_count`.
    """

    name: str
    wanted: tuple[Wanted, ...]
    arrivals: tuple[Arrival, ...]
    guest: tuple[Said, ...]
    result: dict[str, int | float]
    uncertain: int | None
    lines: int
    headings: int
    blank: int
    unread: tuple[Unread, ...]
    unread_count: int

    def heard(self, word: str) -> list[int]:
        """The values of the guest's lines with this word, in order."""
        return [one.value for one in self.guest if one.word == word]


def load_log(path: str | Path) -> Log:
    """The log in a file (at most 64 MiB, also .gz or .xz). Raises `LabError` if it cannot be read or is no such log."""
    return parse_log(unpacked(read_bytes(path, MOST_BYTES), str(path)), str(path))


def parse_log(data: bytes | str, name: str = "log") -> Log:
    """The log in a text; raises `LabError` if no line of it is one of VMM or guest."""
    if isinstance(data, bytes):
        data = data.decode("utf-8", "replace")
    wanted: list[Wanted] = []
    arrivals: list[Arrival] = []
    guest: list[Said] = []
    result: dict[str, int | float] = {}
    uncertain: int | None = None
    unread = Unreads()
    lines = headings = blank = 0
    for number, raw in enumerate(data.removesuffix("\n").split("\n"), 1):
        lines = number
        line = raw.strip()
        if not line:
            blank += 1
        elif len(line) > _LINE:
            unread.add(number, f"more than {_LINE} characters", line)
        elif found := _SAID.fullmatch(line):
            task, value = int(found["task"]), int(found["value"], 16)
            guest.append(Said(number, int(found["tick"]), int(found["host"]), task, found["word"], value))
        elif found := _WANTED.fullmatch(line):
            gpa, tid, pending = int(found["gpa"], 16), int(found["tid"]), int(found["pending"])
            wanted.append(Wanted(number, float(found["ms"]), gpa, tid, found["comm"], pending))
        elif found := _ARRIVAL.fullmatch(line):
            arrivals.append(Arrival(number, float(found["ms"]), int(found["gpa"], 16), int(found["rc"])))
        elif _RESULT.fullmatch(line):
            for key, text in _PAIR.findall(line):
                value_of = _number(text)
                if value_of is None:
                    unread.add(number, f"{text!r} is no number", line)
                    break
                result[key] = value_of
        elif found := _OFFSET.fullmatch(line):
            uncertain = int(found[2])
            headings += 1
        elif _HEADING.match(line):
            headings += 1
        else:
            unread.add(number, "no line of the VMM or of its guest", line)
    if not (wanted or arrivals or guest or result):
        raise LabError(f"{name}: no log of the VMM: none of its {lines} lines is an UFFD, RESULT or guest's (G) line")
    return Log(
        name,
        tuple(wanted),
        tuple(arrivals),
        tuple(guest),
        result,
        uncertain,
        lines,
        headings,
        blank,
        tuple(unread.first),
        unread.count,
    )


def _number(text: str) -> int | float | None:
    try:
        return int(text, 16) if text.startswith("0x") else float(text) if "." in text else int(text)
    except ValueError:
        return None
