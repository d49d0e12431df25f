"""The naming policies, one file each, and how they are asked.

To add one: write its file (a function of devpath, trace and scheme that returns name and reason, or raises
`Refused`), and add a line to `POLICIES`. What must see all cards to name one (the kernel's order) goes
into `MACHINE_WIDE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lab.naming.model import Interface, Machine, Recorded
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import kernel_names
from lab.naming.schemes.mac import mac
from lab.naming.schemes.onboard import onboard
from lab.naming.schemes.path import path
from lab.naming.schemes.slot import slot
from lab.naming.trace import Candidate, Evidence, Gap, Refused, Trace

__all__ = ["ALTNAME_MAX", "MACHINE_WIDE", "POLICIES", "candidate", "predict"]

POLICIES: dict[str, Callable[[str, Trace, Scheme], tuple[str, str]]] = {
    "ONBOARD": onboard,
    "SLOT": slot,
    "PATH": path,
    "MAC": mac,
}

# Conventions that look at all cards at once, since one card's name depends on the others': name by devpath.
MACHINE_WIDE: dict[str, Callable[[Machine], Mapping[str, Candidate]]] = {
    "kernel": kernel_names,
}

ALTNAME_MAX = 127  # ALTIFNAMSIZ - 1: a longer name is not even a property (systemd 245 on)


def predict(machine: Machine, interface: Interface, scheme: Scheme) -> Mapping[str, Candidate]:
    """What each policy gives `interface` of `machine` under `scheme`, by policy, with provenance.

    For a udev database these are the recorded names, uncertain under another scheme than the recorded one.
    """
    return {policy: candidate(machine, interface, policy, scheme) for policy in POLICIES}


def candidate(machine: Machine, interface: Interface, policy: str, scheme: Scheme) -> Candidate:
    """What `policy` (a key of `POLICIES`) gives `interface` under `scheme`."""
    recorded = machine.recorded.get(interface.devpath)
    if recorded is not None:
        return _from_record(interface, policy, recorded, scheme)
    trace = Trace(machine.tree)
    name: str | None
    try:
        name, because = POLICIES[policy](interface.devpath, trace, scheme)
    except Refused as refusal:
        name, because = None, str(refusal)
    if name is not None and len(name.encode()) > ALTNAME_MAX:
        name, because = None, f"the name would have more than {ALTNAME_MAX} bytes"
    return Candidate(policy, name, because, tuple(trace.evidence), tuple(trace.gaps))


def _from_record(interface: Interface, policy: str, recorded: Recorded, scheme: Scheme) -> Candidate:
    name, under = recorded.names.get(policy), recorded.scheme or "an unknown scheme"
    rule = f"recorded by udev under {under}"
    evidence = Evidence(f"{interface.devpath} ID_NET_NAME_{policy}", name, rule, "used" if name else "unreadable")
    gaps: tuple[Gap, ...] = ()
    if recorded.scheme != scheme.name:
        gaps = (Gap("sysfs", f"recorded under {under}; what {scheme.name} gives cannot be told from this text"),)
    return Candidate(policy, name, rule if name else f"udev recorded none under {under}", (evidence,), gaps)
