"""The reader every rule reads through: it keeps what was read, and what the rule made of it."""

from __future__ import annotations

import dataclasses
from typing import Literal

from lab.naming.tree import Tree

__all__ = ["Candidate", "Evidence", "Gap", "Refused", "Trace", "Verdict"]

Verdict = Literal["used", "refused", "unreadable"]


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a rule looked at: `path` below sysfs, its `value` (None if unreadable), the `rule` in words."""

    path: str
    value: str | None
    rule: str
    verdict: Verdict


@dataclasses.dataclass(frozen=True, slots=True)
class Gap:
    """What the source lacks (`missing`) and what that leaves open (`reason`)."""

    missing: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """What one policy gives one interface: `name` or None, `because` in words, and the full provenance."""

    policy: str
    name: str | None
    because: str
    evidence: tuple[Evidence, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def certain(self) -> bool:
        """False when the source lacks something that could change the answer."""
        return not self.gaps


class Refused(Exception):
    """Ends a rule without a name; its text says why."""


class Trace:
    """Reads attributes of `tree` for one rule and one interface, and collects the evidence in order."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.seen: dict[str, str | None] = {}
        self.evidence: list[Evidence] = []
        self.gaps: list[Gap] = []

    def read(self, path: str) -> str | None:
        """The attribute at `path` as text; None if there is none."""
        value = self.tree.text(path)
        self.seen[path] = value
        return value

    def used(self, path: str, rule: str, value: str | None = None) -> None:
        """What was read at `path` (or is given as `value`) decided something: `rule` says what."""
        self._note(path, rule, "used", value)

    def refused(self, path: str, rule: str, value: str | None = None) -> None:
        """What was read at `path` is not what the rule wants; `rule` says why. Absent becomes "unreadable"."""
        self._note(path, rule, "refused", value)

    def lacks(self, path: str, reason: str) -> None:
        """The source lacks `path`, which every real machine has: the answer is uncertain for this `reason`."""
        self.gaps.append(Gap(path, reason))
        self._note(path, reason, "unreadable", None)

    def _note(self, path: str, rule: str, verdict: Verdict, value: str | None) -> None:
        shown = self.seen.get(path) if value is None else value
        if shown is None:
            verdict = "unreadable"
        self.evidence.append(Evidence(path, shown, rule, verdict))
