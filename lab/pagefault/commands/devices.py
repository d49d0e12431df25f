"""`kernel-lab pagefault devices`: paging devices by name, for `--device`."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from lab.core.report import Report
from lab.pagefault.devices import DEVICES, Device

__all__ = ["fill"]

WIDTH = 100


def fill(parser: Any) -> None:
    """It takes no arguments."""
    parser.set_defaults(run=_devices)


def _devices(options: argparse.Namespace) -> Report:
    return Report({"devices": [_data(device) for device in DEVICES]}, "\n\n".join(_told(d) for d in DEVICES))


def _data(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "title": device.title,
        "page_in": device.page_in,
        "page_in_dist": device.dist,
        "slots": "inf" if device.slots is None else device.slots,
        "source": device.source,
        "note": device.note,
    }


def _told(device: Device) -> str:
    slots = "inf" if device.slots is None else device.slots
    return "\n".join(
        [
            f"{device.id}: {device.title}",
            f"  --page-in {device.page_in:g}us --page-in-dist {device.dist} --slots {slots}",
            *_item("source", device.source),
            *_item("note", device.note),
        ]
    )


def _item(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        f"{name}: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
