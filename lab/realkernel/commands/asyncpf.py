"""`kernel-lab kernel asyncpf`: real asynchronous page faults of KVM, and the simulator on the same inputs."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core import scenario
from lab.core.errors import LabError
from lab.core.report import Report
from lab.realkernel.asyncpf.settings import BATCH, PRESETS, Settings, parse_flags
from lab.realkernel.commands.options import (
    add_boot,
    add_recorded,
    boot_asked,
    nothing_booted,
    or_recorded,
    recorded_asked,
)
from lab.realkernel.kernel import CLOUD
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine.qemu import ICOUNT

if TYPE_CHECKING:
    from lab.realkernel.asyncpf.result import AsyncPfResult

__all__ = ["fill"]

DIFFERS = 1  # exit status


def fill(parser: Any) -> None:
    """Add the arguments of `asyncpf`."""
    ids = ", ".join(f"{p.id} ({p.title})" for p in PRESETS)
    parser.add_argument(
        "--preset", metavar="ID", help=f"start from a preset: {ids}; all: every one of them, in one boot"
    )
    scenario.add_options(parser, Settings)
    add_recorded(parser, "write the runs there, NAME.trace.txt and NAME.vmm.txt: --recorded shows the former", "DIR")
    add_boot(parser, LIMITS["asyncpf"], ICOUNT)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    found = _recorded(options) if options.recorded is not None else _booted(options)
    if isinstance(found, Report):
        return found
    if options.output is not None:
        from lab.realkernel.asyncpf.run import write_run

        found = tuple(write_run(one, options.output) for one in found)
    status = 0 if all(one.agrees for one in found) else DIFFERS
    if len(found) == 1:
        return Report(found[0].to_json(), _text(found[0]), status)
    from lab.realkernel.asyncpf.result import overview

    table = overview(found)
    first = [_text(one) for one in found if not one.agrees]
    text = "\n\n".join([f"{table.to_text()}\n{table.caption}", *first])
    return Report({"agree": status == 0, "runs": [one.to_json() for one in found]}, text, status)


def _recorded(options: argparse.Namespace) -> tuple[AsyncPfResult, ...] | Report:
    from lab.realkernel.asyncpf.recorded import load_run, names, recorded

    for field in scenario.fields(Settings):
        if getattr(options, field.name) is not None:
            raise LabError(f"{field.option}: with --recorded the recording says the settings; leave it out")
    if options.preset is not None:
        raise LabError("--preset: with --recorded the recording says the settings; leave it out")
    nothing_booted(options)
    known = names()
    asked = recorded_asked(options.recorded, known)
    if asked is None:
        return Report(list(known), "\n".join(known))
    return (load_run(asked) if isinstance(asked, Path) else recorded(asked),)


def _booted(options: argparse.Namespace) -> tuple[AsyncPfResult, ...]:
    from lab.realkernel.asyncpf.run import run_settings

    settings = asked(options)
    with or_recorded():
        how = boot_asked(options, CLOUD)
        return run_settings(settings, how.kernel, how.accel.name, how.limit, how.progress, how.keep)


def asked(options: argparse.Namespace) -> tuple[Settings, ...]:
    """The settings that the options describe; raises `LabError` for a value out of range."""
    if options.flags is not None:
        options.flags = parse_flags(options.flags)
    if options.order not in (None, "fifo") and options.batch is None and options.preset is None:
        options.batch = str(BATCH)  # among one page there is no order
    if options.preset == "all":
        given = {
            field.name: getattr(scenario.from_options(Settings, options), field.name)
            for field in scenario.fields(Settings)
            if getattr(options, field.name) is not None
        }
        return tuple(dataclasses.replace(preset.scenario, **given) for preset in PRESETS)
    base = None if options.preset is None else scenario.preset_by_id(PRESETS, options.preset).scenario
    return (scenario.from_options(Settings, options, base),)


def _text(one: AsyncPfResult) -> str:
    written = [] if one.trace_file is None else [f"trace: {one.trace_file}"]
    return "\n".join([one.text(), *written])
