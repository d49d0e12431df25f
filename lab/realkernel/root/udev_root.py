"""The udev of a system, this machine's or an unpacked one's, as files for a guest."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.realkernel.root.libraries import find_inside, libraries

__all__ = ["LIBRARIES", "UdevRoot", "udev_root"]

LIBRARIES = "usr/lib/udev-libraries"  # one folder for all: the loader is sent there by LD_LIBRARY_PATH
PROGRAMS = ("usr/bin/udevadm", "bin/udevadm", "sbin/udevadm", "usr/sbin/udevadm")
DAEMONS = ("usr/lib/systemd/systemd-udevd", "lib/systemd/systemd-udevd")
TOPS = ("usr/lib", "lib")  # where a distribution's own files are; not /etc, which is one machine's
RULES, LINKS = ("udev/rules.d", ".rules"), ("systemd/network", ".link")
# Of the libraries that systemd opens later these are of use; without libkmod no driver is loaded.
OPENED = {"kmod": True, "blkid": False, "acl": False}
TEXT_LIMIT = 1 << 20  # bytes of a file of rules
FILES_MAX = 1000  # rules and .link files; a distribution has a tenth of that
_GROUP = re.compile(rb'\bGROUP="([a-z_][a-z0-9_-]{0,31})"')


@dataclasses.dataclass(frozen=True, slots=True)
class UdevRoot:
    """What a guest needs to run the udev of the system below `root`.

    `files`: path in the guest -> content or the file that holds it; `links`: path -> target. A program among them runs
    with `LD_LIBRARY_PATH=/LIBRARIES`. There is no hardware database in it, and nothing of /etc.
    """

    root: Path
    files: Mapping[str, bytes | Path]
    links: Mapping[str, str]


def udev_root(root: Path | str = "/") -> UdevRoot:
    """The udev of the system below `root`: udevadm, systemd-udevd, their libraries, the rules and .link files.

    Libraries are found as the loader finds them, by the ELF files themselves: no program of that system is run. Raises
    `LabError` where there is no udev, one for another processor, or a library missing.
    """
    base = Path(root)
    program, daemon = _first(base, PROGRAMS), _first(base, DAEMONS)
    if program is None or daemon is None:
        raise LabError(f"{root}: has no systemd-udevd; install the package udev, or give the root of another system")
    files: dict[str, bytes | Path] = {"usr/bin/udevadm": program, "etc/udev/udev.conf": b""}
    links = {"lib/udev": "../usr/lib/udev", "lib/systemd": "../usr/lib/systemd"}
    if program.samefile(daemon):
        links["usr/lib/systemd/systemd-udevd"] = "/usr/bin/udevadm"
    else:
        files["usr/lib/systemd/systemd-udevd"] = daemon
    needed = libraries(base, tuple(dict.fromkeys((program, daemon))), OPENED)
    files |= {path.lstrip("/"): place for path, place in needed.interpreters.items()}
    files |= {f"{LIBRARIES}/{name}": place for name, place in needed.files.items()}
    rules = dict(_texts(base, *RULES))
    files |= rules
    files |= dict(_texts(base, *LINKS))
    files |= _accounts(rules.values())
    return UdevRoot(base, files, links)


def _first(base: Path, paths: tuple[str, ...]) -> Path | None:
    found = (find_inside(base, path) for path in paths)
    return next((path for path in found if path is not None and path.is_file()), None)


def _texts(base: Path, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
    """The files with this `ending` in `folder` of /usr/lib and /lib, and the drop-ins beside them; the first wins."""
    seen: set[str] = set()
    for top in TOPS:
        for name in _entries(base, f"{top}/{folder}"):
            if name in seen or not name.endswith((ending, f"{ending}.d")):
                continue
            seen.add(name)
            if len(seen) > FILES_MAX:
                raise LabError(f"{base}/{top}/{folder}: holds more than {FILES_MAX:,} files; is this a system's root?")
            inside = [f"{name}/{part}" for part in _entries(base, f"{top}/{folder}/{name}")]
            for path in inside if name.endswith(".d") else [name]:
                real = find_inside(base, f"{top}/{folder}/{path}")
                if real is not None and real.is_file():
                    yield f"usr/lib/{folder}/{path}", read_bytes(real, TEXT_LIMIT)


def _entries(base: Path, folder: str) -> list[str]:
    place = find_inside(base, folder)
    return sorted(os.listdir(place)) if place is not None and place.is_dir() else []


def _accounts(rules: Iterable[bytes]) -> dict[str, bytes | Path]:
    """The groups that the rules give devices to: udevd complains of those that it does not find."""
    names = sorted({name.decode() for text in rules for name in _GROUP.findall(text)} - {"root"})
    lines = ["root:x:0:", *(f"{name}:x:{number}:" for number, name in enumerate(names, 100))]
    return {"etc/group": ("\n".join(lines) + "\n").encode(), "etc/passwd": b"root:x:0:0:root:/:/bin/sh\n"}
