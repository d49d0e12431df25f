"""Writes the files of an answer into one folder, and over nothing that somebody else wrote."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes, write_atomic
from lab.naming.pin.rule import MARK, RuleFile

__all__ = ["write_files"]

SECRETS = (".nmconnection", ".yaml")  # NetworkManager and netplan refuse or complain about files that all may read
PRIVATE = 0o600


def write_files(files: Sequence[RuleFile], folder: Path | str) -> tuple[Path, ...]:
    """Write `files` into `folder` (made if only it is missing), all or none of them; returns their paths.

    Raises `LabError` before anything is written if a file of that name is there that this command did not write and
    that says something else, or if something stands there that is no file. If the writing itself fails, what this call
    wrote is taken away again, what it replaced is put back, and the error says so.
    """
    base = Path(folder)
    if base.exists() and not base.is_dir():
        raise LabError(f"{folder}: is no folder; name one for the rules")
    paths = tuple(base / file.name for file in files)
    before = [_left_there(path, file.text) for path, file in zip(paths, files, strict=True)]
    made = not base.exists()
    try:
        base.mkdir(exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made ({error.strerror}); make it first") from None
    written = 0
    try:
        for path, file in zip(paths, files, strict=True):
            write_atomic(path, file.text.encode(), PRIVATE if file.name.endswith(SECRETS) else None)
            written += 1
    except LabError as error:
        _undo(list(zip(paths, before, strict=True))[:written], base if made else None)
        others = f"; {written} written before it {'are' if written > 1 else 'is'} undone" if written else ""
        raise LabError(f"{error}{others}") from None
    return paths


def _undo(done: Sequence[tuple[Path, tuple[bytes, int] | None]], made: Path | None) -> None:
    """Put back what stood at each path (None: nothing did) and take away the folder that was `made`."""
    try:
        for path, found in reversed(done):
            if found is None:
                path.unlink()
            else:
                write_atomic(path, *found)
        if made is not None:
            made.rmdir()
    except OSError as error:
        raise LabError(f"{error.filename}: cannot be taken away again ({error.strerror}); remove it by hand") from None


def _left_there(path: Path, text: str) -> tuple[bytes, int] | None:
    """What an earlier call wrote at `path` and its mode; None if nothing is there."""
    if path.is_symlink():
        raise LabError(f"{path}: is a link (a mask?), which is left as it is; nothing was written")
    if not path.exists():
        return None
    found = read_bytes(path)
    if found != text.encode() and not found.startswith(MARK.encode()):
        raise LabError(f"{path}: is there already and was not written by this command; nothing was written")
    return found, stat.S_IMODE(path.stat().st_mode)
