"""Every name that a release of systemd would give the interfaces of a machine, with the reasons: for scripts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.table import Table
from lab.naming.model import Interface, Machine
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import Release
from lab.naming.trace import Candidate

__all__ = ["ALL", "Prediction", "predict_all", "prediction_table", "schemes_asked"]

ALL = "all"


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """What each policy gives `interface` under each scheme: `offered` by scheme, then by policy."""

    interface: Interface
    offered: Mapping[str, Mapping[str, Candidate]]

    def names(self) -> dict[str, dict[str, str]]:
        """The names alone, by scheme and policy; a policy that gives none is left out."""
        return {s: {p: c.name for p, c in found.items() if c.name} for s, found in self.offered.items()}

    def uncertain(self) -> list[dict[str, str]]:
        """What the source lacks and what that leaves open: scheme, policy, missing, reason."""
        return [
            {"scheme": s, "policy": p, "missing": gap.missing, "reason": gap.reason}
            for s, found in self.offered.items()
            for p, candidate in found.items()
            for gap in candidate.gaps
        ]

    def to_json(self) -> dict[str, Any]:
        """The object that `kernel-lab naming predict --json` prints for an interface."""
        return {
            "ifname": self.interface.ifname,
            "devpath": self.interface.devpath,
            "driver": self.interface.driver,
            "mac": self.interface.mac,
            "names": self.names(),
            "provenance": {s: {p: c.evidence for p, c in found.items()} for s, found in self.offered.items()},
            "uncertain": self.uncertain(),
        }


def schemes_asked(release: Release, word: str | None) -> tuple[Scheme, ...]:
    """The schemes that `word` means to `release`: its default (None), every one it knows ("all"), or the one named.

    Raises `LabError` if the release does not know it.
    """
    if word == ALL:
        return tuple(release.schemes.values())
    return (release.scheme(release.default if word is None else word),)


def predict_all(machine: Machine, schemes: Sequence[Scheme]) -> tuple[Prediction, ...]:
    """A `Prediction` for every interface of `machine` but lo, in the order of devpaths."""
    return tuple(
        Prediction(i, {s.name: predict(machine, i, s) for s in schemes})
        for i in sorted(machine.interfaces, key=lambda i: i.devpath)
        if not i.is_loopback
    )


def prediction_table(found: Sequence[Prediction], caption: str) -> Table:
    """A row for each interface and run of schemes with equal names; a question mark stands at what is uncertain."""
    rows: list[tuple[str | None, ...]] = []
    for prediction in found:
        for first, last, cells in _runs(prediction):
            rows.append((prediction.interface.ifname, first if first == last else f"{first}–{last}", *cells))
    return Table(("name now", "schemes", *POLICIES), tuple(rows), caption)


def _runs(prediction: Prediction) -> list[tuple[str, str, tuple[str | None, ...]]]:
    runs: list[tuple[str, str, tuple[str | None, ...]]] = []
    for name, offered in prediction.offered.items():
        cells = tuple(f"{c.name or ''}{'' if c.certain else ' ?'}".strip() or None for c in offered.values())
        if runs and runs[-1][2] == cells:
            runs[-1] = (runs[-1][0], name, cells)
        else:
            runs.append((name, name, cells))
    return runs
