"""Which kernels are here, and which of them is meant."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.kernel import CLOUD, Kernel
from lab.realkernel.kernels import manifest
from lab.realkernel.kernels.cache import kernels_folder
from lab.realkernel.kernels.headers import usable
from lab.realkernel.kernels.layout import modules_folder, within

__all__ = ["age", "find_kernel", "find_kernels", "known_kernels", "unreadable_images"]

FETCH = "run: kernel-lab kernel fetch"
_RELEASE = re.compile(r"[0-9]+\.[0-9]+[\w.+~-]{0,60}")
# The boot protocol's header of an x86 image, Documentation/arch/x86/boot.rst: magic, and XLF_KERNEL_64.
_MAGIC, _MAGIC_AT, _FLAGS_AT, _IS_64 = b"HdrS", 0x202, 0x236, 1
_SPECIAL = ("rt", "debug", "dbg")  # kernels for real time or debugging are taken only if there is no other
_CANDIDATE, _END, _WORD, _NUMBER = range(
    4
)  # how what follows in one release and not in the other sorts: 6.1-rc1, 6.1, 6.1-1, 6.10


def find_kernels(root: Path | str = "/") -> tuple[Kernel, ...]:
    """The kernels below `root` that can be booted, newest first: a machine's own, or unpacked packages.

    A kernel is lib/modules/RELEASE with a folder kernel in it, and a readable x86-64 image, boot/vmlinuz-RELEASE or
    vmlinuz beside the modules. Headers are where lib/modules/RELEASE/build leads, or in usr/src. Links that begin
    with / are taken as beginning at `root`.
    """
    base = Path(root)
    found = [kernel for release in _releases(base) if (kernel := _kernel(base, release)) is not None]
    return _newest_first(found)


def known_kernels(root: Path | str = "/", fetched: Path | None = None) -> tuple[Kernel, ...]:
    """Installed below `root` and fetched (sets in the folder `fetched`, by default this user's), newest first.

    Of a release that is here twice, the one that has headers is first, then the fetched one.
    """
    sets = [folder for folder in _listed(fetched or kernels_folder()) if (folder / manifest.NAME).is_file()]
    return _newest_first([k for place in (*sets, Path(root)) for k in find_kernels(place)])


def find_kernel(
    asked: str | None = None,
    flavour: str = "full",
    *,
    headers: bool = False,
    root: Path | str = "/",
    fetched: Path | None = None,
) -> Kernel:
    """The kernel that is meant.

    `asked`: a release, the path of a folder with unpacked packages, or None for the newest kernel of `flavour`
    ("full" or "cloud"; without a cloud kernel a full one). `headers`: only one to build modules for. `root` and
    `fetched` as `known_kernels` has them. A fetched kernel is compared with its manifest, and it is one that nobody
    else could put there: its headers bring programs that are run here.

    Raises `LabError` that names the one command to run.
    """
    chosen = asked is not None and (os.sep in asked or os.path.isdir(asked))
    if asked is not None and chosen:
        kernel = _chosen(find_kernels(_folder(asked)), flavour, headers, f"{asked}: holds")
    elif asked is not None:
        kernel = _released(asked, known_kernels(root, fetched), headers)
    else:
        kernel = _chosen(known_kernels(root, fetched), flavour, headers, "there is", unreadable_images(root))
    place = _set_of(kernel)
    if (place / manifest.NAME).is_file():
        if not chosen:
            _own(place)
            _own(place.parent)
        manifest.check(place, kernel.release)
    return kernel


def age(release: str) -> tuple[bool, tuple[tuple[int, int, str], ...]]:
    """What to sort releases by, the preferred one last: numbers count as numbers, a release candidate is older.

    Kernels for real time or debugging come before all others.
    """
    parts = []
    for number, text in re.findall(r"([0-9]+)|([^0-9]+)", release):
        rank = _NUMBER if number else _CANDIDATE if text.startswith(("-rc", "~rc")) else _WORD
        parts.append((rank, int(number or 0), text))
    usual = not any(word in _SPECIAL for word in re.split(r"[-_]", release))
    return usual, (*parts, (_END, 0, ""))


def unreadable_images(root: Path | str = "/") -> tuple[Path, ...]:
    """Images below `root` that this user may not read, as Ubuntu installs them."""
    images = [image for release in _releases(Path(root)) for image in _images(Path(root), release)]
    return tuple(image for image in images if _barred(image))


def _newest_first(kernels: list[Kernel]) -> tuple[Kernel, ...]:
    def preferred(kernel: Kernel) -> tuple[object, ...]:
        return age(kernel.release), kernel.headers is not None, (_set_of(kernel) / manifest.NAME).is_file()

    return tuple(sorted(kernels, key=preferred, reverse=True))


def _folder(asked: str) -> Path:
    if not os.path.isdir(asked):
        raise LabError(f"{asked}: is no folder; name one in which a kernel's packages were unpacked, or a release")
    return Path(os.path.abspath(asked))


def _released(asked: str, kernels: tuple[Kernel, ...], headers: bool) -> Kernel:
    fit = [k for k in kernels if k.release == asked]
    if not fit:
        known = ", ".join(dict.fromkeys(k.release for k in kernels)) or "none"
        raise LabError(f"kernel {asked[:80]!r} is not here, known are: {known}; for another, {FETCH}")
    if headers and fit[0].headers is None:
        raise LabError(f"kernel {asked}: its headers are not here; {FETCH}")
    return fit[0]


def _chosen(
    kernels: tuple[Kernel, ...], flavour: str, headers: bool, there: str, closed: tuple[Path, ...] = ()
) -> Kernel:
    """The first of `kernels` that fits; `there` begins the message, `closed` are images that cannot be read."""
    fit = [k for k in kernels if k.flavour == flavour]
    if flavour == CLOUD:
        fit = fit or list(kernels)
    with_headers = [k for k in fit if not headers or k.headers is not None]
    if with_headers:
        return with_headers[0]
    if fit:
        raise LabError(f"{there} kernel {fit[0].release} but not its headers; {FETCH}")
    if kernels:
        raise LabError(f"{there} only kernel {kernels[0].release}, without the drivers that are needed; {FETCH}")
    barred = f" ({closed[0]} may not be read by this user)" if closed else ""
    raise LabError(f"{there} no kernel that can be booted{barred}; {FETCH}")


def _own(folder: Path) -> None:
    """Raise `LabError` for a folder of fetched kernels that somebody else than this user and root can write to."""
    found = folder.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise LabError(f"{folder}: belongs to another user; set XDG_CACHE_HOME to a folder of your own")
    if found.st_mode & stat.S_IWOTH:
        raise LabError(f"{folder}: everybody may write to it; run: chmod o-w {folder}, if all in it is yours")


def _set_of(kernel: Kernel) -> Path:
    """The folder that a kernel's files were found below."""
    return next((up for up in kernel.image.parents if (up / manifest.NAME).is_file()), kernel.image.parent.parent)


def _kernel(root: Path, release: str) -> Kernel | None:
    modules = modules_folder(root, release)
    image = next((image for image in _images(root, release) if _boots(image)), None)
    if image is None or not (modules / "kernel").is_dir():
        return None
    found = Kernel(release, image, modules)
    return dataclasses.replace(found, headers=next(_headers(root, found), None))


def _images(root: Path, release: str) -> Iterator[Path]:
    yield root / "boot" / f"vmlinuz-{release}"
    yield modules_folder(root, release) / "vmlinuz"  # Fedora, Arch


def _headers(root: Path, kernel: Kernel) -> Iterator[Path]:
    relative = kernel.modules.relative_to(root)
    for place in (f"{relative}/build", f"usr/src/linux-headers-{kernel.release}", f"usr/src/kernels/{kernel.release}"):
        try:
            folder = within(root, place)
        except OSError:
            continue
        if usable(folder):
            yield folder


def _boots(image: Path) -> bool:
    """True if `image` can be read and is a 64-bit x86 kernel."""
    try:
        with open(image, "rb") as file:
            head = file.read(_FLAGS_AT + 2)
    except OSError:
        return False
    return len(head) == _FLAGS_AT + 2 and head[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC and bool(head[_FLAGS_AT] & _IS_64)


def _barred(path: Path) -> bool:
    try:
        with open(path, "rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def _releases(root: Path) -> list[str]:
    folders = {p.name for place in ("lib/modules", "usr/lib/modules") for p in _listed(root / place)}
    return sorted(name for name in folders if _RELEASE.fullmatch(name))


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir())
    except OSError:
        return []
