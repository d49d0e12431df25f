"""built-in: a module of this name is part of the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import SYSFS, Finding, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["built_in"]


def built_in(asked: Question) -> Iterator[Finding]:
    """A built-in module is one that modprobe takes for loaded; the kernel refuses it where /sys/module/NAME is there.

    mod_sysfs_init() (kernel/module/sysfs.c) says "module is already loaded" (EINVAL). Built-in modules have that
    folder for their parameters and version (kernel/params.c).
    """
    name = asked.module.name
    if name in asked.index.builtin:
        yield Reason("built-in", None, f"the module is called {name}, modules.builtin lists {name}", SYSFS)
        yield Uncertain(
            "built-in",
            f"modprobe loads no file for it; insmod is refused only where /sys/module/{name} is there, in 6.1 if the "
            "built-in one has parameters or a version",
        )
