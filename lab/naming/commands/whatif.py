"""`kernel-lab naming whatif`: what a change of hardware, firmware, kernel or systemd does to every name."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.naming.commands.options import FILE, add_live, machine_asked
from lab.naming.consequences import ALL, Answer, Consequences, what_if
from lab.naming.scenario import DEFAULT, SAME, NamingScenario
from lab.naming.schemes.flags import RELEASE

__all__ = ["add"]

STEPS = """A step changes the machine after, with "both" before it the machine before as well:
  add nic at 0000:00:07            a new card; also nic:2, igb, virtio, dual, quad, nvme, gpu, gpu-switch ...
  add virtio mac=52:54:00:00:00:09 at port 0000:00:04    behind a root port of its own
  move enp1s0 to slot 3            remove enp1s0            swap enp1s0 enp2s0
  replace enp1s0 with 52:54:00:00:00:09                     vfs enp1s0 = 2
  renumber                         shift 0000:02 by 3       clone t05
  index|slot|sun|label|port|devport CARD = VALUE            (none: it is not there)
  set PLACE/ATTRIBUTE=VALUE        unset PLACE/ATTRIBUTE"""


def add(commands: Any) -> None:
    """Add `whatif`."""
    whatif = commands.add_parser(
        "whatif",
        help="what a change does to every name: card added or moved, firmware, kernel, systemd",
        description="Names a machine before and after some steps, under every convention.",
        epilog=STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whatif.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    whatif.add_argument("--step", action="append", default=[], metavar="STEP", help="a change; repeat for more")
    whatif.add_argument(
        "--systemd", type=int, default=RELEASE, metavar="N", help=f"the release of systemd (default {RELEASE})"
    )
    whatif.add_argument(
        "--systemd-before", type=int, metavar="M", help="another release before the change (default the same)"
    )
    whatif.add_argument("--scheme", metavar="vNNN|all", help="a naming scheme, or all that the release knows")
    whatif.add_argument("--scheme-before", metavar="vNNN", default=SAME, help="another scheme before the change")
    whatif.add_argument("--places", action="store_true", help="list where a card can be put, and end")
    add_live(whatif)
    whatif.add_argument("--json", action="store_true", help="print JSON")
    whatif.set_defaults(run=_whatif)


def _whatif(options: argparse.Namespace) -> Report:
    scenario = NamingScenario(
        scheme=DEFAULT if options.scheme in (None, ALL) else options.scheme,
        scheme_before=options.scheme_before,
        step=tuple(options.step),
        systemd=options.systemd,
        systemd_before=options.systemd_before,
    )
    machine = machine_asked(options)
    if options.places:
        from lab.naming.whatif import applied, parse_step, places

        found = places(applied(machine, [parse_step(text) for text in scenario.step]).machine)
        return Report(found, "\n".join(printable(f"{p.text:<20}  {p.label}") for p in found))
    answer = what_if(machine, scenario, every_scheme=options.scheme == ALL)
    same = scenario.schemes[0] == scenario.schemes[1] and not scenario.step
    hint = (
        "\nNothing is changed: give a --step (see --help), another --systemd-before or --scheme-before" if same else ""
    )
    return Report(answer.to_json(), _text(answer) + hint)


def _text(answer: Consequences) -> str:
    lines = [printable(answer.headline.replace("`", ""))]
    lines += [printable(f"edited: {step}") for step in answer.after.edits]
    lines += ["", answer.to_table(all_policies=False).to_text(), ""]
    lines += [printable(line) for a in answer.answers if (line := _summary(a))]
    lines += [printable(f"note: {text}") for text in answer.notes]
    return "\n".join(lines).rstrip()


def _summary(answer: Answer) -> str:
    """One line for a convention: what is dangerous about it; "" where nothing is."""
    if answer.keeps and not answer.uncertain:
        return f"{answer.policy} ({answer.schemes}): every card keeps its name"
    words = {"now another card": answer.taken, "lost": answer.broken, "collide": answer.collisions}
    words |= {"too long": answer.too_long, "uncertain": answer.uncertain}
    parts = [f"{word}: {', '.join(names)}" for word, names in words.items() if names]
    return f"{answer.policy} ({answer.schemes}): {'; '.join(parts)}" if parts else ""
