"""Which of the distribution's packages make the kernels that the lab boots."""

from __future__ import annotations

import dataclasses
import re

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.realkernel.kernels import apt
from lab.realkernel.kernels.find import age
from lab.realkernel.kernels.manifest import Package

__all__ = ["Plan", "plan"]

UPDATE = "run: apt-get update"
# what always leads to the newest kernel: Debian's with every driver and with those of virtual machines, Ubuntu's
METAS = ("linux-image-amd64", "linux-image-cloud-amd64", "linux-image-generic")
_IMAGE = re.compile(
    r"linux-image-(?P<release>(?P<base>[0-9]+(?:[.+~][0-9a-z]+|-[0-9]+)*)-(?P<flavour>amd64|cloud-amd64|generic))"
)
# of what an image or headers depend on, what has files of the kernel: not its compiler, not the initramfs tools
_PARTS = re.compile(r"linux-(?:binary|modules|modules-extra|headers|kbuild|image)-.*")
_SERIES = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What is to be fetched: the kernels `releases` by `packages`, into the folder `name` of the cache."""

    name: str
    releases: tuple[str, ...]
    packages: tuple[Package, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.packages)

    @property
    def unpacked(self) -> int:
        """Bytes on the disk afterwards, as the packages say."""
        return sum(package.unpacked for package in self.packages)


def plan(series: str | None = None, headers: bool = True, progress: Progress = silent) -> Plan:
    """What to fetch for the newest kernels that apt knows, or for the newest of a `series` such as "6.1".

    One with every driver, and where there is one, the smaller one for clouds. Asks no network. Raises `LabError`.
    """
    progress(0, 1, "ask apt which packages there are")
    apt.require()
    machine = apt.architecture()
    if machine != "amd64":
        raise LabError(f"this system's packages are for {machine}, and the lab boots x86-64 kernels: unpack an amd64 "
                       "kernel's packages into a folder and give it with --kernel FOLDER")  # fmt: skip
    images = _of_series(series) if series is not None else _newest()
    releases = tuple(release for release, _ in images)
    roots = [image for _, image in images]
    # Ubuntu has a part of the drivers in a package that the image does not depend on
    extra = apt.packages([f"linux-modules-extra-{release}" for release in releases if release.endswith("-generic")])
    wanted = [*roots, *extra, *([f"linux-headers-{release}" for release in releases] if headers else [])]
    found = _with_parts(wanted)
    version = found[roots[0]].version
    name = re.sub(r"[^A-Za-z0-9.+-]", "_", version) + ("" if headers else "-image")
    return Plan(name, releases, tuple(found.values()))


def _newest() -> list[tuple[str, str]]:
    metas = apt.packages(METAS)
    if not metas:
        raise LabError(f"apt-get knows none of {', '.join(METAS)}: its lists are missing or old; {UPDATE}")
    images = [image for meta in METAS if meta in metas for image in metas[meta].needs if _IMAGE.fullmatch(image)]
    if not images:
        raise LabError(f"{next(iter(metas))} leads to no kernel that the lab knows; name a series: --series 6.1")
    return _by_release(images)


def _of_series(series: str) -> list[tuple[str, str]]:
    """The newest image of each flavour in `series`, the full one first."""
    if not _SERIES.fullmatch(series):
        raise LabError(f"--series: {series[:40]!r} is no series of kernels; write two numbers, such as 6.1")
    known = [found for name in apt.names(f"linux-image-{series}.") if (found := _IMAGE.fullmatch(name))]
    listed = apt.packages([found[0] for found in known])
    newest: dict[str, str] = {}
    for found in sorted((f for f in known if f[0] in listed), key=lambda f: age(f["release"])):
        newest[found["flavour"]] = found[0]
    if not newest:
        raise LabError(
            f"--series: apt-get knows no kernel {series}; without the option the newest is taken, or {UPDATE}"
        )
    return _by_release(list(newest.values()))


def _by_release(images: list[str]) -> list[tuple[str, str]]:
    """(release, package) of each image, the one with every driver first."""
    pairs = [(found["release"], found[0]) for image in images if (found := _IMAGE.fullmatch(image))]
    return sorted(dict(pairs).items(), key=lambda pair: ("-cloud-" in pair[0], pair[0]))


def _with_parts(wanted: list[str]) -> dict[str, Package]:
    """The packages `wanted` and those parts of the kernel that they depend on, in that order."""
    found: dict[str, Package] = {}
    while wanted:
        more = apt.packages(wanted)
        missing = [name for name in wanted if name not in more]
        if missing:
            raise LabError(f"apt-get cannot download {missing[0]}: its lists are old, or a source of packages is "
                           f"missing; {UPDATE}")  # fmt: skip
        found |= {name: more[name] for name in wanted}
        needed = dict.fromkeys(n for name in wanted for n in more[name].needs if _PARTS.fullmatch(n))
        wanted = [name for name in needed if name not in found]
    return found
