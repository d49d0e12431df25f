"""Boot a kernel with three cards, load the driver, live through its life."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.core.progress import Progress, silent, step
from lab.realkernel.boot import Boot, boot
from lab.realkernel.build.module_build import build_module, build_program
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine.qemu import TCG
from lab.realkernel.netnode.contract import STEPS
from lab.realkernel.netnode.result import NetnodeResult, judged
from lab.realkernel.root.udev_root import UdevRoot, udev_root

__all__ = ["FILES", "LIMIT", "built", "netnode_guest", "run_netnode", "stress_guest"]

LIMIT = LIMITS["netnode"]  # seconds of the boot
FILES = ("seen.txt", "events.txt", "dmesg.txt")  # what the story sends
RULES = "70-netnode.rules"
DRIVERS = ("virtio_pci", "virtio_net", "e1000e", "veth", "dummy")
# A virtio card on the root bus, and an e1000e in each of two slots. The slots are PCI Express's own, not ACPI's, so
# that they are numbered as they are declared here (kernels/linux/netnode/story.sh names them).
CARDS = (
    "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
    "-device", "virtio-net-pci,bus=pcie.0,addr=3,mac=52:54:00:00:00:01",
    "-device", "pcie-root-port,id=slot11,chassis=1,slot=11,addr=4",
    "-device", "e1000e,bus=slot11,mac=52:54:00:00:00:02",
    "-device", "pcie-root-port,id=slot12,chassis=2,slot=12,addr=5",
    "-device", "e1000e,bus=slot12,mac=52:54:00:00:00:03",
)  # fmt: skip


def run_netnode(
    kernel: Kernel,
    accel: str = TCG,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
    udev: UdevRoot | None = None,
) -> NetnodeResult:
    """Build the driver for `kernel`, boot it with three cards, live through every step of story.sh.

    `limit`: seconds that the guest has; `keep`: a folder that gets its console and all it sent; `udev`: whose
    systemd-udevd is used (this machine's). A promise that is not kept is in the result; `LabError` is raised where the
    driver cannot be built, the guest not be booted, or what it sent is damaged.
    """
    guest = netnode_guest(kernel, udev or udev_root(), built(kernel, progress))
    made = boot(guest, accel, limit, progress, keep)
    return judged(_texts(made), accel, made.seconds, "booted now")


def built(kernel: Kernel, progress: Progress = silent) -> Mapping[str, bytes | Path]:
    """The module and the two programs, by their path in the guest."""
    source = linux_sources("netnode")
    tell = step(progress, 0, 2, f"build netnode for {kernel.release}")
    return {
        "lab/netnode.ko": build_module(source, kernel, tell),
        "lab/netnode-tool": build_program(source, "netnode-tool", tell),
        "lab/netnode-stress": build_program(source, "netnode-stress", tell),
    }


def netnode_guest(kernel: Kernel, udev: UdevRoot, files: Mapping[str, bytes | Path]) -> Guest:
    """The guest that lives through story.sh; `files` as `built` gives them."""
    source = linux_sources("netnode")
    rules = {f"usr/lib/udev/rules.d/{RULES}": source / RULES}
    return Guest(
        "netnode",
        kernel,
        _script("story.sh"),
        files={**udev.files, **rules, **files},
        links=udev.links,
        modules=DRIVERS,
        devices=CARDS,
        steps=tuple(STEPS),
    )


def stress_guest(
    kernel: Kernel, files: Mapping[str, bytes | Path], rounds: int = 8, interfaces: int = 24, readers: int = 4
) -> Guest:
    """The guest that runs stress.sh on two processors: `rounds` of so many `interfaces`, watched by `readers`."""
    words = f"lab.stress={rounds},{interfaces},{readers}"
    return Guest(
        "netnode-stress",
        kernel,
        _script("stress.sh"),
        files=files,
        modules=("veth", "dummy"),
        cpus=2,
        append=(words,),
        steps=("stress", "unload", "reload"),
    )


def _script(name: str) -> str:
    return read_bytes(linux_sources("netnode") / name).decode()


def _texts(made: Boot) -> dict[str, str]:
    missing = [name for name in FILES if name not in made.files]
    if missing:
        raise LabError(f"the guest netnode sent no {', '.join(missing)}; look at its console with --keep DIR")
    return {name: made.text(name) for name in FILES}
