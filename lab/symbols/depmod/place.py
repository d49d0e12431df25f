"""Where the modules of a version are inside ROOT, and where their indexes go."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.depmod.inside import resolve

__all__ = ["is_running", "modules_folder", "output_folder", "real_root"]


def real_root(root: str) -> str:
    """The folder `root` without links in its path; raises `LabError` if there is none."""
    try:
        real = os.path.realpath(root)
        if os.path.isdir(real):
            return real
    except ValueError:
        pass
    raise LabError(f"{root!r}: is no folder; name the root of a tree with lib/modules in it")


def modules_folder(root: str, version: str) -> str:
    """The real path of `root`/lib/modules/`version`; links (lib -> usr/lib) lead where they would after `chroot`.

    Raises `LabError` for a version that is none (kmod wants two numbers with a dot) and where there is no such folder.
    """
    if not re.match(r"[ \t]*[+-]?[0-9]+\.[ \t]*[+-]?[0-9]", version) or "/" in version or "\0" in version:
        raise LabError(f"{version!r}: is no kernel version; name a folder of {root}/lib/modules, as 6.1.0-9")
    folder = resolve(root, f"lib/modules/{version}")
    if folder is None or not os.path.isdir(folder):
        raise LabError(f"{root}: has no folder lib/modules/{version}; lib/modules has the versions there are")
    return folder


def is_running(base: str, version: str, running: str = "/") -> bool:
    """Whether `base`/lib/modules/`version` is that of the system that runs, under whatever path.

    A root that has another's lib (`/usr`, where /lib leads to /usr/lib), a link and a bind mount are all found out: on
    each level the device and inode are compared, for what is not there yet as far as it is.
    """
    try:
        for part in ("", "lib", "lib/modules", f"lib/modules/{version}"):
            one, other = resolve(os.path.realpath(base), part), resolve(os.path.realpath(running), part)
            if one is not None and other is not None and os.path.samefile(one, other):
                return True
    except (OSError, ValueError):
        pass  # not there, or no path: whoever writes there says so
    return False


@contextlib.contextmanager
def output_folder(out: str, version: str) -> Iterator[str]:
    """`out`/lib/modules/`version`, made if it is missing, links followed as in `modules_folder`; raises `LabError`.

    Folders that were made and are still empty at the end of the context are removed again.
    """
    made: list[str] = []
    try:
        yield _output_folder(out, version, made)
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def _output_folder(out: str, version: str, made: list[str]) -> str:
    """The folder itself; what had to be made is added to `made`."""
    try:
        made += _missing(os.path.realpath(out))
        os.makedirs(out, exist_ok=True)
        folder = os.path.realpath(out)
        for part in ("lib", "modules", version):
            here = os.path.join(folder, part)
            if not os.path.lexists(here):
                os.mkdir(here)
                made.append(here)
            inside = resolve(os.path.realpath(out), here.removeprefix(os.path.realpath(out).rstrip("/")))
            if inside is None or not os.path.isdir(inside):
                raise LabError(f"{here}: leads to no folder inside {out}; indexes belong there")
            folder = inside
    except OSError as error:
        raise LabError(f"{out}: cannot be written to ({error.strerror}); name another folder") from None
    except ValueError:
        raise LabError(f"{out!r}: is no path of a folder") from None
    return folder


def _missing(folder: str) -> list[str]:
    """Of the folders on the way to `folder` those that are not there, outermost first."""
    missing: list[str] = []
    while not os.path.lexists(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing
