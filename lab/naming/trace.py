"""The reader every rule reads through: it keeps what was read, and what the rule made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from lab.naming.tree import Tree, ancestors, lacking_above, uevent_value

__all__ = ["LACKING", "Candidate", "Chain", "Elsewhere", "Evidence", "Gap", "Refused", "Trace", "Verdict"]

Verdict = Literal["used", "refused", "unreadable"]
Chain = tuple[tuple[str, str | None], ...]

ALLOW = "ID_NET_NAME_ALLOW"  # "0" hides all attributes from the rules, ID_NET_NAME_ALLOW_<ATTRIBUTE> one of them
_ALLOW = ALLOW.encode()
LACKING = {
    "uevent": "this folder must be a device, and the devices above decide which rule gives a name, and from what",
    "subsystem": "the bus decides which rule gives a name, and from what",
}


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


class Elsewhere(Refused):
    """The interface does not sit where the rule looks: another rule is asked, and nothing needs to be said."""


class Trace:
    """Reads attributes of `tree` for one rule and one interface, and collects the evidence in order.

    `properties`: what udev says of devices beside sysfs, by devpath. `release`: the systemd that reads; from 256 on
    those may hide attributes. `chains`: the devices above each interface, shared between the traces of one tree.
    """

    def __init__(
        self,
        tree: Tree,
        properties: Mapping[str, Mapping[str, str]] | None = None,
        *,
        release: int = 0,
        chains: dict[str, Chain] | None = None,
    ) -> None:
        self.tree = tree
        self.properties = properties or {}
        self.release = release
        self.chains = {} if chains is None else chains
        self.seen: dict[str, str | None] = {}
        self.hidden: set[str] = set()
        self.evidence: list[Evidence] = []
        self.gaps: list[Gap] = []
        self._watched: dict[str, bool] = {}

    def above(self, devpath: str) -> Chain:
        """The devices above the interface at `devpath`, nearest first, each with its bus or class."""
        found = self.chains.get(devpath)
        if found is None:
            found = self.chains[devpath] = ancestors(self.tree, devpath)
        return found

    def passed_over(self, path: str, end: str | None) -> None:
        """Above `path` the next device that matters is `end` (None: there is none); what may lie between is lacking."""
        for missing in lacking_above(self.tree, path):
            if end is not None and len(missing.rpartition("/")[0]) < len(end):
                break
            self.lacks(missing, LACKING[missing.rpartition("/")[2]])

    def read(self, path: str) -> str | None:
        """The file at `path` as text; None if there is none."""
        value = self.tree.text(path)
        self.seen[path] = value
        return value

    def attribute(self, device: str, name: str) -> str | None:
        """The attribute `name` of `device` as text; None if there is none, or if udev's properties hide it."""
        path = f"{device}/{name}"
        value = self.read(path)
        if self.release >= 256 and (shield := self._shield(device, name)):
            self._note(path, f"hidden by {shield}", "refused", None)
            self.hidden.add(path)
            self.seen[path] = value = None
        return value

    def property(self, device: str, key: str) -> str | None:
        """The udev property `key` of `device`: set by the hardware database or by the kernel; None if unknown."""
        value = self.properties.get(device, {}).get(key)
        return uevent_value(self.tree, device, key) if value is None else value

    def used(self, path: str, rule: str, value: str | None = None) -> None:
        """What was read at `path` (or is given as `value`) decided something: `rule` says what."""
        self._note(path, rule, "used", value)

    def refused(self, path: str, rule: str, value: str | None = None) -> None:
        """What was read at `path` is not what the rule wants; `rule` says why. Absent becomes "unreadable"."""
        self._note(path, rule, "refused", value)

    def lacks(self, path: str, reason: str) -> None:
        """The source lacks `path`, which every real machine has: the answer is uncertain for this `reason`.

        What udev's properties hide is not lacking.
        """
        gap = Gap(path, reason)
        if path in self.hidden or gap in self.gaps:
            return
        self.gaps.append(gap)
        self._note(path, reason, "unreadable", None)

    def _shield(self, device: str, name: str) -> str | None:
        """The property that hides attribute `name` of `device` ("ID_NET_NAME_ALLOW=0"), None if none does.

        A value that is neither yes nor no hides as well (naming_sysattr_allowed, src/shared/netif-naming-scheme.c).
        262 knows no property with a slash in its name, 257 did: firmware_node/sun cannot be hidden alone any more.
        """
        watched = self._watched.get(device)
        if watched is None:
            known = self.properties.get(device)
            watched = known is not None and any(key.startswith(ALLOW) for key in known)
            watched = watched or _ALLOW in self.tree.files.get(f"{device}/uevent", b"")
            self._watched[device] = watched
        if watched:
            from lab.naming.schemes.integer import boolean

            for key in (f"{ALLOW}_{name.upper()}", ALLOW):
                if "/" in key and self.release >= 258:
                    continue
                value = self.property(device, key)
                if value is not None:
                    return None if boolean(value) else f"{key}={value}"
        return None

    def _note(self, path: str, rule: str, verdict: Verdict, value: str | None) -> None:
        shown = self.seen.get(path) if value is None else value
        if shown is None:
            verdict = "unreadable"
        self.evidence.append(Evidence(path, shown, rule, verdict))
