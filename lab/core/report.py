"""What a command answers: data for scripts, lines for people, an exit status for shells."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Report"]


class Report(NamedTuple):
    """`data` is printed with `--json` (see `lab.core.jsontext`), `text` without; `status` is the exit status."""

    data: Any
    text: str
    status: int = 0
