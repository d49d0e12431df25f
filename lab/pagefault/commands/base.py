"""What the commands that take a scenario share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core import scenario
from lab.core.errors import LabError
from lab.core.scenario import Preset
from lab.pagefault.devices import DEVICES, device_by_id, with_device
from lab.pagefault.presets import PRESETS
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from lab.pagefault.trace import Log

__all__ = ["add_device", "add_preset", "fault_scenario", "guest_log"]


def add_preset(parser: Any, presets: Sequence[Preset[Any]] = PRESETS) -> None:
    """Add `--preset`."""
    ids = ", ".join(f"{p.id} ({p.title})" for p in presets)
    parser.add_argument("--preset", metavar="ID", help=f"start from a preset: {ids}")


def add_device(parser: Any) -> None:
    """Add `--device`."""
    ids = ", ".join(device.id for device in DEVICES)
    parser.add_argument(
        "--device", metavar="ID", help=f"page-in, its law and slots of a named device (see `devices`): {ids}"
    )


def fault_scenario(options: argparse.Namespace) -> PageFaultScenario:
    """The scenario that the options describe; raises `LabError` for a value out of range."""
    base = None if options.preset is None else scenario.preset_by_id(PRESETS, options.preset).scenario
    device = getattr(options, "device", None)
    if device is not None:
        base = with_device(PageFaultScenario() if base is None else base, device_by_id(device))
    return scenario.from_options(PageFaultScenario, options, base)


def guest_log(file: str, named: str | None) -> tuple[Log | None, list[str]]:
    """The log named, or the one beside the trace `file`; and what to say if that one is no log."""
    from lab.pagefault.trace import load_log
    from lab.pagefault.trace.reader import find

    if named is not None:
        return load_log(named), []
    path = find(file)
    beside = Path(str(path).removesuffix(".trace.txt") + ".vmm.txt")
    if not path.name.endswith(".trace.txt") or not beside.is_file():
        return None, []
    try:
        return load_log(beside), []
    except LabError as error:
        return None, [f"the log beside the trace is left out: {error}"]
