"""The releases of systemd: which schemes each knows, and which is its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme

__all__ = ["Release", "release"]

OLDEST = 238  # the first release with schemes


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """A release of systemd: its `number`, the name of its `default` scheme, and the `schemes` it knows, by name."""

    number: int
    default: str
    schemes: Mapping[str, Scheme]

    def scheme(self, name: str) -> Scheme:
        """The scheme called `name` as this release applies it; raises `LabError` if it does not know it."""
        found = self.schemes.get(name)
        if found is None:
            known = ", ".join(self.schemes)
            raise LabError(f"--scheme: {name!r} is unknown to systemd {self.number}; it knows {known}")
        return found


def release(number: int) -> Release:
    """The release `number` of systemd; raises `LabError` for one that is not known here."""
    if not OLDEST <= number <= RELEASE:
        raise LabError(f"--systemd: release {number} unknown; known are {OLDEST} to {RELEASE}")
    schemes = {
        name: dataclasses.replace(scheme, release=number) for name, scheme in SCHEMES.items() if int(name[1:]) <= number
    }
    return Release(number, next(reversed(schemes)), schemes)
