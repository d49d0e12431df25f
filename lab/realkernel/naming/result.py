"""Predicted against real: every name under every scheme, the name really given, the address."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from lab.naming.link.decide import decide
from lab.naming.link.environment import Environment
from lab.naming.model import Interface, Machine
from lab.naming.schemes import predict
from lab.naming.schemes.probe import PATTERN, outcomes
from lab.naming.schemes.releases import Release
from lab.naming.topologies.firmware import TRIED, untried
from lab.naming.topologies.layout import layout
from lab.naming.topologies.probing import probing
from lab.naming.topologies.topology import Topology
from lab.realkernel.naming.order import CHECKS, OpenOrder, open_order
from lab.realkernel.naming.said import Said
from lab.realkernel.topology_qemu import qemu_release

__all__ = ["DECLARATION", "Answer", "Card", "NamingResult", "compared", "expected_names"]

DECLARATION = "the declaration"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One question, under `scheme` by `policy`: the name that systemd gave, and the predicted ones; None is none.

    `predicted` before the boot, `copied` by the lab's rules from the real machine's own sysfs.
    """

    scheme: str
    policy: str
    real: str | None
    predicted: str | None
    copied: str | None

    @property
    def equal(self) -> bool:
        """True if both predictions are what systemd said."""
        return self.real == self.predicted == self.copied


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """One network card, known by its `mac`; `id` is what the topology calls it ("" if it declares none such).

    `name`: what udev really called it (None: the real machine has no such card), `expected`: the names that it could
    get: one, or several where drivers race. `place` and `expected_place`: its bus path, real and predicted.
    `untried`: why its names are not judged: nobody has tried what this QEMU tells the guest of it; "" if they are.
    """

    id: str
    mac: str
    driver: str | None
    name: str | None
    expected: tuple[str, ...]
    place: str | None
    expected_place: str | None
    answers: tuple[Answer, ...]
    untried: str = ""

    @property
    def is_open(self) -> bool:
        """True if its name is drawn by a race, so that several are expected."""
        return len(self.expected) > 1

    @property
    def checks(self) -> int:
        """How many things were compared: its place, every answer, and its name if that was not left open."""
        return 0 if self.untried else len(self.answers) + (1 if self.is_open else 2)

    @property
    def called_as_expected(self) -> bool:
        """True if its real name is one of those expected."""
        return self.name in self.expected

    @property
    def differing(self) -> tuple[str, ...]:
        """What is not as predicted, in words; () if all is. A name that was left open is the order's affair."""
        found = [] if self.place == self.expected_place else [f"sits at {self.place}, predicted {self.expected_place}"]
        if not self.is_open and not self.called_as_expected:
            found.append(f"is called {self.name}, predicted {' or '.join(self.expected) or 'no card'}")
        for a in self.answers:
            if a.real != a.predicted:
                found.append(f"{a.scheme} {a.policy}: {a.real}, predicted {a.predicted}")
            elif a.real != a.copied:
                found.append(f"{a.scheme} {a.policy}: {a.real}, by the rules on its own sysfs {a.copied}")
        return tuple(found)


@dataclasses.dataclass(frozen=True, slots=True)
class NamingResult:
    """One real machine beside its prediction.

    `predicted`: the machine that was predicted, `basis` what from. `seconds`: of the boot, None for a recording, whose
    `accel` is "recorded". `order`: what a race of drivers left open, None where nothing races.
    """

    topology: Topology
    predicted: Machine
    basis: str
    said: Said
    accel: str
    seconds: float | None
    cards: tuple[Card, ...]
    order: OpenOrder | None = None

    @property
    def systemd(self) -> Release:
        """The release of the systemd that was asked."""
        return self.said.systemd

    @property
    def scheme(self) -> str:
        """The scheme under which udev really named."""
        return self.said.scheme

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that systemd was asked for, oldest first."""
        return self.said.schemes

    @property
    def judged(self) -> tuple[Card, ...]:
        """The cards whose prediction can be right or wrong on this QEMU."""
        return tuple(card for card in self.cards if not card.untried)

    @property
    def names(self) -> int:
        """How many names there are: by card, scheme and policy, where systemd gives one or one is predicted."""
        return sum(a.real is not None or a.predicted is not None for card in self.judged for a in card.answers)

    @property
    def checks(self) -> int:
        """How many things were compared: of each card its answers ("no name" too), its name and its address.

        Where drivers race, in place of the names that they draw: which names were given, and in which order.
        """
        asked = 1 if self.said.newest else 0
        return sum(card.checks for card in self.cards) + (CHECKS if self.order else 0) + asked

    @property
    def common(self) -> tuple[str, ...]:
        """What is not as predicted and no single card's: the order of a race, a scheme that the lab does not know."""
        known = tuple(self.systemd.schemes)[-1]
        found = self.order.wrong if self.order else ()
        if self.said.newest in ("", known):
            return found
        return (*found, f"its newest scheme is {self.said.newest}, which was not asked; the lab knows {known} as such")

    @property
    def differ(self) -> int:
        """How many of them are not as predicted."""
        return sum(len(card.differing) for card in self.judged) + len(self.common)

    @property
    def beyond(self) -> str:
        """Which QEMU built the machine, if it is newer than the one that predictions were tried with; else ""."""
        release = qemu_release(self.said.qemu)
        return self.said.qemu if release is not None and release > TRIED else ""


