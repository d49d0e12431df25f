"""`kernel-lab naming predict`: every name that a release of systemd would give, with the reasons, for scripts."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.naming.commands.options import FILE, add_live, machine_asked
from lab.naming.prediction import ALL, predict_all, prediction_table, schemes_asked
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `predict`."""
    predict = commands.add_parser(
        "predict",
        help="every name that a release of systemd would give, with the reasons",
        description="Predict the names of every interface under one naming scheme or all of them. With --json a list "
        "of objects, one for each entry of /sys/class/net except lo.",
    )
    predict.add_argument("file", nargs="?", help=f"{FILE}; without it this machine, through netlink and sysfs")
    predict.add_argument(
        "--systemd", type=int, default=RELEASE, metavar="N", help=f"the release of systemd (default {RELEASE})"
    )
    predict.add_argument(
        "--scheme", metavar="vNNN|all", help="a naming scheme, or all that the release knows (default: its own)"
    )
    add_live(predict)
    predict.add_argument("--json", action="store_true", help="print JSON")
    predict.set_defaults(run=_predict)


def _predict(options: argparse.Namespace) -> Report:
    which = release(options.systemd)
    schemes = schemes_asked(which, options.scheme)
    machine = machine_asked(options)
    found = predict_all(machine, schemes)
    under = f"every scheme of systemd {which.number}" if options.scheme == ALL else schemes[0].name
    caption = f"{printable(f'{machine.name} ({machine.source})')}, predicted for systemd {which.number} under {under}"
    notes = dict.fromkeys(
        printable(f"? {p.interface.ifname}: {gap['reason']} ({gap['missing']})") for p in found for gap in p.uncertain()
    )
    text = "\n".join([f"{caption}:", prediction_table(found, caption).to_text(), *notes])
    return Report([p.to_json() for p in found], text)
