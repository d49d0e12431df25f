"""The releases of systemd: which schemes each knows, and which is its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme

__all__ = ["OLDEST", "Release", "release"]

OLDEST = 197  # the first release that named interfaces by place
SCHEMED = 238  # the first release with schemes

# The release that knows a scheme, where that is not the one it is called after: systemd 254 cannot be asked for v254 by
# name and has v253 for its default (systemd#29582; src/shared/netif-naming-scheme.h says so too).
KNOWN_FROM = {"v254": 255}


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
    """The release `number` of systemd, from 197 on; raises `LabError` for one that is not known here.

    Its default is the newest scheme it knows, as upstream compiles it (default-net-naming-scheme=latest). Before 238
    there were no schemes: the release is the only one, called "systemd-237".
    """
    if not OLDEST <= number <= RELEASE:
        raise LabError(f"--systemd: release {number} unknown; known are {OLDEST} to {RELEASE}")
    if number < SCHEMED:
        name = f"systemd-{number}"
        return Release(number, name, {name: Scheme(name, frozenset(), number)})
    schemes = {
        name: dataclasses.replace(scheme, release=number)
        for name, scheme in SCHEMES.items()
        if KNOWN_FROM.get(name, int(name[1:])) <= number
    }
    return Release(number, next(reversed(schemes)), schemes)
