"""Which C compiler builds a module: the one that built the kernel, or the nearest that is here."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.realkernel.build.external import run

__all__ = ["identity", "kernel_compiler", "wanted_compiler"]

_TOLD = re.compile(rb'^CONFIG_CC_VERSION_TEXT="([^"\n]{1,200})"$', re.MULTILINE)
_INSTALL = "run: apt-get install gcc"
_MAJOR = re.compile(r"(?:^|\s)([0-9]{1,3})\.[0-9]+\.[0-9]+")
CONFIG_LIMIT = 1 << 22


def wanted_compiler(headers: Path) -> str:
    """The compiler that the kernel was built with, as CONFIG_CC_VERSION_TEXT says it; "" if nothing says it."""
    for name in (".config", "include/config/auto.conf"):
        if (headers / name).is_file():
            found = _TOLD.search(read_bytes(headers / name, CONFIG_LIMIT))
            if found:
                return found[1].decode("utf-8", "replace")
    return ""


def kernel_compiler(headers: Path, which: Callable[[str], str | None] = shutil.which) -> str:
    """The program that is to build modules for these headers: gcc of the kernel's own version if it is here, else gcc.

    `which` finds programs. Raises `LabError` if there is no gcc, or if the kernel was built with another compiler.
    """
    told = wanted_compiler(headers)
    if told and "gcc" not in told.split()[0]:
        raise LabError(f"{headers}: that kernel was built with {told}, not with gcc; take another: --kernel")
    major = _MAJOR.search(told)
    for name in (f"gcc-{major[1]}" if major else "gcc", "gcc"):
        if which(name):
            return name
    raise LabError(f"no C compiler is here, and {told or 'gcc'} is needed to build modules; {_INSTALL}")


def identity(program: str) -> str:
    """What `program --version` says in its first line; raises `LabError` if it says nothing."""
    done = run([program, "--version"], limit=30)
    line = done.output.partition("\n")[0].strip()
    if done.status or not line:
        raise LabError(f"{program} does not work (status {done.status}); {_INSTALL}")
    return line
