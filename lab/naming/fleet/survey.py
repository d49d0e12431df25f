"""A fleet read once: blocks of lines and shapes of hosts are handed out, what comes back becomes columns."""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.naming.fleet import work
from lab.naming.fleet.answer import Answer, Port
from lab.naming.fleet.columns import Bad, Fleet, Shape
from lab.naming.fleet.crew import Crew, crew
from lab.naming.fleet.lines import LINE_MAX, Block, blocks
from lab.naming.schemes.flags import Scheme

__all__ = ["survey", "survey_blocks"]

BATCH = 12  # shapes in one call
BAD_KEPT = 1000  # bad lines that are told one by one


def survey(
    what: str,
    schemes: Sequence[Scheme],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    keep_going: bool = False,
    progress: Progress = silent,
) -> Fleet:
    """Read the file `what` ("-": standard input) and name every host of it under all `schemes` (of one release).

    `workers`, `cluster`: see `crew`. A bad line ends the survey with a `LabError`, unless `keep_going`: then it is
    counted. Raises `LabError` as well if there is no host at all. `progress` may raise `Cancelled`.
    """
    return survey_blocks(blocks(what), what, schemes, workers, cluster, keep_going, progress)


def survey_blocks(
    source: Iterable[Block],
    name: str,
    schemes: Sequence[Scheme],
    workers: int | None = 1,
    cluster: str | None = None,
    keep_going: bool = False,
    progress: Progress = silent,
) -> Fleet:
    """`survey` of blocks from anywhere; `name` is what errors call them."""
    with crew(workers, cluster) as found:
        fleet = _Survey(name, tuple(schemes), found, keep_going, progress).run(iter(source))
    if not fleet.hosts:
        raise LabError(f"{name}: has no host; a file of JSON lines was expected, one snapshot a line")
    return fleet


