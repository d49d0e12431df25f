"""Whether a `.link` file is for an interface (net_match_config, src/shared/net-condition.c, systemd 252 to 262)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from lab.naming.link.environment import Environment, holds
from lab.naming.link.facts import Facts
from lab.naming.link.file import LinkFile, hardware_address
from lab.naming.link.glob import matches
from lab.naming.trace import Gap

__all__ = ["Matched", "match"]

_KNOWN = ("INTERFACE", "SUBSYSTEM", "DEVPATH", "IFINDEX", "ID_NET_NAMING_SCHEME", "ID_PATH")


@dataclasses.dataclass(frozen=True, slots=True)
class Matched:
    """The answer and its why; `gaps`: what the source lacks to be sure (an unknown condition counts as not met)."""

    holds: bool
    why: str
    gaps: tuple[Gap, ...] = ()


def match(link: LinkFile, facts: Facts, environment: Environment, first_name_known: bool = True) -> Matched:
    """Whether `link` is for the interface of `facts`: every key that it names must fit.

    `first_name_known`: False if the kernel's name of the interface had to be guessed.
    """
    gaps: list[Gap] = []
    for key, value in link.conditions.items():
        answer = holds(key, value, environment)
        if answer is None:
            gaps.append(Gap(f"{key}={value}", f"{link.file_name} asks for it, and it is not known of this system"))
        elif not answer:
            return Matched(False, f"{key}={value} does not hold")
    for key, patterns in link.match.items():
        if not patterns:
            continue
        fits, shown = _TESTS[key](patterns, facts)
        gap = facts.unknown.get(key)
        if key == "OriginalName" and not first_name_known and patterns != ("*",):
            gap = Gap("the first name", f"{link.file_name} asks for the kernel's name, taken as {facts.ifname}")
        if key == "Property":
            gap = _unknown_property(patterns, facts, link)
        if gap is not None:
            gaps.append(gap)
            if not fits:
                return Matched(False, f"{key}={' '.join(patterns)}: {shown}, as far as known", tuple(gaps))
        elif not fits:
            return Matched(False, f"{key}={' '.join(patterns)}: {shown}")
    if any(gap.missing.partition("=")[0] in link.conditions for gap in gaps):
        return Matched(False, "what it asks of the system is not known", tuple(gaps))
    named = [f"{key}={' '.join(v)}" for key, v in link.match.items() if v]
    return Matched(True, " and ".join([*named, *(f"{k}={v}" for k, v in link.conditions.items())]), tuple(gaps))


def _globs(patterns: Sequence[str], value: str | None) -> bool:
    """One positive pattern must fit if there are any, and no negated one may; an absent value fits no pattern."""
    hit = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if value is not None and matches(pattern[negated:], value):
            if negated:
                return False
            hit = True
    return hit or all(p.startswith("!") for p in patterns)


def _addresses(patterns: Sequence[str], value: bytes | None) -> tuple[bool, str]:
    fits = value is not None and value in [hardware_address(p) for p in patterns]
    return fits, f"the address is {value.hex(':')}" if value else "the interface has none"


def _text(patterns: Sequence[str], value: str | None) -> tuple[bool, str]:
    return _globs(patterns, value), f"it is {value}" if value else "the interface has none"


def _properties(patterns: Sequence[str], facts: Facts) -> tuple[bool, str]:
    for pattern in patterns:
        negated = pattern.startswith("!")
        key, _, wanted = pattern[negated:].partition("=")
        value = facts.properties.get(key)
        if (value is not None and matches(wanted, value)) == negated:
            return False, f"{key} is {value}" if value is not None else f"there is no {key}"
    return True, ""


def _unknown_property(patterns: Sequence[str], facts: Facts, link: LinkFile) -> Gap | None:
    """A property that neither the source nor the rules here know could be there all the same."""
    for pattern in patterns:
        key = pattern.removeprefix("!").partition("=")[0]
        if key not in facts.properties and key not in _KNOWN and not key.startswith("ID_NET_NAME_"):
            return Gap(key, f"{link.file_name} asks for this property of udev, which the source lacks")
    return None


_TESTS = {
    "MACAddress": lambda patterns, facts: _addresses(patterns, facts.mac),
    "PermanentMACAddress": lambda patterns, facts: _addresses(patterns, facts.permanent),
    "Path": lambda patterns, facts: _text(patterns, facts.path),
    "Driver": lambda patterns, facts: _text(patterns, facts.driver),
    "Type": lambda patterns, facts: _text(patterns, facts.type),
    "Kind": lambda patterns, facts: _text(patterns, facts.kind),
    "OriginalName": lambda patterns, facts: _text(patterns, facts.ifname),
    "Property": _properties,
}
