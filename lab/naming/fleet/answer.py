"""The names of one shape of host under every scheme: what a worker works out once for all hosts of the shape."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from lab.core.errors import LabError
from lab.naming.choice import Choice, choose
from lab.naming.fleet.reads import Known
from lab.naming.fleet.role import roles
from lab.naming.fleet.shape import marked
from lab.naming.ifname import refusal
from lab.naming.model import Interface, Machine
from lab.naming.schemes import POLICIES, candidate
from lab.naming.schemes.flags import Scheme
from lab.naming.sources.snapshot import decode
from lab.naming.trace import Candidate, Chain

__all__ = [
    "MODEL_FILES",
    "WORDS",
    "Answer",
    "FromMac",
    "Name",
    "Port",
    "answer_line",
    "model_of",
    "names_of",
    "under_all",
]

WORDS = ("default", *POLICIES)
NAMING = ("ONBOARD", "SLOT", "PATH")  # the policies of systemd's default order
CARDS_MAX = 4096  # of one host
KNOWN_MAX = 20_000  # cards whose names a process keeps
MODEL_FILES = ("sys_vendor", "product_name")
T = TypeVar("T")


class FromMac(NamedTuple):
    """A name that ends with the digits of the host's own address number `place`: `before` and twelve hex digits."""

    before: str
    place: int


Name = str | FromMac | None


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """One card of a shape. Each tuple has a value for every scheme asked for, in order.

    `names`: by word (default, ONBOARD, ...), in the order of `WORDS`. `collides`: another card of the host is
    offered the same name by default. `too_long`: the policies whose name has more than 15 bytes. `uncertain`:
    the source lacks something that could change the default name.
    """

    role: str
    devpath: str
    ifname: str
    names: tuple[tuple[Name, ...], ...]
    collides: tuple[bool, ...]
    too_long: tuple[tuple[str, ...], ...]
    uncertain: tuple[bool, ...]

    def under(self, word: str) -> tuple[Name, ...]:
        """The names by `word` under each scheme."""
        return self.names[WORDS.index(word)]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """The cards of one shape, and the vendor and model of such hosts ("" if unknown)."""

    model: str
    ports: tuple[Port, ...]


