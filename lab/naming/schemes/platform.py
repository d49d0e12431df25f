"""Platform devices that ACPI describes: vendor, model and instance, `enahisic2i0` (names_platform)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import hexadecimal
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["assume_eth", "eth_path", "platform"]

PLACE = "/devices/platform/"
_IDENTITY = re.compile(r"([A-Z]{3}|[A-Z0-9]{4})([^:]{4}):(..)", re.ASCII | re.DOTALL)
# up to 254 the whole path had to be that of an interface with the kernel's name
_FOUR = re.compile(r"([A-Z0-9]{4})([0-9a-fA-F]{4}):([0-9a-fA-F]{1,2})/net/eth[0-9]", re.ASCII)
_THREE = re.compile(r"([A-Z]{3})([0-9a-fA-F]{1,4}):([0-9a-fA-F]{1,2})/net/eth[0-9]", re.ASCII)
RENAMED = ("3", "4")  # NET_NAME_USER, NET_NAME_RENAMED in name_assign_type: the name is not the kernel's any more


def platform(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by ACPI identity and why, from 234 on: HISI00C2:00 is vendor HISI, model 0xc2, instance 0."""
    device, bus = trace.above(devpath)[0]
    if bus != "platform":
        raise Elsewhere("no platform device")
    if not scheme.since(234):
        raise Refused("platform devices get names from systemd 234 on")
    rest = devpath.removeprefix(PLACE) if devpath.startswith(PLACE) else ""
    identity = rest.partition("/")[0]
    if scheme.since(255):
        found = _identity(identity)
    else:
        found = _identity_of_eth(rest)
        if found is None and (found := _identity_of_eth(eth_path(rest))) is not None:
            assume_eth(devpath, trace, scheme)
    if found is None:
        trace.refused(device, "has no identity from ACPI, such as HISI00C2:00", identity or device)
        raise Refused(f"`{identity or device}` is no identity from ACPI")
    vendor, model, instance = found
    trace.used(device, f"ACPI: vendor {vendor}, model 0x{model:x}, instance {instance}", identity)
    return f"{start}a{vendor.lower()}{model:x}i{instance}", f"`{identity}` = ACPI identity"


def _identity(text: str) -> tuple[str, int, int] | None:
    match = _IDENTITY.fullmatch(text)
    if match is None:
        return None
    model, instance = hexadecimal(match[2]), hexadecimal(match[3])
    return None if model is None or instance is None else (match[1], model, instance)


def _identity_of_eth(rest: str) -> tuple[str, int, int] | None:
    match = (_FOUR if rest[8:9] == ":" else _THREE).match(rest)
    return match and (match[1], int(match[2], 16), int(match[3], 16))


def eth_path(path: str) -> str:
    """`path`, of an interface, as it was while the interface was called eth0."""
    return f"{path.rpartition('/')[0]}/eth0"


def assume_eth(devpath: str, trace: Trace, scheme: Scheme) -> None:
    """Up to 254 only an interface called eth<N> got these names, as it mostly is when udev sees it first.

    If it was renamed since, that is assumed, and marked as uncertain. Raises `Refused` if it was not.
    """
    path = f"{devpath}/name_assign_type"
    assigned = trace.read(path)
    if assigned in RENAMED or assigned is None:
        trace.lacks(path, f"systemd {scheme.release} names such devices only if the kernel called them eth<N>")
        return
    trace.refused(path, f"systemd {scheme.release} names such devices only while they are called eth<N>")
    raise Refused(f"`{devpath.rpartition('/')[2]}` is not eth<N>")
