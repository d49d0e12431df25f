"""`kernel-lab pagefault trace FILE`: what a trace of KVM's asynchronous page faults says."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report
from lab.pagefault.commands.base import guest_log

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `trace`."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="text of tracefs, trace-cmd report or perf script (also .gz, .xz), or a bundled recording (on-int)",
    )
    parser.add_argument(
        "--clock-hz", type=float, metavar="N", help="ticks a second of the trace's clock; without it times are ticks"
    )
    parser.add_argument(
        "--log",
        metavar="FILE",
        help="the VMM's and the guest's log of the same run (default: NAME.vmm.txt beside NAME.trace.txt, if any)",
    )
    parser.add_argument(
        "--calibrate", action="store_true", help="also the distributions, and the scenario that simulates them"
    )
    parser.set_defaults(run=_trace)


def _trace(options: argparse.Namespace) -> Report:
    from lab.pagefault.trace import account, calibrate, load, pair, said

    trace = load(options.file, options.clock_hz)
    pairing = pair(trace)
    log, note = guest_log(options.file, options.log)
    data = said.to_json(trace, pairing)
    lines = [said.events_table(trace).to_text(), "", said.intervals_table(trace, pairing).to_text(), ""]
    lines += [said.events_table(trace).caption, said.intervals_table(trace, pairing).caption, *note]
    lines += said.notes(trace, pairing)
    if log is not None:
        found = account(trace, log, pairing)
        data |= {"log": log.name, "account": found, "log_unread": log.unread}
        lines += ["", f"beside {log.name}:"]
        lines += [f"  {'agrees' if one.agrees else 'ODD   '}  {one.said}" for one in found]
        lines += [f"  line {one.line} is not understood, {one.why}: {one.text}" for one in log.unread]
    if options.calibrate:
        calibration = calibrate(trace, log, pairing)
        data["calibration"] = calibration
        lines += ["", said.calibration_table(calibration).to_text(), "", *calibration.notes, "", calibration.command]
    return Report(data, "\n".join(lines))
