"""What timings of whole commands share: a tree of their own to write into, and the stopwatch."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

__all__ = ["linked", "seconds"]


@contextlib.contextmanager
def linked(root: Path) -> Iterator[tuple[Path, str]]:
    """A scratch folder with the same lib/modules as `root`, as hard links where it can be; and the kernel's version.

    Index files written into it leave `root` as it is; a module must be replaced there, not written into.
    """
    base = Path(tempfile.mkdtemp(prefix="kernel-lab-bench-"))
    real, target = (root / "lib/modules").resolve(), base / "lib/modules"
    try:
        try:
            shutil.copytree(real, target, symlinks=True, copy_function=os.link)
        except (OSError, shutil.Error):  # another file system
            shutil.copytree(real, target, symlinks=True, dirs_exist_ok=True)
        yield base, next(p.name for p in target.iterdir())
    finally:
        shutil.rmtree(base)


def seconds(command: Sequence[str], before: Callable[[], None] | None = None) -> float:
    """How long `command` takes from its start to its end, what it prints thrown away; `before` runs untimed."""
    if before is not None:
        before()
        time.sleep(0.05)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
