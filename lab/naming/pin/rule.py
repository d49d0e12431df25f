"""A rule that gives one card a name, before it is written in any format."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from lab.naming.ifname import refusal
from lab.naming.link.facts import Facts
from lab.naming.link.file import LinkFile
from lab.naming.model import Interface, Machine
from lab.naming.schemes.probe import PATTERN

__all__ = ["MARK", "InPlace", "Key", "Rule", "RuleFile", "dangerous", "key_of"]

MARK = "# Written by kernel-lab naming pin."  # the first line of every file; one that begins so may be replaced
PERMANENT_SINCE = 245  # NEWS of systemd 245: PermanentMACAddress=
ETHERNET = 6  # bytes
# Letters that no reader of these formats takes for anything else (udev expands $, YAML and udev end at a quote).
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9._@+:,-]+", re.ASCII)
KERNELS_OWN = frozenset((*PATTERN.values(), "usb", "can", "sl", "ppp", "rename"))


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """What tells a card from all others: `kind` "mac" or "path", its `value`, and the link's `type` ("ether").

    `permanent`: the address is the one burnt in, and the target knows how to ask for it. `why`: in words.
    """

    kind: str
    value: str
    type: str
    permanent: bool
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """`card` (on the target machine) is to be called `name`; `replaced` is the `.link` file that applies without it.

    `altnames_policy`: the policies that may still give altnames, so that none is a name pinned elsewhere. `why`: what
    becomes of the name without the rule.
    """

    card: Interface
    name: str
    key: Key
    replaced: LinkFile | None
    altnames_policy: tuple[str, ...]
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class RuleFile:
    """A file to be written: its `name`, its `text`, where it `belongs`."""

    name: str
    text: str
    belongs: str


@dataclasses.dataclass(frozen=True, slots=True)
class InPlace:
    """The system with the files in place: its `.link` files, and the names that udev rules give (by devpath)."""

    links: Sequence[LinkFile]
    named: Mapping[str, str] = dataclasses.field(default_factory=dict)


def dangerous(name: str) -> str:
    """Why no rule should give this name; "" if one may."""
    word = refusal(name)
    if word:
        return f"{word}: no interface can be called so"
    if not _PLAIN.fullmatch(name):
        return "it has letters that a reader of such files may take for something else"
    stem = name.rstrip("0123456789")
    if stem != name and stem in KERNELS_OWN:
        return f"the kernel itself counts {stem}N: its next card may have the name first (systemd.link(5), Name=)"
    return ""


def key_of(machine: Machine, card: Interface, known: Mapping[str, Facts], release: int) -> Key | str:
    """What a rule can ask for so that it fits `card` alone; a text that says why nothing does.

    `known`: the facts of every interface of `machine` by devpath. The address is taken if it is the permanent one and
    no other card of the same type has it (a VLAN or bridge shares it, but is of another type), else the place.
    """
    own = known[card.devpath]
    kind = own.type if own.type and _PLAIN.fullmatch(own.type) else ""
    cards = [known[i.devpath] for i in machine.cards]
    permanent = own.permanent is not None and "PermanentMACAddress" not in own.unknown
    same = [f for f in cards if f.mac == own.mac and f.type == own.type]
    if permanent and kind and own.mac is not None and len(own.mac) == ETHERNET and any(own.mac) and len(same) == 1:
        asked = release >= PERMANENT_SINCE
        why = "the permanent address, which no other card of this type has: the name follows the card to another place"
        return Key("mac", own.mac.hex(":"), kind, asked, why)
    reason = "another card has the same address" if permanent and len(same) > 1 else "its address is not permanent"
    if own.mac is not None and len(own.mac) != ETHERNET:
        reason = "its address is no Ethernet address and can change"
    if own.path is None or "Path" in own.unknown:
        return f"{reason}, and its place is not known"
    if sum(f.path == own.path for f in known.values()) > 1:
        return f"{reason}, and another interface has the same ID_PATH {own.path}"
    if not _PLACE.fullmatch(own.path) or not _PLACE.fullmatch(card.bus_path or "-"):
        return f"{reason}, and its place has letters that a rule cannot hold"
    return Key("path", own.path, kind, False, f"the place, since {reason}: another card put there gets the name")
