"""What a command answers: data for scripts, lines for people, an exit status for shells."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Report"]


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """`data` is printed with `--json` (see `lab.core.jsontext`), `text` without; `status` is the exit status."""

    data: Any
    text: str
    status: int = 0
