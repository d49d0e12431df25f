"""This system, as far as a `.link` file may ask for it: a door to /proc and /etc of the machine that runs this."""

from __future__ import annotations

import os
from pathlib import Path

from lab.naming.link.environment import Environment

__all__ = ["this_system"]

# uname -m -> the word of ConditionArchitecture= (systemd.unit(5)); others are left unknown
ARCHITECTURES = {"x86_64": "x86-64", "aarch64": "arm64", "i686": "x86", "ppc64le": "ppc64-le", "s390x": "s390x"}


def this_system(root: Path | str = "/") -> Environment:
    """What is known of this system without asking anybody; virtualization and credentials are not."""
    base, names = Path(root), os.uname()
    line = _text(base / "proc/cmdline")
    machine_id = _text(base / "etc/machine-id")
    known = base / "sys/firmware"
    firmware = tuple(word for word, path in (("uefi", "efi"), ("device-tree", "devicetree")) if (known / path).is_dir())
    return Environment(
        hostname=names.nodename,
        machine_id=machine_id.strip() if machine_id else None,
        command_line=None if line is None else tuple(line.split()),
        kernel_version=names.release,
        architecture=ARCHITECTURES.get(names.machine),
        firmware=firmware if known.is_dir() else None,
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "backslashreplace")
    except OSError:
        return None
