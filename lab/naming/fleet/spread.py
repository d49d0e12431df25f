"""How the names of each port spread over a fleet under one policy and one scheme, and on which machines they differ."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from lab.core.table import Table
from lab.naming.choice import Choice, choose
from lab.naming.fleet.answer import FromMac, Name, Port
from lab.naming.fleet.outlier import outlier
from lab.naming.fleet.role import roles
from lab.naming.fleet.stability import Census, Role
from lab.naming.intervals import Interval

__all__ = ["TOKENS", "Part", "Spread", "SpreadRow", "fleet_intervals", "key_of", "spread"]

OWN = "own address"  # a name made from the host's own address: every host has another
# state of a part -> palette token
TOKENS = {
    "kept": "good",
    "changed": "wait",
    "taken": "bad",
    "collision": "bad",
    OWN: "idle",
    "no name": "idle",
}
WRONG = ("taken", "collision")  # the name means another port, or two
NAMED = 200  # hosts listed in a trace
_FUNCTION = re.compile(r"\.[0-9]+( .*)?$")


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """The hosts on which a port has one `name` (None: none, or one of each host's own), and its `state`.

    "kept": it is the usual one. "changed": another one. "taken": another one, which on most hosts is the name of
    another port, `other`. "collision": another card of the host is offered it as well. `shapes`: places in the fleet.
    """

    name: str | None
    state: str
    hosts: int
    shapes: tuple[int, ...]
    other: str = ""

    @property
    def word(self) -> str:
        """What is shown for the name."""
        return self.name or self.state

    def cell(self) -> str:
        """The name and how many hosts have it."""
        return f"{self.word} ({self.hosts:,}{', taken' if self.state == 'taken' else ''})"


@dataclasses.dataclass(frozen=True, slots=True)
class SpreadRow:
    """A port of `hosts` hosts and its `parts`, the usual name first.

    `alike`: the other ports of the same card whose hosts are split in the same way. `uncertain`: on how many hosts the
    source lacks something that could change the name.
    """

    role: Role
    parts: tuple[Part, ...]
    alike: tuple[Role, ...] = ()
    uncertain: int = 0

    @property
    def usual(self) -> str | None:
        """The name that most hosts have; None where there is none."""
        return self.parts[0].name

    @property
    def odd(self) -> tuple[Part, ...]:
        """The parts beside the first one."""
        return self.parts[1:]

    @property
    def unusual(self) -> int:
        """Ports that have not the usual name, on all hosts."""
        return (1 + len(self.alike)) * sum(part.hosts for part in self.odd)


@dataclasses.dataclass(frozen=True, slots=True)
class Spread:
    """The answer: `rows` of ports (those that go together as one), the least stable first; `every` port by itself.

    `cut`: the schemes between which no port of the fleet has another name under `policy`, each with its share of usual
    names and what its first scheme renamed.
    """

    census: Census
    policy: str
    place: int
    rows: tuple[SpreadRow, ...]
    every: tuple[SpreadRow, ...]
    cut: tuple[tuple[Interval, float, str], ...]

    @property
    def scheme(self) -> str:
        """The name of the scheme."""
        return self.census.schemes[self.place]

    @property
    def odd_hosts(self) -> int:
        """Hosts on which a port has not the usual name."""
        shapes = {place for row in self.every for part in row.odd for place in part.shapes}
        return sum(self.census.fleet.shapes[place].hosts for place in shapes)

    @property
    def headline(self) -> str:
        """On how many machines a port is called something else."""
        fleet = self.census.fleet
        many = f"{fleet.hosts:,} host{'' if fleet.hosts == 1 else 's'}"
        under = f"({'' if self.policy == 'default' else f'{self.policy}, '}{self.scheme})"
        first = [row.parts[0].state for row in self.every]
        if first and all(state == "no name" for state in first) and not self.odd_hosts:
            text = f"No port of {many} has a name {under}"
        elif OWN in first:
            text = f"Each of {many} has names of its own {under}, made from the cards' addresses"
        elif not self.odd_hosts:
            whose, one = ("every port that has a name", "one") if "no name" in first else ("every port", "name")
            text = f"On all {many} {whose} has the {one} that is usual for its place {under}"
        else:
            text = f"On {self.odd_hosts:,} of {many} a port is called otherwise {under}"
            wrong = {s for row in self.every for p in row.parts if p.state in WRONG for s in p.shapes}
            if wrong:
                count = sum(fleet.shapes[place].hosts for place in wrong)
                text += f", on {count:,} by another port's name"
        passed = f"; {fleet.bad_count:,} lines are no snapshot" if fleet.bad_count else ""
        return f"{text}{passed}."

    def to_table(self) -> Table:
        """A row for each port, the least stable first."""
        single = self.census.by == "all"
        rows = []
        for row in self.every:
            usual = row.parts[0]
            share = round(100 * usual.hosts / row.role.hosts, 1)
            others = ", ".join(part.cell() for part in row.odd) or None
            start = () if single else (row.role.model or None,)
            rows.append((*start, row.role.role, row.role.hosts, usual.word, share, others, row.uncertain or None))
        columns = ("port", "hosts", "usual name", "share (%)", "other names (hosts)", "uncertain on")
        return Table((() if single else ("model",)) + columns, tuple(rows), self.headline)

    def part(self, key: str = "") -> tuple[SpreadRow, Part] | None:
        """Row and part of a key of the picture; for "" the most frequent unusual one. None if there is none."""
        for row in self.rows:
            for part in row.parts:
                if key_of(row, part) == key:
                    return row, part
        odd = [(row, part) for row in self.rows for part in sorted(row.odd, key=lambda part: part.state not in WRONG)]
        pairs = odd or [(row, row.parts[0]) for row in self.rows]
        return pairs[0] if pairs else None

    def why(self, key: str = "") -> str:
        """The attribute that explains the part, in one line."""
        found = self.part(key)
        if found is None:
            return "No host of this fleet has a card."
        row, part = found
        on = f"on {part.hosts:,} of {row.role.hosts:,} hosts"
        name = f"`{part.name}`" if part.name else part.word
        if part.state == OWN:
            return f"a name of its own {on}, made from the card's address: such as `{self._choice(row, part).name}`"
        if part.name == row.usual:
            twice = "; another card of the host is offered it too" if part.state == "collision" else ""
            return f"{name} {on}: {self._usual(row, part)}{twice}"
        taken = f", the usual name of {part.other}" if part.other else ""
        return f"{name} instead of {_quoted(row)} {on}{taken}: {self._because(row, part)[0]}"

    def trace(self, key: str = "") -> tuple[str, ...]:
        """What was read, the ports that go with it, and the hosts."""
        found = self.part(key)
        if found is None:
            return ()
        row, part = found
        fleet = self.census.fleet
        lines = [] if part.name == row.usual else [*self._because(row, part)[1]]
        if row.alike:
            lines.append(f"ports that go with it: {', '.join(role.role for role in row.alike)}")
        wanted = set(part.shapes)
        hosts = [fleet.called(host) for host, shape in enumerate(fleet.shape_of) if shape in wanted]
        more = f", and {len(hosts) - NAMED:,} more" if len(hosts) > NAMED else ""
        lines += [f"{len(hosts):,} host{'' if len(hosts) == 1 else 's'}: {', '.join(hosts[:NAMED])}{more}"]
        return tuple(lines)

    def _because(self, row: SpreadRow, part: Part) -> tuple[str, tuple[str, ...]]:
        usual = row.usual
        if usual is None:  # nobody has a name that could be the usual one
            return self._usual(row, part), ()
        one = outlier(self.census, row.role, part.name, usual, self.place, self.policy, part.hosts)
        values = f"{_value(one.value)} there (such as on {one.example}), {_value(one.usual_value)} elsewhere"
        read = (f"{one.policy} read {one.attribute}: {values}",) if one.attribute else ()
        return f"{one.because} ({one.policy})", read

    def _usual(self, row: SpreadRow, part: Part) -> str:
        winner = self._choice(row, part).winner
        return f"{winner.policy}: {winner.because}"

    def _choice(self, row: SpreadRow, part: Part) -> Choice:
        """What the first host of a part calls the port."""
        shape = self.census.fleet.shapes[part.shapes[0]]
        machine = shape.machine()
        devpath = next(path for path, name in roles(machine).items() if name == row.role.role)
        return choose(machine, self.policy, self.census.fleet.schemes[self.place])[devpath]


def _quoted(row: SpreadRow) -> str:
    return f"`{row.parts[0].name}`" if row.parts[0].name else row.parts[0].word


def _value(value: str | None) -> str:
    return "missing" if value is None else value or "empty"


def key_of(row: SpreadRow, part: Part) -> str:
    """The key of a part in the picture."""
    return f"{row.role.model}|{row.role.role}|{part.state}|{part.name or ''}"


def spread(census: Census, policy: str, place: int) -> Spread:
    """The names by `policy` (of `WORDS`) under scheme number `place` of a counted fleet."""
    ports: dict[tuple[str, str], list[tuple[int, Port]]] = {}
    for index, shape in enumerate(census.fleet.shapes):
        for port in shape.ports:
            ports.setdefault((shape.model if census.by != "all" else "", port.role), []).append((index, port))
    usual: dict[tuple[str, str], str] = {}  # model, name -> port
    for role in census.roles:
        if name := role.usual(policy, place)[0]:
            usual.setdefault((role.model, name), role.role)
    every = [_row(census, role, ports[role.model, role.role], policy, place, usual) for role in census.roles]
    every.sort(key=_danger)
    rows = sorted(_together(every), key=_danger)
    return Spread(census, policy, place, tuple(rows), tuple(every), _cut(census, policy))


def _danger(row: SpreadRow) -> tuple[object, ...]:
    """The names that mean another port first, then the ports that are called otherwise most often."""
    harmless = all(part.state not in WRONG for part in row.parts)
    return harmless, -row.unusual, row.role.model, row.role.role


def _row(
    census: Census,
    role: Role,
    ports: Sequence[tuple[int, Port]],
    policy: str,
    place: int,
    usual: Mapping[tuple[str, str], str],
) -> SpreadRow:
    own_name = role.usual(policy, place)[0]
    groups: dict[tuple[str | None, str, str], list[int]] = {}
    uncertain = 0
    for index, port in ports:
        name = port.under(policy)[place]
        uncertain += census.fleet.shapes[index].hosts * (policy == "default" and port.uncertain[place])
        groups.setdefault(_state(name, port, own_name, role, policy, place, usual), []).append(index)
    parts = [
        Part(name, state, sum(census.fleet.shapes[i].hosts for i in indexes), tuple(indexes), other)
        for (name, state, other), indexes in groups.items()
    ]
    parts.sort(key=lambda part: (part.name != own_name, -part.hosts, part.word))
    return SpreadRow(role, tuple(parts), (), uncertain)


def _state(
    name: Name,
    port: Port,
    own_name: str | None,
    role: Role,
    policy: str,
    place: int,
    usual: Mapping[tuple[str, str], str],
) -> tuple[str | None, str, str]:
    """Name, state, and the port whose usual name it is."""
    if name is None:
        return None, "no name", ""
    if isinstance(name, FromMac):
        return None, OWN, ""
    if policy == "default" and port.collides[place]:
        return name, "collision", ""
    if name == own_name:
        return name, "kept", ""
    other = usual.get((role.model, name), role.role)
    return (name, "changed", "") if other == role.role else (name, "taken", other)


def _together(every: Sequence[SpreadRow]) -> list[SpreadRow]:
    """The ports of one card whose hosts are split in the same way, as one row."""
    groups: dict[tuple[object, ...], list[SpreadRow]] = {}
    for row in every:
        split = tuple(sorted((part.state, part.shapes) for part in row.parts))
        card = _FUNCTION.sub("", row.role.role.partition(" ")[0])
        groups.setdefault((row.role.model, card, split), []).append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: row.role.role)
        alike = tuple(row.role for row in rows[1:])
        found.append(dataclasses.replace(rows[0], alike=alike))
    return found


def fleet_intervals(census: Census, policy: str) -> tuple[Interval, ...]:
    """All schemes, cut where a port of the fleet gets another name under `policy` (of `WORDS`)."""
    return tuple(interval for interval, _, _ in _cut(census, policy))


def _cut(census: Census, policy: str) -> tuple[tuple[Interval, float, str], ...]:
    shapes = [(shape.hosts, [port.under(policy) for port in shape.ports]) for shape in census.fleet.shapes]
    found: list[tuple[Interval, float, str]] = []
    for place, name in enumerate(census.schemes):
        moved = [(hosts, sum(names[place] != names[place - 1] for names in ports)) for hosts, ports in shapes if place]
        count = sum(hosts * ports for hosts, ports in moved)
        if found and not count:
            found[-1] = (dataclasses.replace(found[-1][0], last=name), *found[-1][1:])
        else:
            on = sum(hosts for hosts, ports in moved if ports)
            words = f"{name} renames {count:,} ports on {on:,} hosts" if place else ""
            found.append((Interval(name, name, words), census.stability[policy][place], words))
    return tuple(found)
