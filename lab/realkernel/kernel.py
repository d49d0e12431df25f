"""A kernel that can be booted, as files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

__all__ = ["CLOUD", "FULL", "Kernel"]

FULL, CLOUD = "full", "cloud"  # with every driver, or with those of virtual machines alone: smaller, boots faster


@dataclasses.dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel: `release` as `uname -r` says it, the boot `image`, the folder of its `modules`.

    `modules` is lib/modules/RELEASE. `headers`: the folder that `make -C` is given to build a module, None if they
    are not here.
    """

    release: str
    image: Path
    modules: Path
    headers: Path | None = None

    @property
    def flavour(self) -> str:
        """`FULL` or `CLOUD`, as Debian and Ubuntu tell them apart in the release."""
        words = self.release.replace("_", "-").split("-")
        return CLOUD if any(word in ("cloud", "kvm", "aws", "azure", "gcp", "virtual") for word in words) else FULL
