"""Counting a fleet: from the shapes and how many hosts have each, to the names of each role."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from lab.naming.fleet.answer import WORDS, FromMac, Name, Port
from lab.naming.fleet.columns import Fleet
from lab.naming.fleet.stability import Census, Renames, Role

__all__ = ["BY", "census"]

BY = ("all", "vendor-model")
Key = tuple[str, str]  # model ("" if all hosts are one group), role


def census(fleet: Fleet, by: str = "all") -> Census:
    """Count `fleet`; `by` (of `BY`) says which hosts are one group: all, or those of one vendor and model."""
    if by not in BY:
        raise ValueError(by)
    weights: dict[Key, Counter[Port]] = {}
    for shape in fleet.shapes:
        for port in shape.ports:
            weights.setdefault(_key(shape.model, port, by), Counter())[port] += shape.hosts
    repeated = _repeated(fleet, by)
    roles = tuple(_role(key, ports, repeated.get(key, {})) for key, ports in sorted(weights.items()))
    everything = sum(role.hosts for role in roles)
    count = len(fleet.schemes)
    return Census(
        fleet=fleet,
        by=by,
        roles=roles,
        stability={
            word: tuple(
                sum(r.usual(word, i)[1] for r in roles) / everything if everything else 1.0 for i in range(count)
            )
            for word in WORDS
        },
        collisions=_hosts_and_ports(
            fleet, [[p.collides[i] for p in s.ports] for s in fleet.shapes for i in range(count)]
        ),
        too_long=_hosts_and_ports(
            fleet, [[bool(p.too_long[i]) for p in s.ports] for s in fleet.shapes for i in range(count)]
        ),
        uncertain=tuple(
            sum(s.hosts * sum(p.uncertain[i] for p in s.ports) for s in fleet.shapes) for i in range(count)
        ),
        renames=tuple(_renames(fleet, i, i + 1) for i in range(count - 1)),
    )


def _key(model: str, port: Port, by: str) -> Key:
    return (model if by != "all" else "", port.role)


def _role(key: Key, ports: Counter[Port], repeated: Mapping[str, int]) -> Role:
    names: dict[str, tuple[Mapping[str | None, int], ...]] = {}
    own: dict[str, tuple[tuple[int, int], ...]] = {}
    for word in WORDS:
        columns: list[Mapping[str | None, int]] = []
        made: list[tuple[int, int]] = []
        for column, same in _runs([(port.under(word), hosts) for port, hosts in ports.items()]):
            counted: Counter[str | None] = Counter()
            from_mac: Counter[str] = Counter()
            for name, hosts in column:
                counted[None if isinstance(name, FromMac) else name] += hosts
                if isinstance(name, FromMac):
                    from_mac[name.before] += hosts
            most = max((repeated.get(before, 1) for before in from_mac), default=0)
            columns += [counted] * same
            made += [(from_mac.total(), most)] * same
        names[word], own[word] = tuple(columns), tuple(made)
    return Role(*key, ports.total(), names, own)


def _runs(columns: Sequence[tuple[tuple[Name, ...], int]]) -> Iterable[tuple[list[tuple[Name, int]], int]]:
    """Scheme by scheme the name of every port and its hosts; schemes that follow each other and agree are one run."""
    rows = zip(*(names for names, _ in columns), strict=True)
    for row, group in groupby(rows):
        yield [(name, hosts) for name, (_, hosts) in zip(row, columns, strict=True)], len(list(group))


def _repeated(fleet: Fleet, by: str) -> Mapping[Key, Mapping[str, int]]:
    """By role and the beginning of the name, how many hosts share the most frequent name made from an address."""
    values: dict[tuple[Key, str], array[int]] = {}
    wanted = []
    for shape in fleet.shapes:
        found = {
            (_key(shape.model, port, by), name.before, name.place)
            for port in shape.ports
            for word in WORDS
            for name in set(port.under(word))
            if isinstance(name, FromMac)
        }
        wanted.append([(values.setdefault((key, before), array("Q")), place) for key, before, place in found])
    for shape_of, start in zip(fleet.shape_of, fleet.mac_start, strict=True):
        for column, place in wanted[shape_of]:
            at = 6 * (start + place)
            column.append(int.from_bytes(fleet.macs[at : at + 6], "big"))
    most: dict[Key, dict[str, int]] = {}
    for (key, before), column in values.items():
        most.setdefault(key, {})[before] = _longest_run(sorted(column))
    return most


def _longest_run(ordered: Sequence[int]) -> int:
    longest = run = 1
    for a, b in pairwise(ordered):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    return longest


def _hosts_and_ports(fleet: Fleet, marks: Sequence[Sequence[bool]]) -> tuple[tuple[int, int], ...]:
    """By scheme, on how many hosts and ports the mark stands; `marks` runs over shapes, then schemes."""
    count = len(fleet.schemes)
    totals = [[0, 0] for _ in range(count)]
    for place, row in enumerate(marks):
        shape = fleet.shapes[place // count]
        total = totals[place % count]
        total[0] += shape.hosts * any(row)
        total[1] += shape.hosts * sum(row)
    return tuple((hosts, ports) for hosts, ports in totals)


def _renames(fleet: Fleet, old: int, new: int) -> Renames:
    ports = hosts = 0
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    for shape in fleet.shapes:
        moved = 0
        for port in shape.ports:
            names = port.under("default")
            if names[old] != names[new]:
                moved += 1
                pairs[_plain(names[old]), _plain(names[new])] += shape.hosts
        ports += moved * shape.hosts
        hosts += shape.hosts if moved else 0
    most = max(pairs.items(), key=lambda item: (item[1], str(item[0])), default=None)
    before, after = most[0] if most else (None, None)
    return Renames(fleet.schemes[old].name, fleet.schemes[new].name, ports, hosts, before, after)


def _plain(name: Name) -> str | None:
    return f"{name.before}…" if isinstance(name, FromMac) else name
