"""Which of its candidates a card is called by: one policy, the kernel's name, or systemd's default order."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping

from lab.naming.ifname import refusal
from lab.naming.model import Interface, Machine
from lab.naming.schemes import MACHINE_WIDE, POLICIES, predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import PROBED, RECORDED, ProbeOrder
from lab.naming.trace import Candidate

__all__ = ["DEFAULT_ORDER", "POLICY_WORDS", "Choice", "Offer", "choose"]

DEFAULT_ORDER = ("ONBOARD", "SLOT", "PATH")  # NamePolicy= of 99-default.link; MAC is not in it
POLICY_WORDS = ("default", *MACHINE_WIDE, *POLICIES)
Offer = Callable[[Machine, Interface, Scheme], Mapping[str, Candidate]]


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """What a card is called: `name` (None: no such name), the `winner` among the `asked` candidates, in order.

    `collides`: another card of the machine is offered the same name, and only one can have it. `refused`: no
    interface can have a name that was asked for, and why ("too long", "no valid name"); "" if all can be.
    """

    card: Interface
    name: str | None
    winner: Candidate
    asked: tuple[Candidate, ...]
    collides: bool = False
    refused: str = ""

    @property
    def certain(self) -> bool:
        """False when the source lacks something that could change the name."""
        return all(c.certain for c in self.asked)


def choose(
    machine: Machine, policy: str, scheme: Scheme, order: ProbeOrder = RECORDED, offer: Offer = predict
) -> Mapping[str, Choice]:
    """What every card of `machine` is called under `policy` (one of `POLICY_WORDS`) and `scheme`, by devpath.

    The default policy takes the first of ONBOARD, SLOT and PATH that gives a name that an interface may
    have (systemd, src/udev/net/link-config.c); with none the kernel's name stays, as the cards are found in `order`.
    What other `.link` files make of it, and the altnames, tells `lab.naming.link.decide`. `offer` gives the candidates
    of a card: for a caller that has them already.
    """
    word = "kernel" if policy == "default" else policy
    wide = MACHINE_WIDE.get(word)
    others = {} if wide is None else wide(machine, order=order) if word in PROBED else wide(machine)
    found = {card.devpath: _choice(machine, card, policy, scheme, others, offer) for card in machine.cards}
    counts = Counter(c.name for c in found.values() if c.name)
    return {
        path: dataclasses.replace(c, collides=True) if c.name and counts[c.name] > 1 else c for path, c in found.items()
    }


def _choice(
    machine: Machine, card: Interface, policy: str, scheme: Scheme, wide: Mapping[str, Candidate], offer: Offer
) -> Choice:
    if policy in MACHINE_WIDE:
        return Choice(card, wide[card.devpath].name, wide[card.devpath], (wide[card.devpath],))
    offered = offer(machine, card, scheme)
    if policy != "default":
        one = offered[policy]
        refused = _refused(one)
        return Choice(card, None if refused else one.name, one, (one,), refused=refused)
    asked: list[Candidate] = []
    for word in DEFAULT_ORDER:
        asked.append(offered[word])
        if offered[word].name and not _refused(offered[word]):
            return Choice(card, offered[word].name, offered[word], tuple(asked))
    last = wide[card.devpath]
    return Choice(card, last.name, last, (*asked, last), refused=next(filter(None, map(_refused, asked)), ""))


def _refused(candidate: Candidate) -> str:
    return "" if candidate.name is None else refusal(candidate.name)
