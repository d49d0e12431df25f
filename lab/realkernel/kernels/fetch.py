"""Gets a distribution's kernel packages and unpacks them into the cache: wholly or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import functools
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.realkernel.kernels import apt, manifest
from lab.realkernel.kernels.cache import kernels_folder
from lab.realkernel.kernels.headers import make_movable
from lab.realkernel.kernels.kernel_packages import Plan

__all__ = ["Fetched", "fetch", "free_space"]

_NEW = ".new-"  # a folder at work; what a killed fetch left of it goes with the next one
MARGIN = 64 << 20  # bytes that stay free on the disk


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """Where the kernels of a plan are; `fresh` is False if they were there already. `older`: other fetched sets."""

    folder: Path
    fresh: bool
    older: tuple[Path, ...] = ()


def fetch(plan: Plan, progress: Progress = silent, folder: Path | None = None) -> Fetched:
    """Download, check and unpack the packages of `plan`, below `folder` (by default the cache's).

    What is there already and is as its manifest says is left alone. Raises `LabError`: no space, no network, a file
    that is not the one that apt's lists name, another fetch at work. Whatever ends it, nothing half-done is left.
    """
    kernels = kernels_folder() if folder is None else folder
    target = kernels / plan.name
    with _alone(kernels):
        if _complete(target, plan):
            return Fetched(target, fresh=False, older=_others(target))
        _check_space(kernels, plan)
        try:
            with _workplace(kernels) as place:
                root = place / "root"
                _fill(root, place / "packages", plan, progress)
                _put(root, target, place)
        except OSError as error:
            raise LabError(f"{error.filename or kernels}: {error.strerror}; nothing was fetched") from None
    return Fetched(target, fresh=True, older=_others(target))


def free_space(folder: Path) -> int:
    """Bytes free for this user where `folder` is, or will be made."""
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.is_dir())).free


def _fill(root: Path, debs: Path, plan: Plan, progress: Progress) -> None:
    """Fetch into `debs`, unpack into `root`; of the progress, the first half is the download."""
    debs.mkdir()
    root.mkdir()
    total, label = 2 * plan.size, f"fetch {plan.size / 1e6:.0f} MB"
    progress(0, total, label)
    files = apt.download(plan.packages, debs, lambda arrived: progress(min(arrived, plan.size), total, label))
    done = plan.size
    for package in plan.packages:
        file = files[package.name]
        _check_file(file, package)
        apt.unpack(file, root, functools.partial(progress, done, total, f"unpack {package.name}"))
        file.unlink()
        done += package.size
    make_movable(root)
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    manifest.write(root, plan.packages, plan.releases, _origin(), date)
    progress(total, total, "fetched")


def _check_file(file: Path, package: manifest.Package) -> None:
    """Raise `LabError` if a file is not the one that apt's signed lists name."""
    with open(file, "rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    if digest != package.sha256:
        raise LabError(f"{package.name}: the file that came is not the one that apt's lists name (SHA-256 differs); "
                       "run: apt-get update")  # fmt: skip


def _put(root: Path, target: Path, place: Path) -> None:
    """Move `root` to `target`; what stood there goes away with `place`."""
    if target.exists():
        os.rename(target, place / "old")
    os.rename(root, target)


def _complete(target: Path, plan: Plan) -> bool:
    """True if `target` holds these very packages, as its manifest says."""
    if not (target / manifest.NAME).is_file():
        return False
    try:
        for release in plan.releases:
            manifest.check(target, release)
        return manifest.packages_of(target) == {package.name: package.sha256 for package in plan.packages}
    except LabError:  # damaged: it is fetched anew
        return False


def _others(target: Path) -> tuple[Path, ...]:
    sets = (folder for folder in target.parent.iterdir() if (folder / manifest.NAME).is_file())
    return tuple(sorted(folder for folder in sets if folder != target and not folder.name.startswith(".")))


def _check_space(folder: Path, plan: Plan) -> None:
    need, free = plan.size + plan.unpacked + MARGIN, free_space(folder)
    if free < need:
        raise LabError(f"{folder}: {free / 1e6:.0f} MB are free there, {need / 1e6:.0f} MB are needed; make room, or "
                       "set XDG_CACHE_HOME to a folder on another disk")  # fmt: skip


def _origin() -> str:
    try:
        system = platform.freedesktop_os_release()
        return f"packages of {system.get('PRETTY_NAME', system['ID'])}"
    except OSError:
        return "packages of this system"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, which is made if need be; raises `LabError` if another process has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabError(
            f"{folder}: cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder of yours"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise LabError("another kernel-lab kernel fetch is at work in that cache; wait until it is done") from None
    else:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A new folder beside the kernels, on the same disk; it goes away, and so does what killed fetches left."""
    for left in folder.glob(f"{_NEW}*"):
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
