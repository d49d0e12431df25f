"""What a rule can find: a reason why the kernel refuses, something that stays open, or a remark."""

from __future__ import annotations

import dataclasses

__all__ = ["Finding", "Note", "Reason", "Uncertain"]


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """The kernel refuses the module for this.

    `kind` names the rule (a key of `RULES`), `symbol` the symbol it is about (None: the module as a whole),
    `evidence` both sides in one line. `stage` and `place` order reasons as load_module() meets them.
    """

    kind: str
    symbol: str | None
    evidence: str
    stage: int
    place: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Uncertain:
    """What an index cannot tell: `what` it is about, `why` it is open and what hangs on it."""

    what: str
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """What the kernel says or does without refusing: a taint, a warning."""

    text: str


Finding = Reason | Uncertain | Note

# the steps of load_module() (kernel/module/main.c) that can refuse, in its order
SIGNATURE, HEADERS, LAYOUT, MODINFO, EXPORT_VERSIONS, SYMBOLS, DUPLICATES, SYSFS = range(8)
