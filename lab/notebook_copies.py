"""`kernel-lab notebooks DIR`: copies of the notebooks that their owner may change, trusted from the start."""

from __future__ import annotations

import dataclasses
import itertools
import os
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import write_atomic

__all__ = ["Copy", "bundled", "copy_to", "trust"]

_HERE = Path(__file__).resolve().parent
_UNTRUSTED = "the notebooks are copied, but not trusted: make that folder writable and run the command again"


@dataclasses.dataclass(frozen=True, slots=True)
class Copy:
    """Where one notebook is now; `written` is False for a copy that was there already and is the same."""

    path: Path
    written: bool


def bundled() -> tuple[Path, ...]:
    """The notebooks that came with the lab: beside the package in a checkout, inside it when installed."""
    for folder in (_HERE / "notebooks", _HERE.parent / "notebooks"):
        found = tuple(sorted(folder.glob("[0-9][0-9]-*.ipynb")))
        if found:
            return found
    raise LabError(f"{_HERE / 'notebooks'}: no notebooks came with this lab; install it again")


def copy_to(folder: Path) -> tuple[Copy, ...]:
    """Copy every notebook into `folder` (made if need be), never over a file that differs.

    Beside a file that its owner has changed, the fresh notebook gets the next free number
    (`01-device-naming-2.ipynb`). Raises `LabError` if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made a folder ({error.strerror}); name another one") from None
    return tuple(_copy(source, folder) for source in bundled())


def _copy(source: Path, folder: Path) -> Copy:
    data = source.read_bytes()
    for number in itertools.count(1):
        target = folder / (source.name if number == 1 else f"{source.stem}-{number}{source.suffix}")
        if not os.path.lexists(target):
            write_atomic(target, data)
            return Copy(target, written=True)
        if _holds(target, data):
            return Copy(target, written=False)
    raise AssertionError("the numbers never end")


def _holds(target: Path, data: bytes) -> bool:
    """True if the file `target` holds `data`; what cannot be read is somebody's and counts as different."""
    try:
        return target.is_file() and target.read_bytes() == data
    except OSError:
        return False


def trust(paths: tuple[Path, ...]) -> None:
    """Sign notebooks in this user's Jupyter, so that their stored pictures show when they are opened.

    Raises `LabError` if Jupyter has no place to remember the signatures.
    """
    import nbformat
    from nbformat.sign import NotebookNotary

    notebooks = [nbformat.read(path, as_version=4) for path in paths]
    try:
        for signed in (False, True):  # a second notary looks whether the first one's signatures are on the disk
            notary = NotebookNotary()
            kept = [notary.check_signature(n) if signed else notary.sign(n) for n in notebooks]
            notary.store.close()
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}; {_UNTRUSTED}") from None
    if not all(kept):
        raise LabError(f"{notary.data_dir}: cannot be written; {_UNTRUSTED}")
