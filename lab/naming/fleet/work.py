"""The two pieces of work that are handed out: `scan` a block of lines for shapes, and `answer` a few shapes.

Plain functions of plain values, so that a process, a Dask worker or this process itself can run them.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Sequence

from lab.core.errors import LabError
from lab.naming.fleet.answer import Answer, answer_line
from lab.naming.fleet.shape import split
from lab.naming.schemes.flags import Scheme

__all__ = ["Scanned", "answer", "scan"]


@dataclasses.dataclass(frozen=True, slots=True)
class Scanned:
    """The hosts of one block, as columns in the order of its lines.

    `keys`: the distinct shapes, `examples` where in the block the first line of each lies. By host: `shape` (place in
    `keys`), `line` (counted from 0 in the block), `names` (a line each), `macs` (six bytes each, `mac_counts` of them).
    """

    keys: tuple[bytes, ...]
    examples: tuple[tuple[int, int], ...]
    shape: array[int]
    line: array[int]
    names: bytes
    macs: bytes
    mac_counts: array[int]


def scan(data: bytes) -> Scanned:
    """The shapes of the lines in `data`; blank lines are counted but are no hosts. Nothing is judged here."""
    keys: dict[bytes, int] = {}
    examples: list[tuple[int, int]] = []
    shape, number, mac_counts = array("I"), array("I"), array("I")
    names: list[bytes] = []
    macs: list[bytes] = []
    start = 0
    for place, line in enumerate(data.split(b"\n")):
        end = start + len(line)
        line = line.rstrip()
        if line:
            key, name, own = split(line)
            index = keys.setdefault(key, len(keys))
            if index == len(examples):
                examples.append((start, start + len(line)))
            shape.append(index)
            number.append(place)
            mac_counts.append(len(own) // 6)
            names.append(name)
            macs.append(own)
        start = end + 1
    return Scanned(tuple(keys), tuple(examples), shape, number, b"\n".join(names), b"".join(macs), mac_counts)


def answer(lines: Sequence[bytes], schemes: Sequence[Scheme]) -> list[Answer | str]:
    """For each line the names of its shape under `schemes`, or in words why it is no snapshot."""
    found: list[Answer | str] = []
    for line in lines:
        try:
            found.append(answer_line(line, schemes))
        except LabError as error:
            found.append(str(error))
    return found
