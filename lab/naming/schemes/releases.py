"""The releases of systemd: which schemes each knows, and which is its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme

__all__ = ["OLDEST", "UNTIED", "Release", "release", "versions"]

OLDEST = 197  # the first release that named interfaces by place
SCHEMED = 238  # the first release with schemes

# The release that knows a scheme, where that is not the one it is called after: systemd 254 cannot be asked for v254 by
# name and has v253 for its default (systemd#29582; src/shared/netif-naming-scheme.h says so too).
KNOWN_FROM = {"v254": 255}

# Since there are schemes, the releases in which a rule changed for all of them: what the rules ask for by `since`, and
# 256, from which on properties hide attributes.
UNTIED = (239, 240, 245, 247, 249, 250, 255, 256, 258)


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
        name: dataclasses.replace(scheme, release=number) for name, scheme in SCHEMES.items() if _oldest(name) <= number
    }
    return Release(number, next(reversed(schemes)), schemes)


def versions(name: str) -> tuple[Scheme, ...]:
    """The scheme called `name` in every way that a release applies it, oldest first; () for one that is not known."""
    scheme = SCHEMES.get(name)
    if scheme is None:
        return ()
    oldest = _oldest(name)
    numbers = (oldest, *(number for number in UNTIED if number > oldest))
    return tuple(dataclasses.replace(scheme, release=number) for number in numbers)


def _oldest(name: str) -> int:
    return KNOWN_FROM.get(name, int(name[1:]))
