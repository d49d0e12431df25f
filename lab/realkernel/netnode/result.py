"""A run of the driver's life as a value."""

from __future__ import annotations

import dataclasses
from typing import Any

from lab.core.table import Table
from lab.realkernel.netnode.contract import judge
from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.seen import parse_events, parse_seen, warnings

__all__ = ["NetnodeResult", "judged"]


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
                lines += ["", f"{row.step}: {row.done}"]
                done = row.done
            lines.append(f"  {'ok' if row.ok else 'NOT KEPT':8}  {row.promised}: {row.seen or '–'}")
        lines += ["", self.headline(), *self.dmesg]
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


def judged(raw: dict[str, str], accel: str, seconds: float, source: str) -> NetnodeResult:
    """The result of what a guest sent (seen.txt, events.txt, dmesg.txt); raises `LabError` where it is damaged."""
    seen, events, dmesg = parse_seen(raw["seen.txt"]), parse_events(raw["events.txt"]), raw["dmesg.txt"]
    rows = judge(seen, events, dmesg)
    told = tuple(raw.items())
    return NetnodeResult(
        rows, seen["machine.release"], seen["machine.udev"], accel, seconds, warnings(dmesg), told, source
    )