class _Survey:
    """Hands out blocks and shapes, and puts what comes back into columns."""

    def __init__(
        self, name: str, schemes: tuple[Scheme, ...], found: Crew, keep_going: bool, progress: Progress
    ) -> None:
        self.name, self.schemes, self.crew, self.keep_going, self.progress = name, schemes, found, keep_going, progress
        self.known: dict[bytes, int] = {}  # key of a shape -> its number
        self.examples: list[tuple[bytes, int]] = []  # by shape: a line, packed; its number in the file
        self.answers: dict[int, Answer | str] = {}
        self.equal: dict[Port, Port] = {}  # ports of many shapes are alike; one of each is kept
        self.new: list[tuple[int, bytes]] = []
        self.scanned: dict[int, tuple[Block, work.Scanned, array[int]]] = {}
        self.bad: dict[int, str] = {}
        self.hosts = 0

    def run(self, source: Iterator[Block]) -> Fleet:
        """The fleet in `source`."""
        for number, block in enumerate(source):
            self._tell(block)
            if block.too_long:
                self._bad(block.first, f"is longer than {LINE_MAX:,} bytes")
                continue
            self._make_room()
            self.crew.give((number, block), work.scan, block.data)
        while self.crew.waiting or self.new:
            if not self.crew.waiting:
                self._hand_out(all_of_them=True)
            self._take()
        self.progress(1, 1, self._label())
        return self._fleet()

    def _label(self) -> str:
        return f"fleet: {self.hosts:,} hosts, {len(self.known):,} shapes"

    def _tell(self, block: Block) -> None:
        """How much of the file has been read; nobody knows how long standard input is."""
        self.progress(*((min(block.done, block.total - 1), block.total) if block.total else (0, 1)), self._label())

    def _make_room(self) -> None:
        while self.crew.waiting >= self.crew.room:
            self._take()

    def _take(self) -> None:
        tag, result = self.crew.take()
        if isinstance(result, work.Scanned):
            number, block = tag
            self._enter(number, block, result)
        else:
            for shape, answer in zip(tag, result, strict=True):
                self.answers[shape] = self._shared(answer)
                if isinstance(answer, str):
                    self._bad(self.examples[shape][1], answer)
        self._hand_out()

    def _shared(self, answer: Answer | str) -> Answer | str:
        if isinstance(answer, str):
            return answer
        return dataclasses.replace(answer, ports=tuple(self.equal.setdefault(port, port) for port in answer.ports))

    def _enter(self, number: int, block: Block, result: work.Scanned) -> None:
        """The columns of a block, and the shapes that no block had before."""
        for place, (key, (start, end)) in enumerate(zip(result.keys, result.examples, strict=True)):
            line, number_in_file = block.data[start:end], block.first + result.line[result.shape.index(place)]
            shape = self.known.setdefault(key, len(self.known))
            if shape == len(self.examples):
                self.new.append((shape, line))
                self.examples.append((zlib.compress(line, 1), number_in_file))
            elif number_in_file < self.examples[shape][1]:  # blocks come back in any order
                self.examples[shape] = (zlib.compress(line, 1), number_in_file)
        here = [self.known[key] for key in result.keys]
        self.hosts += len(result.shape)
        self.scanned[number] = (
            dataclasses.replace(block, data=b""),
            result,
            array("I", (here[shape] for shape in result.shape)),
        )

    def _hand_out(self, all_of_them: bool = False) -> None:
        while len(self.new) >= (1 if all_of_them else BATCH):
            batch, self.new = self.new[:BATCH], self.new[BATCH:]
            self.crew.give([shape for shape, _ in batch], work.answer, [line for _, line in batch], self.schemes)

    def _bad(self, line: int, why: str) -> None:
        if not self.keep_going:
            raise LabError(
                f"{self.name}: line {line:,}: {why.removeprefix('this line: ')}; --keep-going passes it over"
            )
        self.bad[line] = why.removeprefix("this line: ")

    def _fleet(self) -> Fleet:
        """All columns in the order of the file, without the bad lines."""
        order = sorted(self.answers, key=lambda shape: self.examples[shape][1])
        good = {s: i for i, s in enumerate(s for s in order if not isinstance(self.answers[s], str))}
        shape_of, line_of, mac_start = array("I"), array("Q"), array("Q")
        names: list[str] = []
        macs: list[bytes] = []
        counts, start, bad_count = [0] * len(good), 0, len(self.bad)
        for _, (block, found, shapes) in sorted(self.scanned.items()):
            ends = itertools.accumulate(found.mac_counts, initial=start)
            for shape, line, name, begin in zip(
                shapes, found.line, found.names.decode().split("\n"), ends, strict=False
            ):
                if shape not in good:
                    bad_count += self._bad_host(block.first + line, str(self.answers[shape]))
                    continue
                shape_of.append(good[shape])
                counts[good[shape]] += 1
                line_of.append(block.first + line)
                names.append(name)
                mac_start.append(begin)
            start += sum(found.mac_counts)
            macs.append(found.macs)
        return Fleet(
            source=self.name,
            release=self.schemes[0].release,
            schemes=self.schemes,
            shapes=tuple(self._shape(s, counts[i]) for s, i in good.items()),
            shape_of=shape_of,
            line_of=line_of,
            host_names=tuple(names),
            mac_start=mac_start,
            macs=b"".join(macs),
            bad=tuple(Bad(line, why) for line, why in sorted(self.bad.items())[:BAD_KEPT]),
            bad_count=bad_count,
        )

    def _bad_host(self, line: int, why: str) -> int:
        """Note a host of a bad shape; 1 if its line was not counted before."""
        if line in self.bad:
            return 0
        if len(self.bad) < BAD_KEPT:
            self.bad[line] = why.removeprefix("this line: ")
        return 1

    def _shape(self, number: int, hosts: int) -> Shape:
        answer: Any = self.answers[number]
        packed, line = self.examples[number]
        return Shape(hosts, answer.model, answer.ports, packed, line)
