"""One promise of the driver, and what became of it."""

from __future__ import annotations

import dataclasses

__all__ = ["Row"]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """`step`: its name; `done`: what was done; `promised`: by the driver; `seen`: what came; `ok`: both agree."""

    step: str
    done: str
    promised: str
    seen: str
    ok: bool
