"""What the kernel module says, read line by line (kernels/linux/symbench/README.md); it comes out of a guest."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.ksymtab import Ksymtab, ksymtab

__all__ = ["FORMAT", "NOT_FOUND", "OTHER", "About", "Answer", "Answers", "read_about", "read_answers", "read_clock",
           "read_table"]  # fmt: skip

FORMAT = 1
NOT_FOUND, OTHER = -1, -2  # in place of an entry: no such name; an address that is not the export's
LONGEST = 4096  # bytes of a line
ENTRIES = 1 << 20
_NUMBER = r"[0-9]{1,18}"
_ANSWER = re.compile(rf"({_NUMBER}|-) ({_NUMBER}|-) (-?{_NUMBER}|-) ({_NUMBER}|-)")
_ENTRY = re.compile(r"(ksymtab|ksymtab_gpl) ([!-~]{1,511})")
_ABOUT = ("symbench", "ksymtab", "ksymtab_gpl", "sorted", "slots", "rounds")


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """Entries of the two tables, whether both are sorted, slots of the hash table, how often each lookup was timed."""

    ksymtab: int
    ksymtab_gpl: int
    sorted: bool
    slots: int
    rounds: int


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One lookup: comparisons and bytes (None where the kernel does not tell), the entry (or `NOT_FOUND`, `OTHER`).

    `ticks`: of the time stamp counter, those of a lookup that does nothing among them.
    """

    comparisons: int | None
    bytes: int | None
    entry: int
    ticks: int


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """All lookups of one method in the order of the questions, None for one that it was not asked.

    `overhead`: ticks of a lookup that does nothing.
    """

    overhead: int
    rows: tuple[Answer | None, ...]


def read_about(data: bytes, source: str = "about") -> About:
    """The module's word on itself; raises `LabError` for another format of it."""
    found: dict[str, int] = {}
    for number, line in _lines(data, source):
        match = re.fullmatch(rf"([a-z_]+) ({_NUMBER})", line)
        if match is None or match[1] in found:
            raise _damaged(source, number, line)
        found[match[1]] = int(match[2])
    if found.get("symbench") != FORMAT:
        raise LabError(f"the guest's {source}: is not of the format {FORMAT} of symbench; build the module anew")
    if set(found) != set(_ABOUT) or found["sorted"] > 1:
        raise LabError(f"the guest's {source}: does not tell {', '.join(_ABOUT)}")
    return About(found["ksymtab"], found["ksymtab_gpl"], found["sorted"] == 1, found["slots"], found["rounds"])


def read_table(data: bytes, about: About, source: str = "table") -> Ksymtab:
    """The table that was searched, entry by entry; raises `LabError` if it is not that of `about`, sorted."""
    if not about.sorted:
        raise LabError(
            f"the guest's {source}: its kernel's tables are not sorted; a binary search has no meaning there"
        )
    halves: dict[str, list[tuple[bytes, int]]] = {"ksymtab": [], "ksymtab_gpl": []}
    row = 0
    for number, line in _lines(data, source):
        match = _ENTRY.fullmatch(line)
        if match is None or row >= ENTRIES or (match[1] == "ksymtab" and halves["ksymtab_gpl"]):
            raise _damaged(source, number, line)
        halves[match[1]].append((match[2].encode(), row))
        row += 1
    sizes = tuple(len(half) for half in halves.values())
    if sizes != (about.ksymtab, about.ksymtab_gpl):
        raise LabError(f"the guest's {source}: has {sizes[0]} and {sizes[1]} entries, not those that `about` tells")
    made = ksymtab(halves["ksymtab"], halves["ksymtab_gpl"])
    if list(made.rows) != list(range(row)):
        raise LabError(f"the guest's {source}: is not sorted, or has a name twice")
    return made


def read_answers(data: bytes, method: str, lookups: int, entries: int) -> Answers:
    """The answers of `method` to so many `lookups` in a table of so many `entries`.

    Raises `LabError` for a line that is none, numbers that cannot be, and a file that is cut off or too long.
    """
    rows: list[Answer | None] = []
    overhead = -1
    for number, line in _lines(data, method):
        if overhead < 0:
            head = re.fullmatch(
                rf"symbench {FORMAT} {re.escape(method)} lookups ({_NUMBER}) overhead ({_NUMBER})", line
            )
            if head is None or int(head[1]) != lookups:
                raise _damaged(method, number, line)
            overhead = int(head[2])
            continue
        match = _ANSWER.fullmatch(line)
        if match is None or len(rows) == lookups:
            raise _damaged(method, number, line)
        rows.append(_answer(match, entries, method, number))
    if overhead < 0 or len(rows) != lookups:
        raise LabError(f"the guest's {method}: has answers to {len(rows)} of {lookups} lookups; it was cut off")
    return Answers(overhead, tuple(rows))


def read_clock(data: bytes, source: str = "clock") -> float:
    """Nanoseconds of a tick; raises `LabError` for a clock that stands."""
    match = re.fullmatch(rf"ticks ({_NUMBER}) ns ({_NUMBER})\n", data.decode("ascii", "replace"))
    if match is None or not int(match[1]) or not int(match[2]):
        raise LabError(f"the guest's {source}: tells no time; this machine has no time stamp counter")
    return int(match[2]) / int(match[1])


def _answer(match: re.Match[str], entries: int, source: str, number: int) -> Answer | None:
    values = [None if text == "-" else int(text) for text in match.groups()]
    if values == [None] * 4:
        return None
    comparisons, read, entry, ticks = values
    if entry is None or ticks is None or not OTHER <= entry < entries or (comparisons is None) != (read is None):
        raise _damaged(source, number, match[0])
    return Answer(comparisons, read, entry, ticks)


def _lines(data: bytes, source: str) -> Iterator[tuple[int, str]]:
    """The lines, numbered from 1; raises `LabError` for bytes that are no ASCII and a last line without end."""
    if data and not data.endswith(b"\n"):
        raise LabError(f"the guest's {source}: its last line has no end; it was cut off")
    for number, line in enumerate(data[:-1].split(b"\n") if data else (), 1):
        if len(line) > LONGEST or not line.isascii():
            raise _damaged(source, number, line[:60].decode("ascii", "replace"))
        yield number, line.decode("ascii")


def _damaged(source: str, number: int, line: str) -> LabError:
    return LabError(f"the guest's {source}, line {number}: {line[:60]!r} is not what symbench writes; it is damaged")
