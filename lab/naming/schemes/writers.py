"""Who gives each name: the rules that write ONBOARD, SLOT, PATH and MAC, the one whose word counts first.

systemd asks one rule after the other and a later one overwrites what an earlier one wrote (builtin_net_id, since 255);
before, the first rule that fitted the device was the only one, but for the devicetree. To add a bus: write its file,
and add a line here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.naming.schemes.bcma import bcma_card
from lab.naming.schemes.ccw import ccw
from lab.naming.schemes.devicetree import devicetree
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.mac import by_mac
from lab.naming.schemes.netdevsim import netdevsim
from lab.naming.schemes.onboard import by_index
from lab.naming.schemes.path import by_address
from lab.naming.schemes.pci import Card, card
from lab.naming.schemes.platform import platform
from lab.naming.schemes.prefix import prefix
from lab.naming.schemes.slot import by_slot
from lab.naming.schemes.subfunction import subfunction
from lab.naming.schemes.usb import usb_card, usb_host
from lab.naming.schemes.vio import vio
from lab.naming.schemes.virtio import virtio_card
from lab.naming.schemes.xen import xen
from lab.naming.trace import LACKING, Elsewhere, Refused, Trace

__all__ = ["WRITERS", "Writer", "written"]

Rule = Callable[[str, str, Trace, Scheme], tuple[str, str]]  # of first letters, devpath, trace, scheme
Place = Callable[[str, Trace, Scheme], Card]  # of devpath, trace, scheme
By = Callable[[str, Card, str, Trace, Scheme], tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Writer:
    """A rule, and the bus that must be above an interface for the rule to be asked; "" means any, None means none."""

    bus: str | None
    rule: Rule


def _on(place: Place, by: By) -> Rule:
    """The rule that names an interface by its PCI device: `place` finds it, `by` makes the name of it."""

    def rule(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
        return by(start, place(devpath, trace, scheme), devpath, trace, scheme)

    return rule


WRITERS: dict[str, tuple[Writer, ...]] = {
    "ONBOARD": (
        Writer("pci", _on(card, by_index)),
        Writer("auxiliary", _on(subfunction, by_index)),
        Writer("", devicetree),
    ),
    "SLOT": (
        Writer("virtio", _on(virtio_card, by_slot)),
        Writer("bcma", _on(bcma_card, by_slot)),
        Writer("usb", _on(usb_card, by_slot)),
        Writer("pci", _on(card, by_slot)),
        Writer("auxiliary", _on(subfunction, by_slot)),
        Writer("xen", xen),
        Writer("vio", vio),
    ),
    "PATH": (
        Writer("virtio", _on(virtio_card, by_address)),
        Writer("bcma", _on(bcma_card, by_address)),
        Writer("usb", _on(usb_card, by_address)),
        Writer("usb", usb_host),
        Writer("pci", _on(card, by_address)),
        Writer("auxiliary", _on(subfunction, by_address)),
        Writer("netdevsim", netdevsim),
        Writer("platform", platform),
        Writer("ccw", ccw),
        Writer("ccwgroup", ccw),
    ),
    "MAC": (Writer(None, by_mac),),
}
RULED = {writer.bus for writers in WRITERS.values() for writer in writers}


def written(policy: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name that `policy` gives the interface at `devpath` under `scheme`, and why; raises `Refused` if none."""
    start = prefix(devpath, trace, scheme)
    above = trace.above(devpath)
    buses = {bus for _, bus in above}
    if policy != "MAC":
        trace.passed_over(devpath, next((device for device, bus in above if bus == "pci"), None))
    refusal: Refused | None = None
    for writer in WRITERS[policy] if scheme.since(255) or policy == "ONBOARD" else reversed(WRITERS[policy]):
        if writer.bus in buses or writer.bus is None or (writer.bus == "" and above):
            try:
                return writer.rule(start, devpath, trace, scheme)
            except Elsewhere:
                continue
            except Refused as why:
                refusal = refusal or why
    raise refusal or _no_rule(policy, devpath, trace)


def _no_rule(policy: str, devpath: str, trace: Trace) -> Refused:
    above = trace.above(devpath)
    if not above:
        trace.refused(devpath, "virtual: no device above it", "no device")
        return Refused("virtual, on no bus")
    device, bus = next((d for d in above if d[1] != "virtio"), above[0])
    if bus is None:
        if not any(gap.reason in LACKING.values() for gap in trace.gaps):
            trace.lacks(f"{device}/subsystem", LACKING["subsystem"])
        return Refused("the bus is unknown")
    because = f"bus {bus} gives no {policy} name" if bus in RULED else f"no rule for bus {bus}"
    trace.refused(f"{device}/subsystem", because, bus)
    return Refused(because)
