"""`kernel-lab kernel naming`: boot a declared topology, let the real systemd name it, compare with the prediction."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.commands.naming_asked import RACE, WORDS, check, recording
from lab.realkernel.commands.options import add_boot, add_recorded, boot_asked, or_recorded
from lab.realkernel.limits import LIMITS

if TYPE_CHECKING:
    from lab.naming.topologies.topology import Topology
    from lab.realkernel.naming.result import NamingResult

__all__ = ["fill"]

TIMES = 4  # boots of a race


def fill(parser: Any) -> None:
    """The options of the command."""
    parser.description = (
        "Boot a declared machine on a real kernel, let the real systemd-udevd name its cards, ask it under every "
        "scheme that the lab knows of its release, and print predicted against real. Exit status 1 if anything "
        "differs. Without --topology and --all the topologies are listed."
    )
    parser.add_argument("--topology", metavar="NAME|FILE", help="a preset (see the list), or a .toml file")
    parser.add_argument(
        "--toml", action="store_true", help="print that topology as a .toml file, to be changed; boot nothing"
    )
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
    parser.add_argument("--systemd-root", metavar="DIR", help="take the systemd unpacked in DIR, not ours")
    add_recorded(parser, "write the real machine as a snapshot, for kernel-lab naming", written="--record")
    parser.add_argument("--record", metavar="FILE", help="write it with all that its systemd said, as a recording")
    add_boot(parser, LIMITS["naming"])
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    from lab.realkernel.naming.recorded import read_recording
    from lab.realkernel.naming.show import text, to_json

    file = recording(options)
    check(options)
    if options.topology is None and not options.all:
        return _listed()
    if options.all:
        return _all(options)
    topology = _topology(options.topology)
    if options.toml:
        return _toml(topology)
    if options.step is not None:
        return _step(options, topology)
    if options.before is not None:
        return _pair(options, _topology(options.before), topology)
    if options.times is not None or (topology.name == RACE and options.recorded is None):
        return _race(options, topology)
    result = _results(options, [topology])[0] if file is None else read_recording(file, topology)
    wrote = _write(options, result)
    return Report(to_json(result, _output(options)), text(result) + _hint(topology) + wrote, int(result.differ > 0))


def _toml(topology: Topology) -> Report:
    """The topology as its file has it: every key that is not at its default."""
    from lab.naming.topologies.text import topology_text

    written = topology_text(topology)
    return Report({"topology": topology.name, "toml": written}, written.rstrip("\n"))


def _topology(what: str) -> Topology:
    from lab.naming.topologies.choice import topology_of

    return topology_of(WORDS.get(what, what))


def _results(options: argparse.Namespace, topologies: Sequence[Topology]) -> list[NamingResult]:
    """Boot one after the other, or take their recordings; nothing is booted if a part is missing."""
    how = _how(options) if options.recorded is None else {}
    return [_result(topology, how, number, len(topologies)) for number, topology in enumerate(topologies)]


def _result(topology: Topology, how: dict[str, Any], number: int, many: int) -> NamingResult:
    """Boot one of `many`, whose files have a folder of their own; its recording if nothing says `how` to boot."""
    if not how:
        return _recorded(topology)
    from lab.realkernel.naming.run import name_really
    from lab.realkernel.naming.turns import turn

    keep = how["keep"]
    if keep is not None and many > 1:
        keep = keep / topology.name
    return name_really(topology, **{**how, "keep": keep, "progress": turn(how["progress"], number, many)})


def _recorded(topology: Topology) -> NamingResult:
    from lab.naming.topologies.presets import PRESETS
    from lab.realkernel.naming.recorded import recorded

    if PRESETS.get(topology.name) != topology:
        raise LabError(f"{topology.name}: there is no recording of it, only of the presets; boot it without --recorded")
    return recorded(topology.name)


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """What `name_really` and its like are given beside the topology."""
    from lab.realkernel.root.udev_root import udev_root

    with or_recorded():
        udev = udev_root(options.systemd_root or "/")
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
    """Every preset, a line each; one whose guest fails is a line too, and the others are booted all the same."""
    from lab.naming.topologies.presets import PRESETS
    from lab.realkernel.naming.show import differences, fold, summary_line, to_json

    how = _how(options) if options.recorded is None else {}
    data: list[dict[str, Any]] = []
    lines: list[str] = []
    wrong: list[str] = []
    checks = differ = good = races = 0
    for number, topology in enumerate(PRESETS.values()):
        try:
            result = _result(topology, how, number, len(PRESETS))
        except LabError as error:
            lines.append(fold(f"{topology.name}: ERROR {error}", "  "))
            data.append({"kind": "error", "topology": topology.name, "error": str(error)})
            continue
        lines.append(summary_line(result))
        wrong += [fold(f"  {topology.name}: {line}", "    ") for line in differences(result)]
        data.append(to_json(result))
        races += result.order is not None
        checks, differ, good = checks + result.checks, differ + result.differ, good + (not result.differ)
    lines += wrong
    drawn = f"; {races} races drew an order that nobody predicted" if races else ""
    lines.append(f"{good} of {len(PRESETS)} topologies as predicted: {checks:,} checks, {differ} differ{drawn}")
    return Report(data, "\n".join(lines), int(good < len(PRESETS)))


def _pair(options: argparse.Namespace, before: Topology, after: Topology) -> Report:
    from lab.realkernel.naming.pair import pair_json, pair_text

    old, new = _results(options, [before, after])
    wrote = _write(options, new)
    return Report(pair_json(old, new, _output(options)), pair_text(old, new) + wrote, int(old.differ + new.differ > 0))


def _step(options: argparse.Namespace, topology: Topology) -> Report:
    from lab.naming.topologies.steps import after
    from lab.realkernel.naming.step import step_json, step_really, step_text

    after(topology, options.step)  # a step that does not fit is refused before a kernel is looked for
    found = step_really(topology, options.step, **_how(options))
    wrote = _write(options, found.after)
    return Report(step_json(found, _output(options)), step_text(found) + wrote, int(found.differ > 0))


def _race(options: argparse.Namespace, topology: Topology) -> Report:
    from lab.realkernel.naming.race import checked_times, race, race_json, race_text

    times = checked_times(TIMES if options.times is None else options.times)
    found = race(topology, times, **_how(options))
    wrote = _write(options, found.results[-1])
    return Report(race_json(found, _output(options)), race_text(found) + wrote, int(found.differ > 0))


def _output(options: argparse.Namespace) -> str | None:
    """What -o names, as the JSON says it."""
    return None if options.output is None else str(options.output)


def _write(options: argparse.Namespace, result: NamingResult) -> str:
    """Write what -o and --record ask for; what to say about it."""
    from lab.core.files import write_atomic
    from lab.realkernel.naming.store import recording_text, snapshot_text

    said = ""
    if options.output is not None:
        write_atomic(options.output, f"{snapshot_text(result)}\n".encode())
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
