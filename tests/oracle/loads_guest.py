"""One boot of a real kernel in QEMU that loads modules and says what came of each: no network, no disk."""

from __future__ import annotations

import dataclasses
import gzip
import re
import shutil
import subprocess
from pathlib import Path

from tests.oracle.loads_cases import Case

SECONDS = 300  # a boot and a hundred loads take a tenth of it
INIT = """#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
export PATH=/bin
busybox --install -s /bin
dmesg -n 1
echo 0 > /proc/sys/kernel/printk_ratelimit
. /run.sh
echo "##over"
poweroff -f
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What the kernel said of one case: `said` is what insmod printed ("" for nothing), `log` the kernel's lines.

    `called`: the loader took the module and called its init function, which may have failed for want of hardware.
    """

    said: str
    log: tuple[str, ...]
    called: bool


def lacking() -> str:
    """What this machine has not that a boot needs, or ""."""
    wanted = {"qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static"}
    return ", ".join(package for program, package in wanted.items() if shutil.which(program) is None)


def boot(image: Path, tree: dict[str, bytes], cases: list[Case], folder: Path) -> dict[str, Answer]:
    """Boot `image`, load each case (after what it needs of `tree`, which is unloaded again), return the answers.

    Raises `RuntimeError` with the console's end if the guest does not come to its end.
    """
    files = {"init": INIT.encode(), "run.sh": "".join(map(_script, cases)).encode()}
    files |= {f"c/{case.name}.ko": case.data for case in cases} | {f"t/{name}.ko": d for name, d in tree.items()}
    busybox = shutil.which("busybox")
    assert busybox is not None
    files["bin/busybox"] = Path(busybox).read_bytes()
    initrd = folder / "initrd.gz"
    initrd.write_bytes(gzip.compress(_cpio(files, {"bin/sh": "busybox"}), 1))
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "max", "-m", "1024", "-nodefaults",
        "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(image),
        "-initrd", str(initrd), "-append", "console=ttyS0 panic=-1 quiet mitigations=off initcall_debug",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
        console = done.stdout.decode("utf-8", "replace").replace("\r", "")
    except subprocess.TimeoutExpired as late:
        console = (late.stdout or b"").decode("utf-8", "replace").replace("\r", "")
    if "##over" not in console:
        raise RuntimeError(f"the guest did not come to its end; its console ends with:\n{console[-2000:]}")
    return {name: _answer(text) for name, text in re.findall(r"^##case (\S+)\n(.*?)^##end$", console, re.M | re.S)}


def _script(case: Case) -> str:
    before = "".join(f"insmod /t/{name}.ko >/dev/null 2>&1\n" for name in case.needs)
    after = "".join(f"rmmod {name} >/dev/null 2>&1\n" for name in reversed(case.needs))
    enforce = "echo 1 > /sys/module/module/parameters/sig_enforce\n" if case.enforce else ""
    # what stays loaded of the case is whatever came on top of the list
    return (
        f"{enforce}{before}dmesg -c >/dev/null\nset -- $(cut -d' ' -f1 /proc/modules)\necho '##case {case.name}'\n"
        f"insmod /c/{case.name}.ko\ndmesg -c\necho '##end'\n"
        'for m in $(cut -d" " -f1 /proc/modules); do case " $* " in *" $m "*) ;; *) rmmod $m >/dev/null 2>&1;; esac; '
        f"done\n{after}"
    )


def _answer(text: str) -> Answer:
    lines = text.splitlines()
    said = " ".join(line for line in lines if line.startswith("insmod:"))
    log = [line.partition("] ")[2] for line in lines if line.startswith("[")]
    return Answer(said, tuple(log), any(line.startswith("calling  ") for line in log))


def _cpio(files: dict[str, bytes], links: dict[str, str]) -> bytes:
    """A newc archive (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    folders = sorted({str(p) for name in files for p in Path(name).parents if str(p) != "."})
    entries = [(f, 0o40755, b"") for f in [*folders, "dev"]]
    entries += [(name, 0o100755, data) for name, data in files.items()]
    entries += [(name, 0o120777, target.encode()) for name, target in links.items()]
    parts = []
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        fields = (number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
        parts.append(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
    return b"".join(parts)
