"""What is known of each interface before any `.link` file is asked: the same for every set of files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.naming.link.facts import Facts, facts
from lab.naming.model import Interface, Machine
from lab.naming.schemes import predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import kernel_names
from lab.naming.trace import Candidate, Evidence

__all__ = ["PREDICTABLE", "RENAMED", "USER", "Ready", "first_names", "make_ready"]

PREDICTABLE, USER, RENAMED = "2", "3", "4"  # name_assign_type (include/uapi/linux/netdevice.h)
DATABASE = "ID_NET_NAME_FROM_DATABASE"


@dataclasses.dataclass(frozen=True, slots=True)
class Ready:
    """One interface.

    `first`: what the kernel calls it. `given`: by its word in a `.link` file what each policy gives. `assigned`: who
    gave the name that it has (name_assign_type).
    """

    interface: Interface
    first: Candidate
    facts: Facts
    given: Mapping[str, Candidate]
    assigned: str


def make_ready(
    machine: Machine,
    scheme: Scheme,
    first: Mapping[str, Candidate],
    offered: Mapping[str, Mapping[str, Candidate]] | None = None,
    booted: bool = True,
) -> dict[str, Ready]:
    """Every interface of `machine` but the loopback, by devpath; the other arguments as for `decide`."""
    found = {}
    for interface in machine.interfaces:
        if interface.is_loopback:
            continue
        path = interface.devpath
        names = (offered or {}).get(path) or predict(machine, interface, scheme)
        known = facts(machine, interface, str(first[path].name), names, scheme)
        given = _given(machine, interface, names)
        found[path] = Ready(interface, first[path], known, given, _assigned(machine, interface, booted))
    return found


def first_names(machine: Machine, booted: bool) -> dict[str, Candidate]:
    """What the kernel calls each interface before udev sees it."""
    derived = kernel_names(machine) if booted else {}
    found = {}
    for interface in machine.interfaces:
        candidate = derived.get(interface.devpath)
        if candidate is None or candidate.name is None or _assigned(machine, interface, booted) == PREDICTABLE:
            candidate = Candidate("kernel", interface.ifname, "as it is called")
        found[interface.devpath] = candidate
    return found


def _assigned(machine: Machine, interface: Interface, booted: bool) -> str:
    text = machine.tree.text(f"{interface.devpath}/name_assign_type") or ""
    return "1" if booted and text == RENAMED and interface.is_card else text


def _given(machine: Machine, interface: Interface, offered: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """What each policy of a `.link` file gives, by its word there."""
    name = machine.properties.get(interface.devpath, {}).get(DATABASE)
    rule = "the hardware database names it" if name else "the hardware database, as far as known, does not name it"
    evidence = Evidence(f"{interface.devpath} {DATABASE}", name, rule, "used" if name else "unreadable")
    database = Candidate("database", name, rule, (evidence,))
    return {"database": database, **{policy.lower(): c for policy, c in offered.items()}}
