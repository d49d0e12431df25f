"""What is known of the kernel's module loader from an index: its vermagic, how it was configured."""

from __future__ import annotations

import dataclasses

from lab.symbols.store import Index

__all__ = ["Loader", "loader_of"]


@dataclasses.dataclass(frozen=True, slots=True)
class Loader:
    """The loader of one kernel.

    `vermagic`: what it compares a module's with, "" if unknown: the one that most modules of its tree state
    (`confirmed`), else the image's own. `image`: the image's own, "" if it was not found; `others`: how many modules
    of the tree state another one than most. `release`: of the kernel, "" if unknown. `modversions`: it checks CRCs.
    `debian`: built by Debian. `force_load`: CONFIG_MODULE_FORCE_LOAD, which lets modules without vermagic or CRCs in;
    None if the image does not tell. `strict`: a symbol without a CRC in a module that has CRCs for others is refused;
    None if unknown.
    """

    vermagic: str
    confirmed: bool
    image: str
    others: int
    release: str
    modversions: bool
    debian: bool
    force_load: bool | None
    strict: bool | None


def loader_of(index: Index) -> Loader:
    """What `index` tells of the loader.

    The modules of the tree were built with the kernel, so theirs is its vermagic; an image tells its own too, but
    by a text that was found in it (`lab.symbols.images.loader`), not by a table. Whether a symbol without a CRC is
    refused hangs on a patch that no table shows: Debian's kernels, known by their banner, refuse it since 4.9
    ("module: Disable matching missing version CRC"), others warn once and go on (commit cd3caefb4663).
    """
    stated = {magic.strip(): count for magic, count in index.vermagics().items() if magic.strip()}
    tree, image = next(iter(stated), ""), index.kernel.vermagic.strip()
    vermagic = tree or image
    banner = index.kernel.banner
    debian = "debian" in banner.lower()
    return Loader(
        vermagic=vermagic,
        confirmed=bool(tree),
        image=image,
        others=sum(stated.values()) - stated.get(tree, 0),
        release=index.kernel.release,
        modversions=index.has_crc or "modversions" in vermagic.split(),
        debian=debian,
        force_load=index.kernel.force_load,
        strict=True if debian else (False if banner else None),
    )
