"""What a machine has and lacks, part by part, and the one command that adds what is missing."""

from __future__ import annotations

import dataclasses
import importlib.util
import platform
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence

from lab.core.table import Table

__all__ = ["Finding", "Which", "remedy", "system_id", "table"]

Which = Callable[[str], str | None]

UBUNTU = {"linux-image-amd64": "linux-image-generic", "linux-image-arm64": "linux-image-generic",
          "chromium": "chromium-browser"}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One part of the machine: `state` is "yes", "partly" or "no", `found` says what is there or why not.

    `use`: what the lab does with it. `needed`: without it the lab does not work. `debian`: packages
    and `pypi`: distributions that bring it, where that is all it takes.
    """

    part: str
    state: str
    found: str
    use: str
    needed: bool = False
    debian: tuple[str, ...] = ()
    pypi: tuple[str, ...] = ()


def table(findings: Sequence[Finding]) -> Table:
    """The findings as rows for a terminal."""
    rows = tuple((f.part, f.state, f.found, ("needed: " if f.needed else "") + f.use) for f in findings)
    return Table(("part", "here", "found", "what for"), rows)


def remedy(findings: Sequence[Finding], *, superuser: bool, system: str, which: Which = shutil.which) -> str:
    """The one command that adds every missing part that a package can bring; "" if there is none.

    `superuser`: no sudo is needed. `system`: the ID of os-release(5), as Ubuntu has two names of its own.
    """
    names = UBUNTU if system == "ubuntu" else {}
    pypi = sorted({name for f in findings if f.state != "yes" for name in f.pypi})
    debian = sorted({names.get(name, name) for f in findings if f.state != "yes" for name in f.debian})
    steps: list[str] = []
    if pypi:
        steps.append(shlex.join([*_pip(), "install", *pypi]))
    if debian and which("apt-get"):
        sudo = "" if superuser else "sudo "
        steps.append(f"{sudo}apt-get update")
        steps.append(f"{sudo}apt-get install --no-install-recommends {shlex.join(debian)}")
    elif debian:
        steps.append(f"# with this system's package manager, what Debian calls: {', '.join(debian)}")
    return " && ".join(steps)


def system_id() -> str:
    """The distribution's ID after os-release(5): "debian", "ubuntu"; "" where there is no such file."""
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return ""


def _pip() -> list[str]:
    """How to reach pip: the environment that `make lab` sets up has none of its own."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    return ["pip", "--python", sys.executable]
