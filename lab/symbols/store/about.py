"""The section `about`: which folder and which kernel image an index was built from."""

from __future__ import annotations

import dataclasses
import json

from lab.symbols.store.mapped import Mapped

__all__ = ["About", "Image", "read_about"]

KINDS: dict[str, tuple[object, ...]] = {
    "bool | None": ("bool", "NoneType")
}  # what a field's value may be, where its type is no single one


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """A kernel image: see `lab.symbols.store.rows.KernelFacts`, which has the same fields and one more."""

    path: str
    form: str
    size: int
    mtime_ns: int
    banner: str
    machine: int
    bits: int
    order: str
    vermagic: str
    force_load: bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """`folder`: of the modules, absolute; "" for an index of the image alone."""

    folder: str
    kernel: Image

    def stored(self) -> bytes:
        """The section's bytes."""
        return json.dumps(dataclasses.asdict(self)).encode()


def read_about(mapped: Mapped) -> About:
    """The section of an index file; raises `LabError` if it is damaged."""
    try:
        raw = json.loads(bytes(mapped.content("about")))
        found = About(raw["folder"], Image(**raw["kernel"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise mapped.damaged("about") from None
    whole = all(
        type(getattr(found.kernel, f.name)).__name__ in KINDS.get(str(f.type), (f.type,))
        for f in dataclasses.fields(Image)
    )
    if not whole or not isinstance(found.folder, str):
        raise mapped.damaged("about")
    return found
