"""`kernel-lab naming persistent`: machines boot one after the other with one 70-persistent-net.rules."""

from __future__ import annotations

import argparse
import re
from typing import Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.scenario import add_options, from_options
from lab.core.snapshot import read_bytes
from lab.core.table import Table
from lab.naming.commands.options import FILE, add_live, machine_asked
from lab.naming.model import Machine
from lab.naming.persistent_rules import RULES_MAX, Rules, parse_rules
from lab.naming.scenario import NamingScenario
from lab.naming.schemes.persistent import Boot, boot
from lab.naming.sources import open_source
from lab.naming.whatif import Step, apply

__all__ = ["add"]

_OUI = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){2}", re.ASCII)


def add(commands: Any) -> None:
    """Add `persistent`."""
    parser = commands.add_parser(
        "persistent",
        help="old udev's pinning by MAC: what a clone, a new card or a swap makes of 70-persistent-net.rules",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"the machines in the order they boot: {FILE}")
    parser.add_argument("--rules", metavar="FILE", help="the rules file that the first machine has (default: none yet)")
    parser.add_argument(
        "--earlier",
        action="store_true",
        help="the generator as it was before it left virtual machines out (systemd 1f698065bc61)",
    )
    parser.add_argument(
        "--vendor",
        metavar="AA:BB:CC",
        help="give every card's address this vendor part: cards of virtual machines are pinned as real ones are",
    )
    add_options(parser, NamingScenario, only=("probe", "driver", "seed"))
    add_live(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_persistent)


def _persistent(options: argparse.Namespace) -> Report:
    order = from_options(NamingScenario, options).order
    rules = Rules()
    if options.rules is not None:
        rules = parse_rules(read_bytes(options.rules, RULES_MAX), options.rules)
    boots: list[tuple[Machine, Boot]] = []
    for machine in _machines(options):
        booted = boot(rules, _of_vendor(machine, options.vendor), order, options.earlier)
        boots.append((machine, booted))
        rules = booted.rules
    data = {"probe": str(order), "boots": [_as_json(machine, booted) for machine, booted in boots]}
    return Report(data, "\n\n".join(_as_text(n, machine, booted) for n, (machine, booted) in enumerate(boots, 1)))


def _machines(options: argparse.Namespace) -> list[Machine]:
    if not options.files:
        return [machine_asked(argparse.Namespace(file=None, sysfs=options.sysfs, netns=options.netns))]
    if options.sysfs is not None or options.netns is not None:
        raise LabError("--sysfs, --netns: look at this machine; leave them out or the files")
    return [open_source(file) for file in options.files]


def _of_vendor(machine: Machine, vendor: str | None) -> Machine:
    """`machine` with the first three bytes of every card's address replaced."""
    if vendor is None:
        return machine
    start = vendor.lower()
    if not _OUI.fullmatch(start):
        raise LabError(f"--vendor: {vendor!r} is no vendor part of an address; write three bytes such as 00:1b:21")
    macs = [(card, card.mac) for card in machine.cards if card.mac is not None and len(card.mac) == 17]
    steps = [Step("set", f"{card.devpath}/address={start}{mac[8:]}") for card, mac in macs]
    return apply(machine, steps)


def _as_json(machine: Machine, booted: Boot) -> dict[str, Any]:
    return {
        "machine": machine.name,
        "cards": [
            {
                "devpath": card.devpath,
                "driver": card.driver,
                "name": booted.names[card.devpath].name,
                "because": booted.names[card.devpath].because,
                "certain": booted.names[card.devpath].certain,
                "provenance": booted.names[card.devpath].evidence,
                "uncertain": booted.names[card.devpath].gaps,
            }
            for card in machine.cards
        ],
        "events": booted.events,
        "rules": booted.rules.text,
    }


def _as_text(number: int, machine: Machine, booted: Boot) -> str:
    rows = []
    for card in machine.cards:
        answer = booted.names[card.devpath]
        mark = "" if answer.certain else " ?"
        rows.append((f"{answer.name or '–'}{mark}", card.driver, card.bus_path, answer.because))
    table = Table(("name", "driver", "bus path", "why"), tuple(rows)).to_text()
    text = booted.rules.text or "(empty)\n"
    lines = [f"boot {number}: {machine.name}", table, *(f"  {event}" for event in booted.events)]
    return "\n".join([*lines, "70-persistent-net.rules afterwards:", *(f"  {line}" for line in text.splitlines())])
