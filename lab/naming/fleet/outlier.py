"""Why a port is called otherwise than on most hosts: the first thing that the deciding rule found different."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from lab.core.table import Table
from lab.naming.choice import Choice, choose
from lab.naming.fleet.answer import FromMac, Port
from lab.naming.fleet.columns import Shape
from lab.naming.fleet.role import chain, roles
from lab.naming.fleet.stability import Census, Role
from lab.naming.model import Machine
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import is_bridge, parse_address
from lab.naming.schemes.slot import SLOTS
from lab.naming.trace import Evidence, Trace
from lab.naming.tree import Tree, subsystem

__all__ = ["Outlier", "outlier", "outlier_table", "outliers"]

SLOT_FOLDERS = f"{SLOTS}/".removeprefix("/")
_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Outlier:
    """Hosts on which a port has not the usual name under `scheme`'s default policy.

    `hosts` have `name` instead of `usual`; `example` is one of them. `attribute` is what the rule of `policy` read
    first that it found different, `value` what it holds there (None: not there), `usual_value` what it holds elsewhere;
    `because` says it in words.
    """

    model: str
    role: str
    scheme: str
    hosts: int
    name: str | None
    usual: str
    example: str
    policy: str
    attribute: str
    value: str | None
    usual_value: str | None
    because: str


def outliers(found: Census, scheme: int = -1, most: int = 20) -> tuple[Outlier, ...]:
    """The unusual names of most hosts, at most `most` of them, under scheme number `scheme` (the last), explained.

    Two hosts are read again for each, so this takes some milliseconds an outlier.
    """
    index = scheme % len(found.fleet.schemes)
    unusual = [
        (hosts, role, name, usual)
        for role in found.roles
        if (usual := role.usual("default", index)[0]) is not None
        for name, hosts in role.names["default"][index].items()
        if name != usual and hosts
    ]
    unusual.sort(key=lambda item: (-item[0], item[1].model, item[1].role, str(item[2])))
    return tuple(outlier(found, role, name, usual, index, hosts=hosts) for hosts, role, name, usual in unusual[:most])


def outlier(
    found: Census, role: Role, name: str | None, usual: str, index: int, word: str = "default", hosts: int = 0
) -> Outlier:
    """Why `role` has `name` on some hosts and `usual` on others, by `word` (of `WORDS`) under scheme number `index`."""
    fleet, scheme = found.fleet, found.fleet.schemes[index]
    odd = _shape(found, role, name, index, word, like=None)
    plain = _shape(found, role, usual, index, word, like=odd)
    policy, attribute, value, usual_value, because = _difference(plain, odd, role.role, scheme, word)
    return Outlier(
        model=role.model,
        role=role.role,
        scheme=scheme.name,
        hosts=hosts,
        name=name,
        usual=usual,
        example=fleet.called(fleet.shape_of.index(fleet.shapes.index(odd))),
        policy=policy,
        attribute=attribute,
        value=value,
        usual_value=usual_value,
        because=because,
    )


def _shape(found: Census, role: Role, name: str | None, index: int, word: str, like: Shape | None) -> Shape:
    """The shape of most hosts on which the role has this name; one of the model of `like` if there is one."""
    fits = [
        shape
        for shape in found.fleet.shapes
        if found.by == "all" or shape.model == role.model
        for port in shape.ports
        if port.role == role.role and _plain(port, index, word) == name
    ]
    return max(fits, key=lambda shape: (like is not None and shape.model == like.model, shape.hosts, -shape.line))


def _plain(port: Port, index: int, word: str) -> str | None:
    name = port.under(word)[index]
    return None if isinstance(name, FromMac) else name


def _difference(
    plain: Shape, odd: Shape, role: str, scheme: Scheme, word: str
) -> tuple[str, str, str | None, str | None, str]:
    """Policy, attribute, its value on the odd host and on the plain one, and both in words."""
    machines = plain.machine(), odd.machine()
    choices = [_choice(machine, role, scheme, word) for machine in machines]
    usual, other = (choice.asked for choice in choices)
    for a, b in zip(usual, other, strict=False):
        if a.name == b.name:
            continue
        pair = _first(a.evidence, b.evidence)
        if pair is None:
            return b.policy, "", b.name, a.name, f"{b.policy} reads the same; {b.because}"
        return b.policy, *_told(pair, machines)
    return "kernel", "", None, None, f"the kernel's order: {choices[1].winner.because}"


def _choice(machine: Machine, role: str, scheme: Scheme, word: str) -> Choice:
    devpath = next(path for path, name in roles(machine).items() if name == role)
    return choose(machine, word, scheme)[devpath]


Pair = tuple[Evidence | None, Evidence | None]


def _first(usual: Sequence[Evidence], odd: Sequence[Evidence]) -> Pair | None:
    """The first thing that both read and the rule made something else of; else the last that only each of them read.

    Bus numbers in paths do not count.
    """
    here, there = ({_read(item): item for item in reversed(items)} for items in (usual, odd))
    for path in dict.fromkeys(map(_read, odd)):
        a, b = here.get(path), there[path]
        if a is not None and (a.verdict, a.rule) != (b.verdict, b.rule):
            return a, b
    only = [
        next((item for item in reversed(items) if _read(item) not in other), None)
        for items, other in ((usual, there), (odd, here))
    ]
    return None if only == [None, None] else (only[0], only[1])


def _read(item: Evidence) -> str:
    """What was read, without bus numbers and without the interface's present name."""
    return re.sub(r"/net/[^/]+", "/net/*", chain(item.path))


