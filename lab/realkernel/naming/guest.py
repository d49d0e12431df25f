"""A declared topology as a guest with the real udev in it."""

from __future__ import annotations

import re

from lab.naming.topologies.topology import Topology
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import version
from lab.realkernel.naming.script import STEPS, script
from lab.realkernel.root.udev_root import UdevRoot
from lab.realkernel.topology_qemu import qemu_words

__all__ = ["naming_guest"]

COLLECTOR = "collect-sysfs"
OLDEST_QEMU = (7, 2)  # the release that the words were tried with; assumed where QEMU does not say
_NO_NAME = re.compile(r"[^a-z0-9]+")


def naming_guest(topology: Topology, kernel: Kernel, udev: UdevRoot) -> Guest:
    """The guest that `kernel` and `udev` name the cards of `topology` in.

    Raises `LabError` for a card that this QEMU has not, and where the collector is missing.
    """
    words = qemu_words(topology, _qemu())
    name = _NO_NAME.sub("-", topology.name.lower())[:30].strip("-") or "topology"
    return Guest(
        name=f"naming-{name}",
        kernel=kernel,
        script=script(words.premod),
        files={**udev.files, f"bin/{COLLECTOR}": linux_sources("init") / COLLECTOR},
        links=udev.links,
        modules=words.modules,
        devices=words.devices,
        machine=words.machine,
        cpus=words.cpus,
        append=words.append,
        steps=STEPS,
    )


def _qemu() -> tuple[int, int]:
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version())
    return OLDEST_QEMU if found is None else (int(found[1]), int(found[2]))
