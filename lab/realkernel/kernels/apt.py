"""Debian's package manager: what it knows of packages, and their files. Nothing is installed, no root is needed.

apt-cache(8) answers from the lists that `apt-get update` left, without network; `apt-get download` fetches files.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.build.external import Done, run
from lab.realkernel.kernels.manifest import Package

__all__ = ["architecture", "download", "has_lists", "names", "packages", "require", "unpack"]

ASK_LIMIT, DOWNLOAD_LIMIT, UNPACK_LIMIT = 120.0, 3600.0, 600.0  # seconds
PROGRAMS = ("apt-get", "apt-cache", "dpkg", "dpkg-deb")
# what to do where there is another package manager: its program -> what brings kernel, modules and headers
BY_HAND = {
    "dnf": "with 'dnf download' get kernel-core, kernel-modules-core, kernel-modules and kernel-devel",
    "pacman": "with 'pacman -Sw' get linux and linux-headers",
    "zypper": "with 'zypper download' get kernel-default and kernel-default-devel",
    "apk": "with 'apk fetch' get linux-lts and linux-lts-dev",
}
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]+): (.*)")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[A-Za-z0-9.+:~-]{1,100}")


def require(which: Callable[[str], str | None] = shutil.which) -> None:
    """Raise `LabError` that says what to do instead, if this system has not Debian's package manager."""
    missing = [name for name in PROGRAMS if which(name) is None]
    if not missing:
        return
    way = next((how for program, how in BY_HAND.items() if which(program)), "get a kernel, its modules and headers")
    raise LabError(
        f"kernels are fetched with apt-get, and {missing[0]} is not here: {way}, unpack them into one folder, and "
        "give it with --kernel FOLDER"
    )


def architecture() -> str:
    """What this system's packages are for: "amd64"."""
    return _asked("dpkg", "--print-architecture").output.strip()


def has_lists(root: Path | str = "/") -> bool:
    """True if some list of packages is there, so that `apt-get update` has once been run."""
    return any(Path(root, "var/lib/apt/lists").glob("*_Packages*"))


def names(beginning: str) -> tuple[str, ...]:
    """All packages that apt knows whose name begins so, sorted."""
    return tuple(sorted(line for line in _asked("apt-cache", "pkgnames", beginning).output.split("\n") if line))


def packages(wanted: Sequence[str]) -> dict[str, Package]:
    """Name -> what apt says of that package in the version it would download; unknown packages are left out."""
    if not wanted:
        return {}
    # status 100 says that some name is unknown, which is an answer
    done = run(["apt-cache", "show", "--no-all-versions", *wanted], limit=ASK_LIMIT)
    found = (package for text in done.output.split("\n\n") if (package := _package(_fields(text))) is not None)
    return {package.name: package for package in found if package.name in wanted}


def download(wanted: Sequence[Package], folder: Path, tell: Callable[[int], None]) -> dict[str, Path]:
    """Fetch the files of `wanted` into the empty `folder`: name -> file. The network is touched here alone.

    `tell` hears the bytes that have arrived, again and again. Raises `LabError` with apt's own first error.
    """
    words = [f"{package.name}:{package.architecture}={package.version}" for package in wanted]
    done = run(
        ["apt-get", "-q", "download", *words], limit=DOWNLOAD_LIMIT, folder=folder, tell=lambda: tell(_arrived(folder))
    )
    files = {package.name: list(folder.glob(f"{package.name}_*.deb")) for package in wanted}
    missing = [name for name, found in files.items() if len(found) != 1]
    if done.status or missing:
        why = next((line for line in done.output.splitlines() if line.startswith("E: ")), f"no {missing}")
        raise LabError(f"apt-get download: {why[:300]}; is the network there? Old lists are renewed by: apt-get update")
    return {name: found[0] for name, found in files.items()}


def unpack(file: Path, folder: Path, tell: Callable[[], None]) -> None:
    """Unpack a package's files into `folder`, without running anything of it; raises `LabError`."""
    done = run(["dpkg-deb", "--extract", file, folder], limit=UNPACK_LIMIT, tell=tell)
    if done.status:
        raise LabError(f"{file.name}: cannot be unpacked ({done.output.strip()[:200]})")


def _asked(*command: str) -> Done:
    done = run(command, limit=ASK_LIMIT)
    if done.status:
        raise LabError(f"{command[0]}: {done.output.strip()[:200] or f'ended with status {done.status}'}")
    return done


def _arrived(folder: Path) -> int:
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size
        except OSError:  # renamed meanwhile
            continue
    return total


def _fields(text: str) -> dict[str, str]:
    """The fields of one paragraph; lines that continue one are left out (deb822(5))."""
    return {found[1]: found[2].strip() for line in text.splitlines() if (found := _FIELD.fullmatch(line))}


def _package(told: dict[str, str]) -> Package | None:
    """None for what is no package that could be downloaded: an empty paragraph, one that is only installed."""
    name, digest, version = told.get("Package", ""), told.get("SHA256", ""), told.get("Version", "")
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest) or not _VERSION.fullmatch(version):
        return None
    size, kibibytes = _count(told.get("Size", "")), _count(told.get("Installed-Size", ""))
    return Package(name, version, told.get("Architecture", "all"), size, kibibytes * 1024, digest, tuple(_needs(told)))


def _count(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0


def _needs(told: dict[str, str]) -> Iterator[str]:
    for key in ("Pre-Depends", "Depends"):
        for clause in told.get(key, "").split(","):
            found = _NAME.match(clause.strip())  # the first of several alternatives
            if found:
                yield found[0]
