"""Machines that are declared, not recorded: the same object is predicted here and booted by `lab.realkernel`.

`topology_of(what)`        the topology of a preset ("card-added", "t09b") or of a TOML file
`machine(topology)`        the sysfs that Linux would show on it, as a machine that every command of the room takes
`steps.after(topology, step)`  the topology after a what-if step, in the grammar of `lab.naming.whatif`
`PRESETS`                  the classic accidents of naming, by name

A file declares a machine in a few lines (`topology_text` writes one):

    name = "two-cards"
    chipset = "q35"            # or pc, which has conventional PCI only
    hotplug = "native"         # or acpi (what QEMU does if nobody says otherwise), or none

    [[device]]
    id = "rp1"
    kind = "root-port"
    device = 4                 # 0000:00:04.0
    slot = 11

    [[device]]
    id = "nic1"
    kind = "e1000e"
    on = "rp1"                 # 0000:01:00.0, so ens11
    mac = "52:54:00:00:00:01"
"""

from __future__ import annotations

from lab.naming.topologies.choice import topology_of
from lab.naming.topologies.kinds import KINDS, Kind
from lab.naming.topologies.presets import ALIASES, PRESETS, preset
from lab.naming.topologies.sysfs import machine
from lab.naming.topologies.text import parse_topology, read_topology, topology_text
from lab.naming.topologies.topology import Device, Onboard, Topology

__all__ = [
    "ALIASES",
    "KINDS",
    "PRESETS",
    "Device",
    "Kind",
    "Onboard",
    "Topology",
    "machine",
    "parse_topology",
    "preset",
    "read_topology",
    "topology_of",
    "topology_text",
]
