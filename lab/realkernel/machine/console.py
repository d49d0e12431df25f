"""What a guest prints: lines that init means for the host among those of everybody else."""

from __future__ import annotations

import dataclasses
import re

from lab.core.errors import LabError, printable

__all__ = ["LIMIT", "Console", "Mark", "Sent"]

LIMIT = 1 << 21  # bytes that a guest may print; a verbose boot prints a twentieth of it
_OUT = re.compile(r"out ([0-9]{1,10}) ([0-9a-f]{64})")
_RESTART = re.compile(r"\[ *[0-9.]+\] reboot: |qemu-system-\S+: warning: ")  # said whatever happened
_END = re.compile(r"end ([0-9]{1,3})")


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """The script has come to `text`, `seconds` after QEMU was started."""

    seconds: float
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """What init says of the results: so many bytes, with this SHA-256 (hexadecimal)."""

    size: int
    sha256: str


class Console:
    """Takes what the guest prints as it comes; `marks`, `sent`, `status`, `fault` and `panic` are what was understood.

    A line for the host begins with "##lab "; the kernel may have printed in the middle of one, then it is lost.
    """

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.sent: Sent | None = None
        self.status: int | None = None
        self.panic = ""
        self.fault = ""  # why init could not send the results
        self._lines: list[str] = []
        self._rest = b""
        self._size = 0
        self._begun = 0  # the line that follows the first mark

    def take(self, data: bytes, seconds: float) -> None:
        """Understand the next bytes, which came `seconds` after the start. Raises `LabError` past `LIMIT`."""
        self._size += len(data)
        if self._size > LIMIT:
            raise LabError(f"prints without end: more than {LIMIT >> 20} MiB on its console")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for raw in lines:
            self._line(raw.decode("utf-8", "replace").rstrip("\r"), seconds)

    @property
    def text(self) -> str:
        """Everything printed so far."""
        return "\n".join([*self._lines, self._rest.decode("utf-8", "replace")])

    def last(self, count: int) -> str:
        """The last lines with something in them, in one line, for a message; the script's own, once it has begun."""
        lines = [line for line in self._lines[self._begun :] if not _RESTART.match(line)]
        said = [line.strip() for line in lines if line.strip() and not line.startswith("##lab ")]
        return printable(" | ".join(said[-count:])[-300:])

    def _line(self, line: str, seconds: float) -> None:
        self._lines.append(line)
        if not self.panic and "Kernel panic - not syncing" in line:
            self.panic = printable(line.partition("Kernel panic - not syncing")[2].lstrip(": ")[:160]) or "no reason"
        kind, _, rest = line.partition("##lab ")
        if kind or not rest:
            return
        if rest.startswith("mark ") and len(self.marks) < 10_000:
            self.marks.append(Mark(seconds, printable(rest[5:205])))
            self._begun = self._begun or len(self._lines)
        elif rest.startswith("fault "):
            self.fault = self.fault or printable(rest[6:206])
        elif out := _OUT.fullmatch(rest):
            self.sent = Sent(int(out[1]), out[2])
        elif end := _END.fullmatch(rest):
            self.status = int(end[1])
