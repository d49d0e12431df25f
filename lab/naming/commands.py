"""`kernel-lab naming ...`: show, compare, tree, why."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.report import Report
from lab.core.scenario import add_options, from_options, preset_by_id, to_json
from lab.naming.choice import choose
from lab.naming.compare import Comparison, run
from lab.naming.intervals import intervals
from lab.naming.model import Interface, Machine
from lab.naming.names import names, names_table, own_scheme, title
from lab.naming.presets import PRESETS
from lab.naming.scenario import NamingScenario
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import NEWEST, Scheme, scheme
from lab.naming.sources import open_source
from lab.naming.topology import PRESETS as TREE_PRESETS
from lab.naming.topology import TreeScenario, topology
from lab.naming.trace import Candidate
from lab.naming.why import MARK, why_line

__all__ = ["add_commands"]

FILE = "sysfs tarball or folder, text of udevadm info --export-db, or a bundled recording such as t09a"


def add_commands(groups: Any) -> None:
    """Add `kernel-lab naming` with its subcommands."""
    naming = groups.add_parser("naming", help="which name does a network interface get, and why")
    commands = naming.add_subparsers(dest="naming_command", metavar="COMMAND", required=True)

    show = commands.add_parser("show", help="interfaces and the names that every policy gives them")
    show.add_argument("file", nargs="?", help=f"{FILE}; without it this machine, through netlink and sysfs")
    _common(show)
    show.set_defaults(run=_show)

    compare = commands.add_parser("compare", help="two machines: which names are kept, changed, taken")
    compare.add_argument("--preset", help=f"begin from {', '.join(p.id for p in PRESETS)}")
    add_options(compare, NamingScenario)
    compare.add_argument("--json", action="store_true", help="print JSON")
    compare.set_defaults(run=_compare)

    tree = commands.add_parser("tree", help="the devices above every card, and what the rules read there")
    tree.add_argument("--preset", help=f"begin from {', '.join(p.id for p in TREE_PRESETS)}")
    add_options(tree, TreeScenario)
    tree.add_argument("--json", action="store_true", help="print JSON")
    tree.set_defaults(run=_tree)

    why = commands.add_parser("why", help="the full trace of one interface: every attribute read, every rule")
    why.add_argument("interface", help="its name, MAC or bus path")
    why.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    _common(why)
    why.set_defaults(run=_why)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scheme", help=f"naming scheme of systemd (default {NEWEST}, or the recorded one)")
    parser.add_argument("--sysfs", metavar="ROOT", default="/sys", help="where sysfs is mounted (default /sys)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _machine(options: argparse.Namespace) -> Machine:
    if options.file is not None:
        return open_source(options.file)
    from lab.naming.sources.live import this_machine  # the live door: pyroute2 is loaded here only

    return this_machine(options.sysfs)


def _scheme(options: argparse.Namespace, machine: Machine) -> Scheme:
    """The scheme asked for, else the machine's own."""
    return own_scheme(machine) if options.scheme is None else scheme(options.scheme)


def _show(options: argparse.Namespace) -> Report:
    machine = _machine(options)
    under = _scheme(options, machine)
    found = names(machine, under)
    data = {
        "machine": machine.name,
        "source": machine.source,
        "scheme": under.name,
        "interfaces": [_as_json(machine, i, c, under) for i, c in found],
    }
    return Report(data, "\n".join([f"{title(machine, under)}:", names_table(machine, under).to_text(), *_notes(found)]))


def _notes(found: Sequence[tuple[Interface, Mapping[str, Candidate]]]) -> list[str]:
    """What a question mark in the table means, once each."""
    notes = {
        f"? {i.ifname}: {gap.reason} ({gap.missing})": None for i, c in found for p in POLICIES for gap in c[p].gaps
    }
    return list(notes)


