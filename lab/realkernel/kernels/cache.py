"""Where this user's fetched kernels, built modules and logs are kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["built_folder", "cache_folder", "keep_log", "kernels_folder"]


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/kernel-feature-lab, or ~/.cache/kernel-feature-lab; it need not exist.

    A relative $XDG_CACHE_HOME counts as none (XDG Base Directory Specification).
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(named) if os.path.isabs(named) else Path(os.path.expanduser("~/.cache"))
    return base / "kernel-feature-lab"


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
