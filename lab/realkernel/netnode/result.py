"""A run of the driver's life as a value."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any

from lab.core.table import Table
from lab.realkernel.netnode.contract import judge
from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.seen import parse_events, parse_seen, warnings

__all__ = ["NetnodeResult", "judged"]

WIDE = 119  # columns of a terminal


@dataclasses.dataclass(frozen=True, slots=True)
class NetnodeResult:
    """What was promised and seen, step by step.

    `kernel`: its release; `udev`: systemd's version in the guest; `accel` and `seconds` of the boot; `dmesg`: lines of
    the kernel's log that warn, none if all is well. `raw`: what the guest sent, by file; `source`: "booted now", or
    where the recording comes from.
    """

    rows: tuple[Row, ...]
    kernel: str
    udev: str
    accel: str
    seconds: float
    dmesg: tuple[str, ...]
    raw: tuple[tuple[str, str], ...]
    source: str

    @property
    def broken(self) -> tuple[Row, ...]:
        """The promises that were not kept."""
        return tuple(row for row in self.rows if not row.ok)

    def to_table(self) -> Table:
        """A row for each promise."""
        rows = tuple((row.step, row.promised, row.seen, row.ok) for row in self.rows)
        return Table(("step", "promised", "seen", "ok"), rows, self.headline())

    def headline(self) -> str:
        """One line: how many promises were kept, where."""
        kept = len(self.rows) - len(self.broken)
        where = f"Linux {self.kernel}, systemd {self.udev}, {self.accel}, {self.seconds:.1f} s"
        return f"{kept} of {len(self.rows)} promises kept ({where}; {self.source})"

    def text(self) -> str:
        """The story for a terminal: what was done, then what was promised and seen."""
        lines: list[str] = []
        done = ""
        for row in self.rows:
            if row.done != done:
                lines += ["", *textwrap.wrap(f"{row.step}: {row.done}", WIDE, **_indented(0, 2))]
                done = row.done
            sign, seen = "ok" if row.ok else "NOT KEPT", row.seen or "–"
            whole = f"  {sign:8}  {row.promised}: {seen}"
            if len(whole) <= WIDE:
                lines.append(whole)
                continue
            lines += textwrap.wrap(f"{sign:8}  {row.promised}:", WIDE, **_indented(2, 12))
            lines += textwrap.wrap(seen, WIDE, **_indented(14, 16))
        lines += ["", *textwrap.wrap(self.headline(), WIDE)]
        lines += [line for said in self.dmesg for line in textwrap.wrap(said, WIDE, **_indented(0, 4))]
        return "\n".join(lines[1:])

    def to_json(self) -> dict[str, Any]:
        """Plain data; `ok` is what the exit status says."""
        return {
            "ok": not self.broken,
            "steps": [dataclasses.asdict(row) for row in self.rows],
            "kernel": self.kernel,
            "udev": self.udev,
            "accel": self.accel,
            "seconds": self.seconds,
            "dmesg": list(self.dmesg),
            "source": self.source,
        }


def _indented(first: int, then: int) -> dict[str, Any]:
    """Words for `textwrap.wrap`: where the first line and the others begin."""
    return {"initial_indent": " " * first, "subsequent_indent": " " * then}


def judged(raw: dict[str, str], accel: str, seconds: float, source: str) -> NetnodeResult:
    """The result of what a guest sent (seen.txt, events.txt, dmesg.txt); raises `LabError` where it is damaged."""
    seen, events, dmesg = parse_seen(raw["seen.txt"]), parse_events(raw["events.txt"]), raw["dmesg.txt"]
    rows = judge(seen, events, dmesg)
    told = tuple(raw.items())
    return NetnodeResult(
        rows, seen["machine.release"], seen["machine.udev"], accel, seconds, warnings(dmesg), told, source
    )
