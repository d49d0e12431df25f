"""Format `udev`: rules that set NAME=, in the manner of 70-persistent-net.rules (udev(7)); they win over `.link` files.

They are read back by the reader of such files, and asked of the machine as udev asks them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

from lab.naming.link.file import LinkFile
from lab.naming.model import Interface, Machine
from lab.naming.persistent_rules import Rule as ReadRule
from lab.naming.persistent_rules import Rules, parse_rules, rule_text
from lab.naming.pin.rule import MARK, InPlace, Rule, RuleFile
from lab.naming.schemes.flags import Scheme
from lab.naming.tree import parent_device

__all__ = ["INSTEAD", "in_place", "named_by", "refuses", "render"]

INSTEAD = " (a udev rule takes no altname away; --format link does)"

FILE = "70-persistent-net.rules"
ETHERNET = "1"  # ARPHRD_ETHER


def refuses(rule: Rule) -> str:
    """Why this format cannot hold `rule`: a place is written as the parent's bus address, which it must have."""
    if rule.key.kind == "path" and rule.card.bus_path is None:
        return "a udev rule for a place needs the address of the device on its bus"
    return ""


def render(rules: Sequence[Rule], scheme: Scheme) -> tuple[RuleFile, ...]:
    """One file with a rule for each card."""
    lines = [MARK]
    for rule in rules:
        lines += ["", f"# Without it: {rule.why}", f"# The key: {rule.key.why}", _line(rule)]
    return (RuleFile(FILE, "\n".join(lines) + "\n", "/etc/udev/rules.d"),) if rules else ()


def _line(rule: Rule) -> str:
    key = [("ATTR{address}", rule.key.value), ("ATTR{type}", ETHERNET)]
    if rule.key.kind == "path":
        key = [("KERNELS", rule.card.bus_path or "")]
    return rule_text([("DRIVERS", "?*"), *key], rule.name)


def in_place(files: Sequence[RuleFile], machine: Machine, links: Sequence[LinkFile], scheme: Scheme) -> InPlace:
    """The same `.link` files, and the names that our rules give the machine's interfaces."""
    rules = parse_rules("".join(f.text for f in files).encode(), FILE)
    asked = _by_value(rules)
    named = {i.devpath: named_by(_that_may_fit(asked, machine, i), machine, i) for i in machine.interfaces}
    return InPlace(links, {path: name for path, name in named.items() if name})


def _by_value(rules: Rules) -> dict[tuple[str, str] | None, list[ReadRule]]:
    """The rules by the one address, or the one device above, that they ask for; None: by neither."""
    found: dict[tuple[str, str] | None, list[ReadRule]] = {}
    for rule in rules.rules:
        keys = [(m.key, m.pattern) for m in rule.matches if m.equal and not set(m.pattern) & set("*?[|\\")]
        key = next((k for k in keys if k[0] in ("ATTR{address}", "KERNELS")), None)
        found.setdefault(key, []).append(rule)
    return found


def _that_may_fit(
    asked: Mapping[tuple[str, str] | None, Sequence[ReadRule]], machine: Machine, interface: Interface
) -> Rules:
    address = _value(machine, interface, interface.devpath, "", "ATTR{address}")
    keys = {None, ("ATTR{address}", address or ""), *(("KERNELS", p) for p in interface.devpath.split("/"))}
    found = [rule for key in keys for rule in asked.get(key, ())]
    return Rules((), tuple(sorted(found, key=lambda rule: rule.line)))


def named_by(rules: Rules, machine: Machine, interface: Interface) -> str | None:
    """The name that `rules` give `interface` at the event "add"; None if none fits. The last one wins (udev(7)).

    Where the source lacks all drivers of a card, it has one all the same: a driver makes its interface.
    """
    chain = list(_chain(machine, interface))
    drivers = {place: machine.tree.links.get(f"{place}/driver", "").rpartition("/")[2] for place in chain}
    if interface.is_card and not any(drivers.values()):
        drivers = dict.fromkeys(chain, interface.driver or "unknown")
    devices = [functools.partial(_value, machine, interface, place, drivers[place]) for place in chain]
    found = [rule.name for rule in rules.rules if not rule.unknown and rule.holds(devices)]
    return found[-1] if found else None


def _chain(machine: Machine, interface: Interface) -> Iterator[str]:
    place: str | None = interface.devpath
    while place is not None:
        yield place
        place = parent_device(machine.tree, place)


def _value(machine: Machine, interface: Interface, place: str, driver: str, key: str) -> str | None:
    """What udev finds under `key` at the device `place`, which is the interface or lies above it."""
    if key in ("DRIVERS", "KERNELS"):
        return driver if key == "DRIVERS" else place.rpartition("/")[2]
    if key.startswith("ATTR"):
        attribute = key.partition("{")[2].rstrip("}")
        found = machine.tree.text(f"{place}/{attribute}")
        if found is None and place == interface.devpath:  # a udev database has no attributes, but tells these two
            kind = ETHERNET if interface.kind in ("ether", "wlan") else None
            found = {"address": interface.mac, "type": kind}.get(attribute)
        return found
    return {"SUBSYSTEM": "net", "ACTION": "add"}.get(key)
