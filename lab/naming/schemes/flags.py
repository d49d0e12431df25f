"""The naming schemes of systemd as data: which rule came or went with which (src/shared/netif-naming-scheme.h).

Two releases that know the same scheme may still differ where a change was not tied to a scheme.
"""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError

__all__ = ["CHANGES", "MEANING", "NEWEST", "RELEASE", "SCHEMES", "Scheme", "scheme"]

# The schemes up to that of systemd 262; "+" switches a flag on, "-" off.
CHANGES: dict[str, str] = {
    "v238": "",
    "v239": "+SR_IOV_V +NPAR_ARI",
    "v240": "+INFINIBAND +ZERO_ACPI_INDEX +ALLOW_RERENAMES",
    "v241": "+STABLE_VIRTUAL_MACS",
    "v243": "+NETDEVSIM +LABEL_NOPREFIX",
    "v245": "+NSPAWN_LONG_HASH",
    "v247": "+BRIDGE_NO_SLOT",
    "v249": "+SLOT_FUNCTION_ID +16BIT_INDEX +REPLACE_STRICTLY",
    "v250": "+XEN_VIF",
    "v251": "+BRIDGE_MULTIFUNCTION_SLOT",
    "v252": "+DEVICETREE_ALIASES",
    "v253": "+USB_HOST",
    "v254": "+SR_IOV_R",
    "v255": "-BRIDGE_MULTIFUNCTION_SLOT",
    "v257": "+FIRMWARE_NODE_SUN +DEVICETREE_PORT_ALIASES",
    "v258": "+USE_INTERFACE_PROPERTY",
    "v259": "+DEVICETREE_ALIASES_WLAN",
    "v260": "+MCTP",
    "v261": "+SUBFUNC",
}

RELEASE = 262  # the newest systemd whose rules are known here

# What the flags mean that a rule of this lab reads. They tell people which rule made two schemes differ.
MEANING: dict[str, str] = {
    "SR_IOV_V": "a virtual function is named after its physical function, with v<N>",
    "NPAR_ARI": "with ARI the function number has eight bits",
    "INFINIBAND": "InfiniBand interfaces get names that begin with ib",
    "ZERO_ACPI_INDEX": "a firmware index of 0 counts",
    "NETDEVSIM": "netdevsim devices get names by their number and port",
    "BRIDGE_NO_SLOT": "a bridge's slot names no card behind it",
    "SLOT_FUNCTION_ID": "on s390 function_id is the slot",
    "16BIT_INDEX": "firmware indexes up to 65535 count (before: 16383)",
    "XEN_VIF": "Xen's virtual cards get names by their number",
    "BRIDGE_MULTIFUNCTION_SLOT": "a bridge's slot names a card of several functions",
    "DEVICETREE_ALIASES": "the devicetree's ethernet<N> aliases name the cards of a board",
    "USB_HOST": "a USB card gets a name where no PCI device is above it, too",
    "SR_IOV_R": "the representor of a virtual function is named r<N>",
    "FIRMWARE_NODE_SUN": "firmware_node/sun is asked for the slot first",
    "DEVICETREE_PORT_ALIASES": "the devicetree node of a port is asked before that of its device",
    "DEVICETREE_ALIASES_WLAN": "the devicetree's wifi<N> and ethernet<N> aliases name wireless cards, too",
    "MCTP": "MCTP interfaces get names that begin with mc",
    "SUBFUNC": "a sub-function is named after its card, with S<N>",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Scheme:
    """A naming scheme as one release of systemd applies it: its `name` ("v252") and the `flags` that are on.

    `release`: the systemd that applies it. Some changes are tied to no scheme: a rule asks for them by `since`.
    A release before schemes (up to 237) is one pseudo-scheme, "systemd-220", without flags.
    """

    name: str
    flags: frozenset[str]
    release: int = RELEASE

    def since(self, release: int) -> bool:
        """True if the systemd that applies the scheme is `release` or newer."""
        return self.release >= release

    def has(self, flag: str) -> bool:
        """True if `flag` is on; a flag that no scheme knows is a bug."""
        if flag not in ALL_FLAGS:
            raise ValueError(flag)
        return flag in self.flags


def _table() -> dict[str, Scheme]:
    table, flags = {}, frozenset[str]()
    for name, changes in CHANGES.items():
        words = changes.split()
        flags = (flags | {w[1:] for w in words if w[0] == "+"}) - {w[1:] for w in words if w[0] == "-"}
        table[name] = Scheme(name, flags)
    return table


SCHEMES: dict[str, Scheme] = _table()
ALL_FLAGS = frozenset[str]().union(*(s.flags for s in SCHEMES.values()))
NEWEST = next(reversed(SCHEMES))


def scheme(name: str) -> Scheme:
    """The scheme called `name`; raises `LabError` with the known ones for any other."""
    found = SCHEMES.get(name)
    if found is None:
        raise LabError(f"--scheme: {name!r} is unknown; known are {', '.join(SCHEMES)}")
    return found
