"""What this machine has and lacks for each of the four runs on a real kernel."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.findings import Finding, Which, remedy
from lab.realkernel.build.compiler import identity, kernel_compiler, wanted_compiler
from lab.realkernel.build.external import run
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.kernels import apt
from lab.realkernel.kernels.cache import cache_folder, kernels_folder
from lab.realkernel.kernels.fetch import free_space
from lab.realkernel.kernels.find import find_kernel
from lab.realkernel.machine import accel, qemu
from lab.realkernel.machine.supervise import guards
from lab.realkernel.root.initramfs import busybox
from lab.realkernel.root.udev_root import udev_root

__all__ = ["FETCH", "NEEDS", "RUNS", "advice", "examine", "missing"]

RUNS = ("naming", "netnode", "symbols", "asyncpf")
MODULES = ("netnode", "symbols")
PROGRAMS = ("netnode", "asyncpf")
# part -> the runs that do not work without it; a part that is not here makes things faster or easier
NEEDS: Mapping[str, tuple[str, ...]] = {
    "QEMU": RUNS,
    "busybox": RUNS,
    "kernel": ("naming", "netnode", "symbols"),
    "cloud kernel": ("asyncpf",),
    "headers": MODULES,
    "udev": ("naming", "netnode"),
    "compiler": ("netnode", "symbols", "asyncpf"),
    "make": ("netnode", "symbols", "asyncpf"),
    "static libc": PROGRAMS,
}
FETCH = "kernel-lab kernel fetch"
SPACE = 800_000_000  # bytes: Debian 12's two kernels with headers are 113 MB to download and 587 MB unpacked


def examine(
    root: Path | str = "/", fetched: Path | None = None, which: Which = shutil.which, try_kvm: bool = True
) -> tuple[Finding, ...]:
    """Look at every part once.

    `root`: where the machine's kernels and its udev are, `fetched`: the folder of fetched ones, by default this
    user's. `which` finds programs. `try_kvm`: start a kernel under KVM, which takes seconds where that does not work;
    the answer is remembered until the machine starts again.
    """
    full, cloud, headed = (
        _kernel(flavour, headers, root, fetched) for flavour, headers in ((FULL, False), (CLOUD, False), (FULL, True))
    )
    return (
        _qemu(which),
        _kvm(cloud, try_kvm, which),
        _busybox(which),
        _guard(which),
        _kernel_part("kernel", full, "naming, netnode, symbols: boots; it has the drivers of every card"),
        _cloud_part(cloud),
        _headers_part(headed),
        _udev(root),
        _compiler(headed, which),
        _program("make", which),
        _libc(which),
        _packages(root, which),
        _space(isinstance(full, Kernel), kernels_folder() if fetched is None else fetched),
    )


def missing(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """Run -> the parts that it lacks; nothing for a run that works."""
    gone = [finding.part for finding in findings if finding.state == "no"]
    return {name: tuple(part for part in gone if name in NEEDS.get(part, ())) for name in RUNS}


def advice(findings: Sequence[Finding], *, superuser: bool, system: str, which: Which = shutil.which) -> str:
    """The one command that adds all that is missing, as `lab.core.findings.remedy`; "" if nothing is."""
    install = remedy(findings, superuser=superuser, system=system, which=which)
    states = {finding.part: finding.state for finding in findings}
    steps = [install] if install else []
    if any(states.get(part) == "no" for part in ("kernel", "cloud kernel", "headers")) and states["fetching"] != "no":
        if states["fetching"] == "partly" and not install:
            steps.append("apt-get update" if superuser else "sudo apt-get update")
        steps.append(FETCH)
    return " && ".join(steps)


def _kernel(flavour: str, headers: bool, root: Path | str, fetched: Path | None) -> Kernel | str:
    """The kernel that would be booted, or why there is none."""
    try:
        return find_kernel(None, flavour, headers=headers, root=root, fetched=fetched)
    except LabError as error:
        return str(error)


def _qemu(which: Which) -> Finding:
    use = "all: the machine that is booted"
    place = which(qemu.PROGRAM)
    if place is None:
        return Finding("QEMU", "no", f"{qemu.PROGRAM} is not on the path", use, debian=("qemu-system-x86",))
    try:
        return Finding("QEMU", "yes", f"{qemu.version() or 'of unknown version'}, {place}", use)
    except LabError as error:
        return Finding("QEMU", "no", str(error), use, debian=("qemu-system-x86",))


def _kvm(kernel: Kernel | str, try_it: bool, which: Which) -> Finding:
    use = "all: boots faster; without it the guest is emulated"
    if not os.access(accel.DEVICE, os.R_OK | os.W_OK):
        return Finding("KVM", "no", f"{accel.DEVICE} is not here or not open to this user", use)
    if isinstance(kernel, str) or which(qemu.PROGRAM) is None or not try_it:
        return Finding("KVM", "partly", f"{accel.DEVICE} is open; whether a guest runs was not tried", use)
    try:
        chosen = accel.choose(accel.AUTO, kernel)
    except LabError as error:
        return Finding("KVM", "no", str(error), use)
    return Finding("KVM", "yes" if chosen.name == qemu.KVM else "no", chosen.why, use)


def _busybox(which: Which) -> Finding:
    use = "all: the guest's shell"
    if which("busybox") is None:
        return Finding("busybox", "no", "not on the path", use, debian=("busybox-static",))
    try:
        return Finding("busybox", "yes", f"static, {busybox()}", use)
    except (LabError, OSError) as error:
        return Finding("busybox", "no", str(error), use, debian=("busybox-static",))


def _guard(which: Which) -> Finding:
    use = "all: ends QEMU when the lab itself is killed"
    place = which("setpriv")
    if place is None:
        return Finding("setpriv", "no", "not on the path (util-linux)", use)
    if not guards(place):
        return Finding("setpriv", "no", f"{place} does not know --pdeathsig, which that of util-linux does", use)
    return Finding("setpriv", "yes", place, use)


def _kernel_part(part: str, kernel: Kernel | str, use: str) -> Finding:
    if isinstance(kernel, str):
        return Finding(part, "no", kernel, use)
    return Finding(part, "yes", f"{kernel.release}, in {_short(kernel.image.parent)}", use)


def _short(path: Path | None) -> str:
    """A path as a person writes it: ~ for home, and the cache alone, whatever is below it."""
    with contextlib.suppress(LabError):  # no home, no cache
        cache = cache_folder()
        path = cache if path is not None and path.is_relative_to(cache) else path
    home = os.path.expanduser("~")
    return str(path).replace(home, "~", 1) if home != "/" else str(path)


def _cloud_part(kernel: Kernel | str) -> Finding:
    use = "asyncpf: boots; the smaller one is faster"
    if isinstance(kernel, Kernel) and kernel.flavour != CLOUD:
        return Finding("cloud kernel", "partly", f"none; {kernel.release} is taken, which is slower", use)
    return _kernel_part("cloud kernel", kernel, use)


def _headers_part(kernel: Kernel | str) -> Finding:
    use = "netnode, symbols: modules are built against them"
    if isinstance(kernel, str):
        return Finding("headers", "no", kernel, use)
    return Finding("headers", "yes", f"{kernel.release}, in {_short(kernel.headers)}", use)


def _udev(root: Path | str) -> Finding:
    use = "naming, netnode: runs in the guest"
    try:
        return Finding("udev", "yes", f"{len(udev_root(root).files)} files below {root}", use)
    except (LabError, OSError) as error:
        return Finding("udev", "no", str(error), use, debian=("udev",))


def _compiler(kernel: Kernel | str, which: Which) -> Finding:
    use = "netnode, symbols, asyncpf: builds what runs inside Linux"
    if which("gcc") is None:
        return Finding("compiler", "no", "gcc is not on the path", use, debian=("gcc",))
    try:
        headers = kernel.headers if isinstance(kernel, Kernel) else None
        program = "gcc" if headers is None else kernel_compiler(headers, which)
        told = "" if headers is None else wanted_compiler(headers)
        here = identity(program)
    except LabError as error:
        return Finding("compiler", "no", str(error), use)
    same = not told or told.split()[1:] == here.split()[1:]
    return Finding("compiler", "yes", here if same else f"{here}; the kernel was built with {told}", use)


def _program(name: str, which: Which) -> Finding:
    place = which(name)
    use = "netnode, symbols, asyncpf: drives the build"
    return Finding(name, "yes" if place else "no", place or "not on the path", use, debian=(name,))


def _libc(which: Which) -> Finding:
    use = "netnode, asyncpf: programs in the guest have no libraries"
    if which("gcc") is None:
        return Finding("static libc", "no", "asked of gcc, which is not here", use, debian=("libc6-dev",))
    try:
        place = os.path.normpath(run(["gcc", "-print-file-name=libc.a"], limit=30).output.strip())
    except LabError as error:
        return Finding("static libc", "no", str(error), use, debian=("libc6-dev",))
    there = os.path.isabs(place) and os.path.isfile(place)
    return Finding("static libc", "yes" if there else "no", place if there else "no libc.a", use, debian=("libc6-dev",))


def _packages(root: Path | str, which: Which) -> Finding:
    use = f"{FETCH}: brings kernel and headers"
    try:
        apt.require(which)
    except LabError as error:
        return Finding("fetching", "no", str(error), use)
    place = which("apt-get") or "apt-get"
    if not apt.has_lists(root):
        return Finding("fetching", "partly", f"{place}, but its lists of packages are not here: apt-get update", use)
    return Finding("fetching", "yes", place, use)


def _space(fetched: bool, folder: Path) -> Finding:
    use = f"{FETCH}: room for kernel and headers"
    try:
        free = free_space(folder)
    except OSError as error:
        return Finding("space", "no", f"{folder}: {error.strerror}", use)
    told = f"{free / 1e9:.1f} GB free for {_short(folder)}"
    enough = fetched or free >= SPACE
    return Finding("space", "yes" if enough else "no", told if enough else f"{told}; {SPACE / 1e9} GB needed", use)