def _as_json(machine: Machine, interface: Interface, offered: Mapping[str, Candidate], under: Scheme) -> dict[str, Any]:
    recorded = machine.recorded.get(interface.devpath)
    key = recorded.scheme or "unknown" if recorded else under.name
    return {
        "ifname": interface.ifname,
        "devpath": interface.devpath,
        "ifindex": interface.ifindex,
        "kind": interface.kind,
        "driver": interface.driver,
        "mac": interface.mac,
        "bus": interface.bus,
        "bus_path": interface.bus_path,
        "altnames": interface.altnames,
        "recorded": recorded is not None,
        "names": {key: {p: c.name for p, c in offered.items() if c.name}},
        "uncertain": [
            {"scheme": under.name, "policy": p, "missing": gap.missing, "reason": gap.reason}
            for p, c in offered.items()
            for gap in c.gaps
        ],
    }


def _compare(options: argparse.Namespace) -> Report:
    base = preset_by_id(PRESETS, options.preset).scenario if options.preset else None
    answer = run(from_options(NamingScenario, options, base))
    return Report(_comparison(answer), _comparison_text(answer))


def _comparison(answer: Comparison) -> dict[str, Any]:
    return {
        "scenario": to_json(answer.scenario),
        "headline": answer.headline.replace("`", ""),
        "edited": bool(answer.scenario.step),
        "schemes": intervals(answer.after, answer.scenario.policy),
        "cards": [
            {
                "card": row.identity,
                "driver": row.driver,
                "before": row.before and row.before.name,
                "after": row.after and row.after.name,
                "state": row.state,
                "certain": row.certain,
                "note": row.note.replace("`", ""),
                "why": why_line(row.choice("after")).replace("`", ""),
            }
            for row in answer.rows
        ],
    }


def _comparison_text(answer: Comparison) -> str:
    lines = [answer.headline.replace("`", "")]
    lines += [f"edited: {step}" for step in answer.scenario.step]
    lines += ["", answer.to_table().to_text(), ""]
    cut = intervals(answer.after, answer.scenario.policy)
    lines += [f"{c}: {f'{c.because}' if c.because else 'no change' if len(cut) == 1 else 'as before'}" for c in cut]
    lines += [f"{row.identity}: {why_line(row.choice('after'))}".replace("`", "") for row in answer.rows]
    return "\n".join(lines)


def _tree(options: argparse.Namespace) -> Report:
    base = preset_by_id(TREE_PRESETS, options.preset).scenario if options.preset else None
    scenario = from_options(TreeScenario, options, base)
    answer = topology(scenario)
    data = {"scenario": to_json(scenario), "headline": answer.headline.replace("`", ""), "roots": answer.roots}
    return Report(data, f"{answer.headline}\n\n{answer.to_text()}".replace("`", ""))


def _why(options: argparse.Namespace) -> Report:
    machine = _machine(options)
    under = _scheme(options, machine)
    interface = machine.interface(options.interface)
    offered = predict(machine, interface, under)
    chosen = choose(machine, "default", under).get(interface.devpath)
    data = {
        "ifname": interface.ifname,
        "devpath": interface.devpath,
        "scheme": under.name,
        "names": {p: c.name for p, c in offered.items() if c.name},
        "default": chosen and chosen.name,
        "provenance": {p: c.evidence for p, c in offered.items()},
        "uncertain": [
            {"policy": p, "missing": g.missing, "reason": g.reason} for p, c in offered.items() for g in c.gaps
        ],
    }
    lines = [f"{interface.ifname} at {interface.devpath}, under {under.name}"]
    for policy, candidate in offered.items():
        answer = candidate.name or ("unknown" if candidate.gaps else "none")
        lines += ["", f"{policy}: {answer} ({candidate.because})".replace("`", "")]
        for item in candidate.evidence:
            value = "not there" if item.value is None else item.value
            lines.append(f"  {MARK[item.verdict]} {item.path} = {value}: {item.rule}")
    if chosen is not None:
        lines += ["", f"default policy: {why_line(chosen)}".replace("`", "")]
    return Report(data, "\n".join(lines))