def _told(pair: Pair, machines: tuple[Machine, Machine]) -> tuple[str, str | None, str | None, str]:
    """Attribute, value there, value elsewhere, and the difference in words."""
    usual, odd = pair
    item = odd or usual
    assert item is not None
    attribute = _read(item)
    value = None if odd is None else odd.value
    before = None if usual is None else usual.value
    place, _, file = attribute.rpartition("/")
    if usual is not None and odd is not None and (asked := _read(usual)) != attribute:
        if attribute.startswith(SLOT_FOLDERS) and asked.startswith(SLOT_FOLDERS):
            words = f"slots/{attribute.split('/')[3]} instead of slots/{asked.split('/')[3]}"
        else:
            words = f"{odd.rule}; elsewhere {usual.rule}"
        return attribute, value, before, words
    a, b = parse_address(before or ""), parse_address(value or "")
    if a and b and a.bus != b.bus:
        return attribute, value, before, f"bus {b.bus} instead of {a.bus} below {place}{_more(machines)}"
    words = f"{file} {_shown(value)} instead of {_shown(before)}" + (f" at {place}" if place else "")
    return attribute, value, before, words


def _shown(value: str | None) -> str:
    return "missing" if value is None else value or "empty"


def _more(machines: tuple[Machine, Machine]) -> str:
    """Which PCI devices one of the two machines has more, in words; "" if they have the same."""
    usual, odd = (_devices(machine.tree) for machine in machines)
    parts = []
    for here, there, word in ((odd, usual, "more"), (usual, odd, "less")):
        extra = {place: bridge for place, bridge in here.items() if place not in there}
        tops = [place for place in sorted(extra) if place.rpartition("/")[0] not in extra]
        bridges = sum(extra.values())
        if tops:
            kind = f"{bridges} bridge{'s' if bridges > 1 else ''} {word}" if bridges else f"a device {word}"
            parts.append(f"{kind} at {tops[0]}")
    return f": {', '.join(parts)}" if parts else ""


def _devices(tree: Tree) -> Mapping[str, bool]:
    """Every PCI device by its chain from the root bus, and whether it is a bridge."""
    return {
        chain(path): is_bridge(path, Trace(tree))
        for path in tree.folders
        if _ADDRESS.fullmatch(path.rpartition("/")[2])
        and path.startswith("/devices/")
        and subsystem(tree, path) == "pci"
    }


def outlier_table(found: Sequence[Outlier]) -> Table:
    """A row for each outlier."""
    rows = tuple((o.hosts, o.model or None, o.role, o.usual, o.name, o.policy, o.because, o.example) for o in found)
    columns = ("hosts", "model", "port", "usual name", "name", "policy", "because", "such as")
    return Table(
        columns, rows, "ports that are called otherwise than on most hosts, and the attribute that makes it so"
    )
