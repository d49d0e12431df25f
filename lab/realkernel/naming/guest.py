"""A declared topology as a guest with the real udev in it."""

from __future__ import annotations

import re

from lab.naming.topologies.firmware import TRIED
from lab.naming.topologies.topology import Topology
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.naming.script import STEPS, script
from lab.realkernel.root.udev_root import UdevRoot
from lab.realkernel.topology_qemu import qemu_release, qemu_words

__all__ = ["naming_guest"]

COLLECTOR = "collect-sysfs"
_NO_NAME = re.compile(r"[^a-z0-9]+")


def naming_guest(topology: Topology, kernel: Kernel, udev: UdevRoot, qemu: str = "") -> Guest:
    """The guest that `kernel` and `udev` name the cards of `topology` in, for the version `qemu` of QEMU.

    Raises `LabError` for a card that this QEMU has not, and where the collector is missing.
    """
    words = qemu_words(topology, qemu_release(qemu) or TRIED)
    name = _NO_NAME.sub("-", topology.name.lower())[:30].strip("-") or "topology"
    return Guest(
        name=f"naming-{name}",
        kernel=kernel,
        script=script(words.premod, len(topology.cards)),
        files={**udev.files, f"bin/{COLLECTOR}": linux_sources("init") / COLLECTOR},
        links=udev.links,
        modules=words.modules,
        devices=words.devices,
        machine=words.machine,
        cpus=words.cpus,
        append=words.append,
        steps=STEPS,
    )
