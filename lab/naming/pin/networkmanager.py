"""Format `networkmanager`: a profile that follows its card, whatever it is called (nm-settings-keyfile(5)).

NetworkManager renames nothing: with these the names change, and the settings go with the cards.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.naming.link.file import LinkFile
from lab.naming.model import Machine
from lab.naming.pin.rule import MARK, InPlace, Rule, RuleFile
from lab.naming.schemes.flags import Scheme

__all__ = ["RENAMES", "in_place", "refuses", "render"]

RENAMES = False

TYPES = {"ether": "ethernet", "infiniband": "infiniband"}


def refuses(rule: Rule) -> str:
    """Why this format cannot hold `rule`: a profile of another kind (Wi-Fi) needs more than an address."""
    return "" if rule.key.type in TYPES else f"a profile for {rule.key.type} needs more than an address"


def render(rules: Sequence[Rule], scheme: Scheme) -> tuple[RuleFile, ...]:
    """A profile for each card: by address, else by place."""
    return tuple(
        RuleFile(f"{rule.name}.nmconnection", _text(rule), "/etc/NetworkManager/system-connections") for rule in rules
    )


def _text(rule: Rule) -> str:
    kind = TYPES[rule.key.type]
    lines = [MARK, f"# {rule.why}; NetworkManager renames nothing, the profile follows the card"]
    lines += ["[connection]", f"id={rule.name}", f"type={kind}", ""]
    lines += [f"[{kind}]"] + ([f"mac-address={rule.key.value.upper()}"] if rule.key.kind == "mac" else [])
    if rule.key.kind == "path":
        lines += ["", "[match]", f"path={rule.key.value}"]
    return "\n".join(lines) + "\n"


def in_place(files: Sequence[RuleFile], machine: Machine, links: Sequence[LinkFile], scheme: Scheme) -> InPlace:
    """The same system: no name is changed."""
    return InPlace(links)
