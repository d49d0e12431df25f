"""What this machine offers to the lab, and the one command that adds what is missing. Reads only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.findings import Finding, Which, remedy, system_id, table
from lab.core.timing import allowed_cores

__all__ = ["Finding", "examine", "remedy", "system_id", "table"]

LIBRARIES = {  # import name -> distribution
    "anywidget": "anywidget",
    "elftools": "pyelftools",
    "ipykernel": "ipykernel",
    "ipywidgets": "ipywidgets",
    "joblib": "joblib",
    "jupyterlab": "jupyterlab",
    "numba": "numba",
    "pyroute2": "pyroute2",
    "simpy": "simpy",
    "zstandard": "zstandard",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QEMU = {"x86_64": ("qemu-system-x86_64", "qemu-system-x86"), "aarch64": ("qemu-system-aarch64", "qemu-system-arm")}


def examine(root: Path = Path("/"), which: Which = shutil.which) -> tuple[Finding, ...]:
    """Look at everything once, in under three seconds: `root` holds /sys, /boot, /lib and /dev, `which` finds programs.

    Source of each answer: the thing itself (a netlink reply, a file, a program on the path), never a version.
    """
    machine = os.uname().machine
    return (
        _python(),
        _libraries(),
        _kernelspec(),
        _data(),
        _cache(),
        _cores(),
        _netlink(),
        _sysfs(root),
        _kernel_files(root),
        _program(("cc", "gcc", "clang"), which, "compiler", "builds what runs inside Linux", "gcc"),
        _program(("udevadm",), which, "udevadm", "the tests ask the real udev", "udev"),
        _program(("modprobe",), which, "kmod", "the tests ask the real depmod and modinfo", "kmod"),
        _program(BROWSERS, which, "browser", "the tests drive the notebooks in it", "chromium"),
        _qemu(root, machine, which),
    )


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("Python", "yes" if good else "no", f"{version}, {sys.executable}", "3.11 or newer", needed=True)


def _libraries() -> Finding:
    missing = tuple(name for module, name in LIBRARIES.items() if importlib.util.find_spec(module) is None)
    found = f"missing: {', '.join(missing)}" if missing else f"all {len(LIBRARIES)}"
    return Finding("libraries", "no" if missing else "yes", found, "Jupyter, widgets, ELF, SimPy, Numba, netlink",
                   needed=True, pypi=missing)  # fmt: skip


def _kernelspec() -> Finding:
    use = "the notebooks open without asking for a kernel"
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return Finding("kernelspec", "no", "jupyter_client is missing", use, needed=True, pypi=("jupyterlab",))
    place = KernelSpecManager().find_kernel_specs().get("kernel-lab")
    found = place or "kernel-lab is in none of Jupyter's folders"
    return Finding("kernelspec", "yes" if place else "no", found, use, needed=True,
                   pypi=() if place else ("kernel-feature-lab",))  # fmt: skip


def _data() -> Finding:
    use = "recordings of real machines, symbols and traces"
    try:
        sets = dataset.listed()
        for item in sets:
            item.verify()
    except LabError as error:
        return Finding("bundled data", "no", str(error), use, needed=True)
    return Finding("bundled data", "yes" if sets else "no", f"{len(sets)} data sets, as bundled", use, needed=True)


def _cache() -> Finding:
    from lab.core.compiled import user_folder

    use = "compiled code is kept for the next time"
    folder = user_folder()
    place = next(p for p in (folder, *folder.parents) if p.exists())
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding("compile cache", "yes", str(folder), use)
    found = f"{folder} cannot be written: compiled anew each time; set XDG_CACHE_HOME to a folder of yours"
    return Finding("compile cache", "no", found, use)


def _cores() -> Finding:
    allowed, seen = allowed_cores(), os.cpu_count() or 1
    return Finding("cores", "yes", f"{allowed} allowed of {seen} seen", "measurements and sweeps use those allowed")


def _netlink() -> Finding:
    from lab.naming.sources.live import netlink

    use = "lists this machine's interfaces"
    try:
        return Finding("netlink", "yes", f"{len(netlink())} interfaces", use)
    except LabError as error:
        missing = importlib.util.find_spec("pyroute2") is None
        return Finding("netlink", "no", str(error), use, pypi=("pyroute2",) if missing else ())


def _sysfs(root: Path) -> Finding:
    use = "what a name is made of: addresses, slots, ports"
    interfaces, cards = _names(root / "sys/class/net"), _names(root / "sys/bus/pci/devices")
    if interfaces is None:
        return Finding("sysfs", "no", f"{root / 'sys/class/net'} cannot be read; the recordings work without", use)
    found = f"{len(interfaces)} interfaces, {len(cards or ())} PCI devices"
    return Finding("sysfs", "yes" if cards else "partly", found, use)


def _kernel_files(root: Path) -> Finding:
    use = "symbols of a kernel of yours; a data set is bundled, and kernel-lab kernel fetch gets one to boot"
    images = [name for name in _names(root / "boot") or () if name.startswith("vmlinuz")]
    trees = [
        name for name in _names(root / "lib/modules") or () if (root / "lib/modules" / name / "modules.dep").is_file()
    ]
    state = "yes" if images and trees else "partly" if images or trees else "no"
    found = f"{len(images)} images in {root / 'boot'}, {len(trees)} trees in {root / 'lib/modules'}"
    return Finding("kernel files", state, found, use)


def _program(names: Sequence[str], which: Which, part: str, use: str, package: str) -> Finding:
    place = next((found for name in names if (found := which(name))), "")
    return Finding(part, "yes" if place else "no", place or "not on the path", use, debian=(package,))


def _qemu(root: Path, machine: str, which: Which) -> Finding:
    use = "boots real kernels; kernel-lab kernel doctor tries it"
    program, package = QEMU.get(machine, (f"qemu-system-{machine}", ""))
    place = which(program)
    if not place:
        return Finding("QEMU", "no", f"{program} is not on the path", use, debian=(package,) if package else ())
    fast = os.access(root / "dev/kvm", os.R_OK | os.W_OK)
    found = f"{place}, {'/dev/kvm is open' if fast else 'without /dev/kvm: emulated'}"
    return Finding("QEMU", "yes", found, use)


def _names(folder: Path) -> list[str] | None:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None
