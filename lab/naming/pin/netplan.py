"""Format `netplan`: match and set-name; netplan makes a `.link` file of each (netplan(5), netplan-generate(8))."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab.naming.link.file import LinkFile, parse
from lab.naming.model import Machine
from lab.naming.pin.rule import MARK, InPlace, Rule, RuleFile
from lab.naming.schemes.flags import Scheme

__all__ = ["in_place", "refuses", "render"]

FILE = "90-interface-names.yaml"
_ENTRY = re.compile(r'^    "(\S+)":\n      match:\n        macaddress: "(\S+)"\n      set-name: "(\S+)"$', re.MULTILINE)


def refuses(rule: Rule) -> str:
    """Why this format cannot hold `rule`: netplan knows no place, and other kinds of cards need more than a name."""
    if rule.key.kind != "mac":
        return "netplan tells cards apart by MAC address only, not by place"
    return "" if rule.key.type == "ether" else f"netplan's section for {rule.key.type} needs more than a name"


def render(rules: Sequence[Rule], scheme: Scheme) -> tuple[RuleFile, ...]:
    """One file with an entry for each card."""
    lines = [MARK, "network:", "  version: 2", "  ethernets:"]
    for rule in rules:
        lines += [f"    # Without it: {rule.why}", f'    "{rule.name}":', "      match:"]
        lines += [f'        macaddress: "{rule.key.value}"', f'      set-name: "{rule.name}"']
    return (RuleFile(FILE, "\n".join(lines) + "\n", "/etc/netplan"),) if rules else ()


def in_place(files: Sequence[RuleFile], machine: Machine, links: Sequence[LinkFile], scheme: Scheme) -> InPlace:
    """The `.link` files with those that netplan makes of ours: they lie in /run and give no altname."""
    made = []
    for name, address, given in _ENTRY.findall("".join(f.text for f in files)):
        path = f"/run/systemd/network/10-netplan-{name}.link"
        text = f"[Match]\nPermanentMACAddress={address}\n[Link]\nName={given}\nWakeOnLan=off\n"
        made.append(parse(path, [(path, text)], scheme.release))
    asked = [link for link in made if not link.empty]  # before 245 systemd knows no PermanentMACAddress=
    return InPlace(sorted([*links, *asked], key=lambda link: link.file_name.encode()))