class _Asked:
    """A scheme that notes what is asked of it: two schemes that answer alike all that was asked give one result."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.notes: list[tuple[str, Any, Any]] = []

    def has(self, flag: str) -> bool:
        return bool(self._note("has", flag, self.scheme.has(flag)))

    def since(self, release: int) -> bool:
        return bool(self._note("since", release, self.scheme.since(release)))

    def __getattr__(self, name: str) -> Any:
        return self._note("get", name, getattr(self.scheme, name))

    def _note(self, how: str, what: Any, said: Any) -> Any:
        self.notes.append((how, what, said))
        return said


def under_all(schemes: Sequence[Scheme], work: Callable[[Scheme, int], T], groups: Sequence[Hashable] = ()) -> list[T]:
    """`work` for every scheme, done once for those that answer alike what it asks of them.

    `work` gets the scheme and its place; for that it must use nothing but what stands there in `groups`.
    """
    known: list[tuple[Hashable, list[tuple[str, Any, Any]], T]] = []
    found = []
    for place, scheme in enumerate(schemes):
        group = groups[place] if groups else None
        for other, notes, result in reversed(known):  # mostly the scheme before agrees
            if other == group and _agrees(scheme, notes):
                found.append(result)
                break
        else:
            asked = _Asked(scheme)
            result = work(cast(Scheme, asked), place)
            known.append((group, list(dict.fromkeys(asked.notes)), result))
            found.append(result)
    return found


def _agrees(scheme: Scheme, notes: list[tuple[str, Any, Any]]) -> bool:
    for how, what, said in notes:
        if (getattr(scheme, what) if how == "get" else getattr(scheme, how)(what)) != said:
            return False
    return True


def answer_line(line: bytes, schemes: Sequence[Scheme]) -> Answer:
    """What all hosts of the shape of `line` are named. Raises `LabError` if the line is no snapshot of a machine."""
    text, marks = marked(line)
    machine = decode(text, "this line")
    if len(machine.cards) > CARDS_MAX:
        raise LabError(f"has {len(machine.cards):,} cards; more than {CARDS_MAX:,} are no one host")
    places = {mark.replace(b":", b"").decode(): place for place, mark in reversed(list(enumerate(marks)))}
    known = _known(tuple(schemes), threading.get_ident())
    offered = {
        card.devpath: known.ask(card, machine, functools.partial(_offered, card=card, schemes=schemes))
        for card in machine.cards
    }
    role = roles(machine)
    chosen = _chosen(machine, schemes, offered)
    ports = []
    for card in machine.cards:
        own = [by_path[card.devpath] for by_path in chosen]
        candidates = offered[card.devpath]
        names = ([c.name for c in own], *([c.name for c in candidates[policy]] for policy in POLICIES))
        ports.append(
            Port(
                role=role[card.devpath],
                devpath=card.devpath,
                ifname=card.ifname,
                names=tuple(tuple(_name(name, places) for name in column) for column in names),
                collides=tuple(c.collides for c in own),
                too_long=tuple(_too_long({p: candidates[p][i].name for p in NAMING}) for i in range(len(schemes))),
                uncertain=tuple(not c.certain for c in own),
            )
        )
    return Answer(model_of(machine), tuple(ports))


@functools.lru_cache(maxsize=16)
def _known(schemes: tuple[Scheme, ...], thread: int) -> Known[Mapping[str, tuple[Candidate, ...]]]:
    """What this thread has worked out under these schemes (a Dask worker may have several threads)."""
    return Known(KNOWN_MAX)


def _offered(machine: Machine, card: Interface, schemes: Sequence[Scheme]) -> Mapping[str, tuple[Candidate, ...]]:
    """By policy the candidate under each scheme, without its evidence: that is asked for again where it is needed."""
    chains: dict[str, Chain] = {}

    def ask(policy: str) -> Callable[[Scheme, int], Candidate]:
        def under(scheme: Scheme, _: int) -> Candidate:
            found = candidate(machine, card, policy, scheme, chains)
            return Candidate(policy, found.name, "", (), found.gaps[:1])

        return under

    return {policy: tuple(under_all(schemes, ask(policy))) for policy in POLICIES}


def _chosen(
    machine: Machine, schemes: Sequence[Scheme], offered: Mapping[str, Mapping[str, tuple[Candidate, ...]]]
) -> list[Mapping[str, Choice]]:
    """What every card is called by default under each scheme, from the candidates that are `offered`."""
    groups = [tuple(id(o[p][i]) for o in offered.values() for p in POLICIES) for i in range(len(schemes))]

    def under(scheme: Scheme, place: int) -> Mapping[str, Choice]:
        def offer(_: Machine, card: Interface, __: Scheme) -> Mapping[str, Candidate]:
            return {policy: candidates[place] for policy, candidates in offered[card.devpath].items()}

        return choose(machine, "default", scheme, offer=offer)

    return under_all(schemes, under, groups)


def model_of(machine: Machine) -> str:
    """Vendor and model as the firmware tells them (SMBIOS type 1), "" if it does not."""
    texts = (machine.tree.text(f"/devices/virtual/dmi/id/{name}") or "" for name in MODEL_FILES)
    return " ".join(text.strip()[:80] for text in texts if text.strip())


def _name(name: str | None, places: Mapping[str, int]) -> Name:
    if name is not None and name[-12:] in places:
        return FromMac(name[:-12], places[name[-12:]])
    return name


def _too_long(names: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(policy for policy, name in names.items() if name is not None and _is_too_long(name))


@functools.lru_cache(maxsize=1 << 14)
def _is_too_long(name: str) -> bool:
    return refusal(name) == "too long"


def names_of(port: Port, word: str, macs: bytes) -> list[str | None]:
    """The names of `port` on a host with these addresses (six bytes each), under each scheme."""
    return [
        f"{name.before}{macs[6 * name.place : 6 * name.place + 6].hex()}" if isinstance(name, FromMac) else name
        for name in port.under(word)
    ]
