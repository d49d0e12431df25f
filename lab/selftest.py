"""The first cell of the first notebook: whether every part that the lab cannot do without works here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from lab.core import dataset
from lab.core.errors import LabError, printable

__all__ = ["GOOD", "PARTS", "self_test"]

GOOD = "Kernel Feature Lab: all parts work."


def self_test(parts: Mapping[str, Callable[[], None]] | None = None) -> str:
    """One line: `GOOD`, or which of `parts` (by default `PARTS`) do not work, each with its reason."""
    broken = []
    for name, check in (PARTS if parts is None else parts).items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever breaks a part is the answer here
            broken.append(f"{name} ({type(error).__name__}: {printable(str(error))})")
    if not broken:
        return GOOD
    return f"Kernel Feature Lab: does not work: {'; '.join(broken)}. In a terminal, kernel-lab doctor says what to do."


def _data() -> None:
    if not dataset.listed():
        raise LabError("nothing is bundled; install the lab again")
    for item in dataset.listed():
        item.verify()


def _explorer(name: str) -> None:
    """Build an explorer as its notebook does, and look whether its first screen is there."""
    import lab.ui

    explorer = getattr(lab.ui, name)()
    data = explorer._repr_mimebundle_()
    for kind in ("application/vnd.jupyter.widget-view+json", "image/svg+xml"):
        if kind not in data:
            raise LabError(f"no {kind} in what it shows")
    if not explorer.view.headline or not explorer.view.table.rows:
        raise LabError("its first screen is empty")
    explorer.close()


def _compiler() -> None:
    """Numba translates and runs a function (not kept: this costs the same every time)."""
    from numba import njit

    if njit("int64(int64)")(lambda n: n * n)(12) != 144:
        raise LabError("12 times 12 is not 144 in compiled code")


PARTS: dict[str, Callable[[], None]] = {
    "bundled data": _data,
    "device naming": functools.partial(_explorer, "naming_explorer"),
    "symbol index": functools.partial(_explorer, "symbols_explorer"),
    "page faults": functools.partial(_explorer, "pagefault_explorer"),
    "compiler": _compiler,
}
