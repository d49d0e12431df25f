"""Where this user's fetched kernels, built modules and logs are kept, and what is only for a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError

__all__ = ["built_folder", "cache_folder", "keep_log", "kernels_folder", "temporary_folder"]


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/kernel-feature-lab, or ~/.cache/kernel-feature-lab; it need not exist.

    A relative $XDG_CACHE_HOME counts as none (XDG Base Directory Specification). Raises `LabError` for a user without
    a home folder.
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    base = named if os.path.isabs(named) else os.path.expanduser("~/.cache")
    if not os.path.isabs(base):  # neither $HOME nor an entry in passwd(5)
        raise LabError("this user has no home folder to keep anything in; set XDG_CACHE_HOME to a folder")
    return Path(base) / "kernel-feature-lab"


def kernels_folder() -> Path:
    """Fetched kernels: a folder for each set of packages (`lab.realkernel.kernels.manifest`)."""
    return cache_folder() / "kernels"


def built_folder() -> Path:
    """Modules and programs that were built, named after what they were built from."""
    return cache_folder() / "built"


def keep_log(name: str, text: str) -> str:
    """Keep the output of a build that failed, in place of the last one of that name; its path, or why there is none."""
    path = cache_folder() / "logs" / f"{name}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", "backslashreplace")
    except OSError as error:
        return f"no log: {path} cannot be written, {error.strerror}"
    return str(path)


@contextlib.contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder kernel-lab-PURPOSE-... that goes away; raises `LabError` if there is no place for one."""
    try:
        place = tempfile.mkdtemp(prefix=f"kernel-lab-{purpose}-")
    except OSError as error:
        raise LabError(f"no temporary folder can be made ({error.strerror}); set TMPDIR to another folder") from None
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
