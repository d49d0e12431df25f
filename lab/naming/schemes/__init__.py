"""The naming policies, one file each, and how they are asked.

To add a rule for another bus: write its file and add a line to `WRITERS` (writers.py). What must see all cards to name
one (the kernel's order) goes into `MACHINE_WIDE`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from lab.naming.model import Interface, Machine
from lab.naming.recorded import recorded_candidate
from lab.naming.schemes.biosdevname import all_ethn, biosdevname
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import kernel_names
from lab.naming.schemes.persistent import persistent_names
from lab.naming.schemes.writers import WRITERS, written
from lab.naming.trace import Candidate, Chain, Refused, Trace

__all__ = ["ALTNAME_MAX", "MACHINE_WIDE", "POLICIES", "candidate", "predict"]

# A function of devpath, trace and scheme that returns name and reason, or raises `Refused`.
POLICIES: dict[str, Callable[[str, Trace, Scheme], tuple[str, str]]] = {
    policy: functools.partial(written, policy) for policy in WRITERS
}

# Conventions that look at all cards at once, since one card's name depends on the others': name by devpath.
MACHINE_WIDE: dict[str, Callable[..., Mapping[str, Candidate]]] = {
    "kernel": kernel_names,
    "biosdevname": biosdevname,
    "all_ethN": all_ethn,
    "persistent": persistent_names,
}

ALTNAME_MAX = 127  # ALTIFNAMSIZ - 1: a longer name is not even a property (systemd 245 on)
IFNAME_MAX = 15  # IFNAMSIZ - 1: the limit before


def predict(machine: Machine, interface: Interface, scheme: Scheme) -> Mapping[str, Candidate]:
    """What each policy gives `interface` of `machine` under `scheme`, by policy, with provenance.

    For a udev database: the recorded names, under another scheme what follows from them, uncertain.
    """
    chains: dict[str, Chain] = {}
    return {policy: candidate(machine, interface, policy, scheme, chains) for policy in POLICIES}


def candidate(
    machine: Machine, interface: Interface, policy: str, scheme: Scheme, chains: dict[str, Chain] | None = None
) -> Candidate:
    """What `policy` (a key of `POLICIES`) gives `interface` under `scheme`.

    `chains`: the devices above each interface, kept for the next question about the same machine.
    """

    def rules(under: Scheme) -> Candidate:
        return _by_rules(machine, interface, policy, under, chains)

    recorded = machine.recorded.get(interface.devpath)
    return rules(scheme) if recorded is None else recorded_candidate(interface, policy, recorded, scheme, rules)


def _by_rules(
    machine: Machine, interface: Interface, policy: str, scheme: Scheme, chains: dict[str, Chain] | None
) -> Candidate:
    trace = Trace(machine.tree, machine.properties, release=scheme.release, chains=chains)
    name: str | None
    try:
        name, because = POLICIES[policy](interface.devpath, trace, scheme)
    except Refused as refusal:
        name, because = None, str(refusal)
    longest = ALTNAME_MAX if scheme.since(245) else IFNAME_MAX
    if name is not None and len(name.encode()) > longest:
        name, because = None, f"the name would have more than {longest} bytes"
    return Candidate(policy, name, because, tuple(trace.evidence), tuple(trace.gaps))
