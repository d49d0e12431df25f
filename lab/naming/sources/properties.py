"""Which properties of udev a naming rule reads: nothing else goes into a snapshot, as with the attributes of sysfs."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["keep_properties"]

# where the card is and its driver (.link files, by-path), every policy's name and the scheme that gave it, what the
# hardware database allows (ID_NET_NAME_ALLOW_*, ID_NET_NAME_INCLUDE_DOMAIN, ID_NET_NAME_FROM_DATABASE)
READ = re.compile(r"ID_PATH|ID_NET_DRIVER|ID_NET_NAMING_SCHEME|ID_NET_NAME(?:_.*)?", re.ASCII | re.DOTALL)


def keep_properties(properties: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The part of udev's `properties` (by devpath) that a rule reads; a device stays known if it has none of them.

    A .link file may ask for any other one (Property=): that is then unknown, and the answer says so.
    """
    return {
        path: {name: value for name, value in values.items() if READ.fullmatch(name)}
        for path, values in properties.items()
    }
