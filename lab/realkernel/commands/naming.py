"""`kernel-lab kernel naming`: boot a declared topology, let the real systemd name it, compare with the prediction."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.commands.options import add_boot

if TYPE_CHECKING:
    from lab.naming.topologies.topology import Topology
    from lab.realkernel.naming.result import NamingResult

__all__ = ["fill"]

RACE = "race-two-cpus"
WORDS = {"race": RACE}  # what a topology is also called here
TIMES = 4  # boots of a race
LIMIT = 240.0  # seconds; a busy machine that emulates took 105 for two cards


def fill(parser: Any) -> None:
    """The options of the command."""
    parser.description = (
        "Boot a declared machine on a real kernel, let the real systemd-udevd name its cards, ask it under every "
        "scheme that it knows, and print predicted against real. Exit status 1 if anything differs. Without "
        "--topology and --all the topologies are listed."
    )
    parser.add_argument("--topology", metavar="NAME|FILE", help="a preset (see the list), or a .toml file")
    parser.add_argument("--all", action="store_true", help="boot every preset, one line each")
    parser.add_argument("--before", metavar="NAME|FILE", help="boot this one first, and tell what changed")
    parser.add_argument(
        "--step",
        metavar="STEP",
        help="a what-if step (as kernel-lab naming whatif has it): predict it from the real machine before, boot the "
        "machine after, compare",
    )
    parser.add_argument(
        "--times", type=int, metavar="N", help=f"boot it N times and tabulate the orders seen (race: {TIMES})"
    )
    parser.add_argument("--systemd-root", metavar="DIR", default="/", help="take the systemd unpacked in DIR, not ours")
    parser.add_argument(
        "--recorded", action="store_true", help="boot nothing, show what was booted once and is bundled"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the real machine as a snapshot")
    parser.add_argument("--record", metavar="FILE", help="write it with all that its systemd said, as a recording")
    add_boot(parser, limit=LIMIT)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    from lab.realkernel.naming.show import text, to_json

    _check(options)
    if options.topology is None and not options.all:
        return _listed()
    if options.all:
        return _all(options)
    topology = _topology(options.topology)
    if options.step is not None:
        return _step(options, topology)
    if options.before is not None:
        return _pair(options, _topology(options.before), topology)
    if options.times is not None or (topology.name == RACE and not options.recorded):
        return _race(options, topology)
    result = _results(options, [topology])[0]
    wrote = _write(options, result)
    return Report(to_json(result, options.output), text(result) + _hint(topology) + wrote, int(result.differ > 0))


def _check(options: argparse.Namespace) -> None:
    """Raises `LabError` for options that do not go together."""
    alone = {"--all": options.all, "--before": options.before, "--step": options.step, "--times": options.times}
    given = [name for name, value in alone.items() if value]
    if len(given) > 1:
        raise LabError(f"{' and '.join(given)}: one of them at a time")
    if options.recorded and options.topology is None and not options.all:
        given.append("--recorded")
    if given and given != ["--all"] and options.topology is None:
        raise LabError(f"{given[0]}: needs --topology, the machine that it is about")
    if options.all and options.topology is not None:
        raise LabError("--all: boots every preset; leave --topology out")
    for name, value in (("-o", options.output), ("--record", options.record)):
        if value is not None and (options.all or options.topology is None):
            raise LabError(f"{name}: writes one machine; name it with --topology")
    if options.recorded and (options.step or options.times):
        raise LabError("--recorded: shows what was booted once; --step and --times need a boot")


def _topology(what: str) -> Topology:
    from lab.naming.topologies.choice import topology_of

    return topology_of(WORDS.get(what, what))


def _results(options: argparse.Namespace, topologies: Sequence[Topology]) -> list[NamingResult]:
    """Boot one after the other, or take their recordings; nothing is booted if a part is missing."""
    if options.recorded:
        return [_recorded(topology) for topology in topologies]
    from lab.realkernel.naming.run import name_really
    from lab.realkernel.naming.turns import turn

    how = _how(options)
    found = []
    for number, topology in enumerate(topologies):
        keep = how["keep"]
        if keep is not None and len(topologies) > 1:
            keep = keep / topology.name
        one = turn(how["progress"], number, len(topologies))
        found.append(name_really(topology, **{**how, "keep": keep, "progress": one}))
    return found


def _recorded(topology: Topology) -> NamingResult:
    from lab.naming.topologies.presets import PRESETS
    from lab.realkernel.naming.recorded import recorded

    if PRESETS.get(topology.name) != topology:
        raise LabError(f"{topology.name}: there is no recording of it, only of the presets; boot it without --recorded")
    return recorded(topology.name)


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """What `name_really` and its like are given beside the topology."""
    from lab.realkernel.commands.options import boot_asked
    from lab.realkernel.root.udev_root import udev_root

    udev = udev_root(options.systemd_root)
    asked = boot_asked(options)
    return {
        "kernel": asked.kernel,
        "udev": udev,
        "accel": asked.accel.name,
        "limit": asked.limit,
        "keep": asked.keep,
        "progress": asked.progress,
    }


def _listed() -> Report:
    """The presets, and of which there is a recording."""
    from lab.core.table import Table
    from lab.naming.topologies.presets import PRESETS
    from lab.realkernel.naming.recorded import recorded_topologies

    known = recorded_topologies()
    rows = tuple((t.name, len(t.cards), t.name in known, t.title) for t in PRESETS.values())
    table = Table(("topology", "cards", "recorded", "what it is"), rows, "topologies that can be booted")
    lines = [table.to_text(), "", "boot one: kernel-lab kernel naming --topology card-added --before card-before"]
    data = [
        {"topology": t.name, "title": t.title, "cards": len(t.cards), "recording": known.get(t.name)}
        for t in PRESETS.values()
    ]
    return Report(data, "\n".join(lines))


def _all(options: argparse.Namespace) -> Report:
    from lab.naming.topologies.presets import PRESETS
    from lab.realkernel.naming.show import differences, summary_line, to_json

    results = _results(options, list(PRESETS.values()))
    lines = [summary_line(result) for result in results]
    lines += [f"  {line}" for result in results for line in differences(result)]
    good = sum(not result.differ for result in results)
    checks, differ = sum(r.checks for r in results), sum(r.differ for r in results)
    lines.append(f"{good} of {len(results)} topologies as predicted: {checks:,} checks, {differ} differ")
    return Report([to_json(result) for result in results], "\n".join(lines), int(differ > 0))


def _pair(options: argparse.Namespace, before: Topology, after: Topology) -> Report:
    from lab.realkernel.naming.pair import pair_json, pair_text

    old, new = _results(options, [before, after])
    wrote = _write(options, new)
    return Report(pair_json(old, new, options.output), pair_text(old, new) + wrote, int(old.differ + new.differ > 0))


def _step(options: argparse.Namespace, topology: Topology) -> Report:
    from lab.naming.topologies.steps import after
    from lab.realkernel.naming.step import step_json, step_really, step_text

    after(topology, options.step)  # a step that does not fit is refused before a kernel is looked for
    found = step_really(topology, options.step, **_how(options))
    wrote = _write(options, found.after)
    return Report(step_json(found, options.output), step_text(found) + wrote, int(found.differ > 0))


def _race(options: argparse.Namespace, topology: Topology) -> Report:
    from lab.realkernel.naming.race import checked_times, race, race_json, race_text

    times = checked_times(TIMES if options.times is None else options.times)
    found = race(topology, times, **_how(options))
    wrote = _write(options, found.results[-1])
    return Report(race_json(found), race_text(found) + wrote, int(found.differ > 0))


def _write(options: argparse.Namespace, result: NamingResult) -> str:
    """Write what -o and --record ask for; what to say about it."""
    from lab.core.files import write_atomic
    from lab.realkernel.naming.store import recording_text, snapshot_text

    said = ""
    if options.output is not None:
        write_atomic(Path(options.output), f"{snapshot_text(result)}\n".encode())
        said += f"\n\n{options.output}: the real machine as a snapshot; look at it with kernel-lab naming show"
    if options.record is not None:
        write_atomic(Path(options.record), f"{recording_text(result)}\n".encode())
        said += f"\n\n{options.record}: the real machine and all that its systemd said"
    return said


def _hint(topology: Topology) -> str:
    """Which machine this one is the accident of."""
    from lab.realkernel.naming.pair import PAIRS

    before = PAIRS.get(topology.name)
    return "" if before is None else f"\n\nwhat changed from {before}: add --before {before}"
