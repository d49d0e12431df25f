"""A prediction alone, in the shape of a result: for machines that nobody has booted yet."""

from __future__ import annotations

import dataclasses

from lab.naming.model import Machine
from lab.naming.schemes import predict
from lab.naming.schemes.releases import Release
from lab.naming.topologies.topology import Topology
from lab.realkernel.naming.result import Answer, Card, expected_names
from lab.realkernel.naming.said import Said

__all__ = ["Foretold", "foretold"]


@dataclasses.dataclass(frozen=True, slots=True)
class Foretold:
    """A prediction that no machine was held against: what a systemd of release `systemd` would be asked."""

    topology: Topology
    predicted: Machine
    systemd: Release
    cards: tuple[Card, ...]

    @property
    def scheme(self) -> str:
        """The release's own scheme."""
        return self.systemd.default

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that the release knows, oldest first."""
        return tuple(self.systemd.schemes)


def foretold(topology: Topology, predicted: Machine, systemd: Release) -> Foretold:
    """What is `predicted` for `topology` under every scheme of `systemd`, before any machine was asked."""
    ids = {device.mac: device.id for device in topology.cards}
    unasked = Said(predicted, systemd, "", systemd.default, {})
    expected = expected_names(topology, predicted, unasked)
    cards = []
    for card in predicted.cards:
        by_scheme = {name: predict(predicted, card, scheme) for name, scheme in systemd.schemes.items()}
        answers = tuple(Answer(n, p, None, c.name, None) for n, found in by_scheme.items() for p, c in found.items())
        mac = str(card.mac)
        names = expected.get(mac, ())
        cards.append(Card(ids.get(mac, ""), mac, card.driver, None, names, None, card.bus_path, answers))
    order = {device.id: number for number, device in enumerate(topology.cards)}
    return Foretold(topology, predicted, systemd, tuple(sorted(cards, key=lambda c: order.get(c.id, len(order)))))
