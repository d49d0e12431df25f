"""Which of its candidates a card is called by: one policy, the kernel's name, or systemd's default order."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping

from lab.naming.model import Interface, Machine
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import kernel_names
from lab.naming.trace import Candidate

__all__ = ["DEFAULT_ORDER", "IFNAME_MAX", "POLICY_WORDS", "Choice", "choose"]

DEFAULT_ORDER = ("ONBOARD", "SLOT", "PATH")  # NamePolicy= of 99-default.link; MAC is not in it
POLICY_WORDS = ("default", "kernel", *POLICIES)
IFNAME_MAX = 15  # IFNAMSIZ - 1


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """What a card is called: `name` (None: no such name), the `winner` among the `asked` candidates, in order.

    `collides`: another card of the machine is offered the same name, and only one can have it. `too_long`: the
    name asked for has more than 15 bytes and cannot be an interface's.
    """

    card: Interface
    name: str | None
    winner: Candidate
    asked: tuple[Candidate, ...]
    collides: bool = False
    too_long: bool = False

    @property
    def certain(self) -> bool:
        """False when the source lacks something that could change the name."""
        return all(c.certain for c in self.asked)


def choose(machine: Machine, policy: str, scheme: Scheme) -> Mapping[str, Choice]:
    """What every card of `machine` is called under `policy` (one of `POLICY_WORDS`) and `scheme`, by devpath.

    The default policy takes the first of ONBOARD, SLOT and PATH that gives a name of at most 15 bytes
    (systemd, src/udev/net/link-config.c); with none the kernel's name stays.
    """
    kernel = kernel_names(machine) if policy in ("default", "kernel") else {}
    found = {card.devpath: _choice(machine, card, policy, scheme, kernel) for card in machine.cards}
    counts = Counter(c.name for c in found.values() if c.name)
    return {
        path: dataclasses.replace(c, collides=True) if c.name and counts[c.name] > 1 else c for path, c in found.items()
    }


def _choice(machine: Machine, card: Interface, policy: str, scheme: Scheme, kernel: Mapping[str, Candidate]) -> Choice:
    if policy == "kernel":
        return Choice(card, kernel[card.devpath].name, kernel[card.devpath], (kernel[card.devpath],))
    offered = predict(machine, card, scheme)
    if policy != "default":
        one = offered[policy]
        too_long = _too_long(one)
        return Choice(card, None if too_long else one.name, one, (one,), too_long=too_long)
    asked: list[Candidate] = []
    for word in DEFAULT_ORDER:
        asked.append(offered[word])
        if offered[word].name and not _too_long(offered[word]):
            return Choice(card, offered[word].name, offered[word], tuple(asked))
    last = kernel[card.devpath]
    return Choice(card, last.name, last, (*asked, last), too_long=any(_too_long(c) for c in asked))


def _too_long(candidate: Candidate) -> bool:
    return candidate.name is not None and len(candidate.name.encode()) > IFNAME_MAX
