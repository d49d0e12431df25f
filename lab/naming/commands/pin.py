"""`kernel-lab naming pin`: the smallest set of rules that keeps the names."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import LabError, printable
from lab.core.report import Report
from lab.naming.commands.options import FILE, add_live, machine_asked
from lab.naming.schemes.flags import RELEASE

__all__ = ["add"]

CONFIRMED = ("link", "udev", "cmdline")  # the formats that udevadm can be asked about
DESCRIPTION = (
    "The smallest set of rules that keeps the names: each rule is needed, with any one of them taken out a name is "
    "lost, which is computed again for every one. The status is 0 if every name is kept, 1 if one cannot be kept or "
    "if with --confirm the real udevadm says otherwise or could not be asked, 2 if the question cannot be understood."
)


def add(commands: Any) -> None:
    """Add `pin`."""
    pin = commands.add_parser(
        "pin", help="the smallest set of rules that keeps the names, each explained and proved", description=DESCRIPTION
    )
    pin.add_argument("file", nargs="?", help=f"{FILE}; without it this machine")
    pin.add_argument("--format", default="link", metavar="FORMAT", help="link, udev, networkmanager, netplan, cmdline")
    pin.add_argument(
        "--names",
        default="current",
        metavar="NAMES",
        help="the names to keep: current, ONBOARD, SLOT, PATH, MAC, or CARD=NAME,... (CARD: MAC, bus path or name)",
    )
    pin.add_argument("--from-scheme", metavar="S", help="the current names are those of this scheme, not the recorded")
    pin.add_argument("--to-systemd", type=int, default=RELEASE, metavar="N", help=f"keep under N (default {RELEASE})")
    pin.add_argument("--scheme", metavar="S", help="and under this scheme of it (default: its own)")
    pin.add_argument("--after", metavar="FILE2", help="the machine as it will be: another card, another firmware")
    pin.add_argument(
        "--step",
        action="append",
        default=[],
        metavar="STEP",
        help="a what-if step on the machine as it will be, or with `both` on both (kernel-lab naming whatif --help)",
    )
    pin.add_argument("--only", default="changed", metavar="WHICH", help="changed (default), or all for a rule per card")
    pin.add_argument("--links", metavar="ROOT", help="read the .link files of the system in this folder as well")
    pin.add_argument("-o", "--output", metavar="DIR", help="write the files there; without it they are printed")
    pin.add_argument("--confirm", action="store_true", help="ask the real udevadm here, in namespaces of its own")
    add_live(pin)
    pin.add_argument("--json", action="store_true", help="print JSON")
    pin.set_defaults(run=_pin)


def _pin(options: argparse.Namespace) -> Report:
    from lab.naming.link.environment import UNKNOWN
    from lab.naming.link.folders import read_links
    from lab.naming.pin.plan import plan
    from lab.naming.pin.write import write_files
    from lab.naming.schemes.releases import release
    from lab.naming.sources import open_source

    known = release(options.to_systemd)
    target = known.scheme(options.scheme or known.default)
    old = None if options.from_scheme is None else known.scheme(options.from_scheme)
    machine = machine_asked(options)
    after = None if options.after is None else open_source(options.after)
    if options.step:
        from lab.naming.pin.scenario import stepped

        machine, after = stepped(machine, after, options.step)
    links = None if options.links is None else read_links(options.links, known.number)
    environment = UNKNOWN
    if options.file is None and options.after is None:
        from lab.naming.link.live import this_system  # only this machine can say what its own files ask for

        environment = this_system()
    pin = plan(
        machine,
        target,
        after=after,
        names=options.names,
        old=old,
        form=options.format,
        only=options.only,
        links=links,
        environment=environment,
    )
    confirmed = None
    if options.confirm:
        if options.format not in CONFIRMED:
            raise LabError(f"--confirm: udevadm can be asked about --format {', '.join(CONFIRMED)} only")
        from lab.naming.pin.confirm import confirm

        used = known.scheme(pin.alternative) if options.format == "cmdline" and pin.files else target
        confirmed = confirm(after or machine, () if options.format == "cmdline" else pin.files, used)
    written = () if options.output is None else write_files(pin.files, options.output)
    agrees = confirmed is None or confirmed.agrees
    return Report(
        _data(pin, confirmed, written), _text(pin, confirmed, written), 0 if not pin.refused and agrees else 1
    )


def _data(pin: Any, confirmed: Any, written: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "headline": pin.headline.replace("`", ""),
        "format": pin.format,
        "target": pin.target,
        "proved": pin.proved,
        "rules": [
            {
                "name": p.rule.name,
                "card": p.rule.card.devpath,
                "key": p.rule.key.value,
                "why": p.rule.why,
                "why_key": p.rule.key.why,
                "without": p.needed,
            }
            for p in pin.rules
        ],
        "files": [{"name": f.name, "belongs": f.belongs, "text": f.text} for f in pin.files],
        "cards": [
            {
                "card": row.card,
                "now": row.now,
                "without_rules": row.after and row.after.name,
                "with_rules": row.pinned and row.pinned.name,
                "altnames": row.pinned.altnames if row.pinned else [],
                "certain": row.pinned is None or row.pinned.certain,
                "state": row.state,
                "note": row.note.replace("`", ""),
            }
            for row in pin.rows
        ],
        "refused": [{"name": name, "reason": reason} for name, reason in pin.refused],
        "naming_scheme": pin.alternative or None,
        "written": [str(path) for path in written],
        "confirmed": confirmed and _confirmed(confirmed),
    }


def _confirmed(confirmed: Any) -> dict[str, Any]:
    return {
        "headline": confirmed.headline,
        "systemd": confirmed.release,
        "scheme": confirmed.scheme,
        "agrees": confirmed.agrees,
        "note": confirmed.note,
        "cards": [
            {"ifname": s.card.ifname, "computed": s.decided.wanted, "said": s.said, "file": s.file, "agrees": s.agrees}
            for s in confirmed.said
        ],
        "left_out": [{"ifname": name, "why": why} for name, why in confirmed.left_out],
    }


def _text(pin: Any, confirmed: Any, written: tuple[Any, ...]) -> str:
    lines = [printable(pin.headline.replace("`", "")), "", pin.to_table().to_text(), ""]
    lines += map(printable, pin.explained())
    if pin.refused:
        lines.append(printable(f"A name of your own can be kept: --names {pin.refused[0][0]}=lan0"))
    if written:
        lines += ["", *(f"written: {path}" for path in written)]
        lines += [f"It belongs to {place}." for place in dict.fromkeys(f.belongs for f in pin.files)]
    else:
        for file in pin.files:
            lines += ["", f"==> {file.belongs}/{file.name}" if file.belongs.startswith("/") else f"==> {file.belongs}"]
            lines.append(file.text.rstrip("\n"))
    if confirmed is not None:
        lines += ["", printable(confirmed.headline)]
        lines += [printable(f"  {s.card.ifname}: {s.said or 'no name'} by {_giver(s)}") for s in confirmed.said]
        lines += [printable(f"  {name}: not asked, {why}") for name, why in confirmed.left_out]
        lines += [f"  ({confirmed.note})"] if confirmed.note else []
    return "\n".join(lines)


def _giver(said: Any) -> str:
    return "a udev rule" if said.decided.rule == "udev rule" else said.file or "no file"
