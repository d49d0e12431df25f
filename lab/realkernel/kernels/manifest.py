"""What a folder of fetched kernels holds, written when it was filled and looked at whenever it is used."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import __version__
from lab.core import snapshot
from lab.core.errors import LabError
from lab.core.snapshot import Provenance, Snapshot
from lab.realkernel.kernels.layout import modules_folder

__all__ = ["NAME", "Package", "check", "packages_of", "write"]

NAME = "manifest.json"
KIND, VERSION = "fetched-kernels", 1
AGAIN = "remove that folder and run: kernel-lab kernel fetch"


@dataclasses.dataclass(frozen=True, slots=True)
class Package:
    """One package as the package manager describes it.

    `size` in bytes to download, `unpacked` in bytes on the disk, `sha256` of the file, `needs` the names of the
    packages that it depends on.
    """

    name: str
    version: str
    architecture: str
    size: int
    unpacked: int
    sha256: str
    needs: tuple[str, ...] = ()


def write(folder: Path, packages: Sequence[Package], releases: Iterable[str], origin: str, date: str) -> None:
    """Write the manifest of the kernels `releases` that were unpacked into `folder`.

    `origin`: where the packages came from, `date`: when, ISO 8601. Raises `LabError` if it cannot be written.
    """
    body = {
        "packages": [
            {"name": p.name, "version": p.version, "size": p.size, "unpacked": p.unpacked, "sha256": p.sha256}
            for p in packages
        ],
        "kernels": {release: _measured(folder, release) for release in releases},
    }
    snapshot.save(folder / NAME, Snapshot(KIND, VERSION, Provenance(origin, f"kernel-lab {__version__}", date), body))


def packages_of(folder: Path) -> dict[str, str]:
    """Package -> SHA-256 of all that was unpacked into `folder`; raises `LabError` for no or a damaged manifest."""
    found = {}
    for item in _list(_body(folder), "packages", folder):
        name, digest = (item.get(key) if isinstance(item, dict) else None for key in ("name", "sha256"))
        if not isinstance(name, str) or not isinstance(digest, str):
            raise _damaged(folder)
        found[name] = digest
    return found


def check(folder: Path, release: str) -> None:
    """Raise `LabError` if the image or the modules of `release` below `folder` are not as they were fetched.

    The image is read as a whole; of the modules, number and sizes are compared.
    """
    kernels = _body(folder).get("kernels")
    told = kernels.get(release) if isinstance(kernels, dict) else None
    if not isinstance(told, dict):
        raise _damaged(folder)
    try:
        now = _measured(folder, release)
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}, but it was fetched; {AGAIN}") from None
    for key, what in (("image", f"boot/vmlinuz-{release}"), ("modules", f"the modules of {release}")):
        if now[key] != told.get(key):
            raise LabError(f"{folder}: {what} differ from what was fetched; {AGAIN}")


def _measured(folder: Path, release: str) -> dict[str, Any]:
    image = (folder / "boot" / f"vmlinuz-{release}").read_bytes()
    count = total = 0
    for place, _, names in os.walk(modules_folder(folder, release) / "kernel"):
        count += len(names)
        total += sum(os.stat(os.path.join(place, name)).st_size for name in names)
    return {
        "image": {"bytes": len(image), "sha256": hashlib.sha256(image).hexdigest()},
        "modules": {"files": count, "bytes": total},
    }


def _body(folder: Path) -> Mapping[str, Any]:
    return snapshot.load(folder / NAME, KIND, VERSION).body


def _list(body: Mapping[str, Any], key: str, folder: Path) -> list[Any]:
    found = body.get(key)
    if not isinstance(found, list):
        raise _damaged(folder)
    return found


def _damaged(folder: Path) -> LabError:
    return LabError(f"{folder / NAME}: damaged; {AGAIN}")