def compared(
    topology: Topology,
    predicted: Machine,
    said: Said,
    *,
    basis: str = DECLARATION,
    accel: str = "recorded",
    seconds: float | None = None,
) -> NamingResult:
    """What a real machine `said` beside what was `predicted`.

    A card that only one of them has is a card that differs. What nobody has tried on the QEMU that built the machine is
    not judged, if it was predicted from the declaration.
    """
    ids = {device.mac: device.id for device in topology.cards}
    real = {str(card.mac): card for card in said.machine.cards}
    before = {str(card.mac): card for card in predicted.cards}
    expected = expected_names(topology, predicted, said)
    doubts = untried(topology, qemu_release(said.qemu) or TRIED) if basis == DECLARATION else {}
    cards = []
    for mac in dict.fromkeys([*(m for m in ids if m in before or m in real), *before, *real]):
        id = ids.get(mac, "")
        card = _card(id, mac, real.get(mac), before.get(mac), expected.get(mac, ()), predicted, said)
        cards.append(dataclasses.replace(card, untried=doubts.get(id, "")))
    racing = frozenset(card.mac for card in cards if card.is_open)
    order = open_order(racing, before, real, predicted)
    return NamingResult(topology, predicted, basis, said, accel, seconds, tuple(cards), order)


def _card(
    id: str,
    mac: str,
    real: Interface | None,
    before: Interface | None,
    expected: tuple[str, ...],
    predicted: Machine,
    said: Said,
) -> Card:
    answers = tuple(_answers(real, before, predicted, said))
    any_ = real or before
    return Card(
        id,
        mac,
        any_.driver if any_ else None,
        real.ifname if real else None,
        expected,
        real.bus_path if real else None,
        before.bus_path if before else None,
        answers,
    )


def _answers(real: Interface | None, before: Interface | None, predicted: Machine, said: Said) -> Iterator[Answer]:
    for name, scheme in said.systemd.schemes.items():
        if name not in said.schemes:
            continue
        gave: Mapping[str, str] = {} if real is None else said.names.get((real.ifname, name), {})
        ours = {} if before is None else {p: c.name for p, c in predict(predicted, before, scheme).items()}
        copied = {} if real is None else {p: c.name for p, c in predict(said.machine, real, scheme).items()}
        for policy in dict.fromkeys([*copied, *ours, *gave]):
            yield Answer(name, policy, gave.get(policy), ours.get(policy), copied.get(policy))


def expected_names(topology: Topology, predicted: Machine, said: Said) -> dict[str, tuple[str, ...]]:
    """By MAC the names that a card can get from udev, by its .link files under the scheme that udev took."""
    environment = Environment(command_line=topology.append, architecture="x86-64")
    racing = {p.mac for p in probing(topology, layout(topology)) if not p.certain}
    units = outcomes(predicted).units
    found: dict[str, tuple[str, ...]] = {}
    for path, decision in decide(predicted, said.default, said.links, environment=environment).items():
        card = decision.card
        if not card.is_card:
            continue
        found[str(card.mac)] = (decision.name,)
        if decision.wanted is None and card.mac in racing and path in units:
            found[str(card.mac)] = tuple(f"{PATTERN[card.kind]}{unit}" for unit in units[path])
    return found
