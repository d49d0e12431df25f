"""What udev knows of one interface when it asks the `.link` files: everything that [Match] can ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.naming.link.file import hardware_address
from lab.naming.model import Interface, Machine
from lab.naming.path_id import path_id
from lab.naming.schemes.flags import Scheme
from lab.naming.trace import Candidate, Gap
from lab.naming.tree import uevent_value

__all__ = ["Facts", "facts"]

# include/uapi/linux/if_arp.h, as systemd writes the numbers (net_get_type_string: lower case)
ARPHRD = {
    "1": "ether",
    "32": "infiniband",
    "256": "slip",
    "280": "can",
    "290": "mctp",
    "512": "ppp",
    "768": "tunnel",
    "769": "tunnel6",
    "772": "loopback",
    "776": "sit",
    "778": "ipgre",
    "801": "ieee80211",
    "803": "ieee80211_radiotap",
    "804": "ieee802154",
    "824": "netlink",
    "65534": "none",
}
PERMANENT, RANDOM = "0", "1"  # addr_assign_type (include/uapi/linux/netdevice.h)


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """The values behind the keys of [Match]; None: the interface has none.

    `unknown`: by key, what the source lacks to tell it. The value beside it is then the best guess.
    """

    mac: bytes | None
    permanent: bytes | None
    path: str | None
    driver: str | None
    type: str | None
    kind: str | None
    ifname: str
    properties: Mapping[str, str]
    unknown: Mapping[str, Gap]


def facts(
    machine: Machine, interface: Interface, ifname: str, offered: Mapping[str, Candidate], scheme: Scheme
) -> Facts:
    """What is known of `interface`, which the kernel called `ifname`; `offered`: the names of the policies."""
    tree, devpath = machine.tree, interface.devpath
    given = machine.properties.get(devpath, {})
    unknown: dict[str, Gap] = {}
    recorded = devpath in machine.recorded
    assigned = tree.text(f"{devpath}/addr_assign_type")
    mac = hardware_address(interface.mac or "")
    permanent = mac if assigned == PERMANENT or recorded else None
    if assigned not in (PERMANENT, RANDOM) and interface.is_card and not recorded:
        unknown["PermanentMACAddress"] = Gap(
            f"{devpath}/addr_assign_type", "the address is not the permanent one, which sysfs does not tell"
        )
    path = given.get("ID_PATH") or path_id(tree, devpath)
    if path is None and recorded:
        unknown["Path"] = Gap("ID_PATH", "the place of the card is not in this source")
    if interface.is_card and "ID_NET_DRIVER" not in given:
        unknown["Driver"] = Gap(
            "ID_NET_DRIVER", f"the driver's name for ethtool is not in sysfs; taken as {interface.driver}"
        )
    kind = None if interface.is_card else interface.kind
    if not interface.is_card:
        unknown["Kind"] = Gap("netlink", "the kind of a virtual interface is not in sysfs")
    arphrd = tree.text(f"{devpath}/type")
    words = uevent_value(tree, devpath, "DEVTYPE") or (interface.kind if arphrd is None else ARPHRD.get(arphrd))
    if words is None:
        unknown["Type"] = Gap(f"{devpath}/type", f"link type {arphrd} has no name here")
    properties = {
        "INTERFACE": ifname,
        "SUBSYSTEM": "net",
        "DEVPATH": devpath,
        "ID_NET_NAMING_SCHEME": scheme.name,
        **({"IFINDEX": str(interface.ifindex)} if interface.ifindex is not None else {}),
        **({"ID_PATH": path} if path else {}),
        **given,
        **{f"ID_NET_NAME_{policy}": c.name for policy, c in offered.items() if c.name},
    }
    driver = given.get("ID_NET_DRIVER") or interface.driver
    return Facts(mac, permanent, path, driver, words, kind, ifname, properties, unknown)
