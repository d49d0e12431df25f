"""A fleet as columns: a number for each host, and the names of each shape of host once."""

from __future__ import annotations

import dataclasses
import zlib
from array import array
from collections.abc import Mapping

from lab.naming.fleet.answer import WORDS, Port, names_of
from lab.naming.model import Machine
from lab.naming.schemes.flags import Scheme
from lab.naming.sources.snapshot import decode

__all__ = ["Bad", "Fleet", "Shape"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bad:
    """A line that was passed over: its number in the file, and what is wrong with it."""

    line: int
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """Hosts that agree in everything the rules read: how many, their model, their cards, and one of their lines."""

    hosts: int
    model: str
    ports: tuple[Port, ...]
    packed: bytes
    line: int

    def machine(self) -> Machine:
        """The first host of this shape, with everything that was recorded of it."""
        return decode(zlib.decompress(self.packed), f"line {self.line}")


@dataclasses.dataclass(frozen=True, slots=True)
class Fleet:
    """All hosts of one file.

    By host: `shape_of` (place in `shapes`), `line_of` (its number in the file), `host_names` ("" if unknown) and
    `mac_start` (where its addresses begin in `macs`, counted in addresses of six bytes). `bad` are the first lines
    that were passed over, `bad_count` how many there are.
    """

    source: str
    release: int
    schemes: tuple[Scheme, ...]
    shapes: tuple[Shape, ...]
    shape_of: array[int]
    line_of: array[int]
    host_names: tuple[str, ...]
    mac_start: array[int]
    macs: bytes
    bad: tuple[Bad, ...] = ()
    bad_count: int = 0

    @property
    def hosts(self) -> int:
        """How many hosts were read."""
        return len(self.shape_of)

    @property
    def ports(self) -> int:
        """How many cards all hosts have together."""
        return sum(shape.hosts * len(shape.ports) for shape in self.shapes)

    def names(self, host: int) -> Mapping[str, Mapping[str, Mapping[str, str | None]]]:
        """What `predict` and `choose` say of host number `host` (from 0): devpath, scheme, word (`WORDS`) -> name."""
        macs = self.macs[6 * self.mac_start[host] :]
        found = {}
        for port in self.shapes[self.shape_of[host]].ports:
            columns = {word: names_of(port, word, macs) for word in WORDS}
            found[port.devpath] = {
                scheme.name: {word: columns[word][i] for word in WORDS} for i, scheme in enumerate(self.schemes)
            }
        return found

    def called(self, host: int) -> str:
        """Host number `host` for people: its name, or its line in the file."""
        return self.host_names[host] or f"line {self.line_of[host]}"
