"""Writes the files of an answer into one folder, and over nothing that somebody else wrote."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes, write_atomic
from lab.naming.pin.rule import MARK, RuleFile

__all__ = ["write_files"]

PRIVATE = (".nmconnection", ".yaml")  # NetworkManager and netplan refuse or complain about files that all may read


def write_files(files: Sequence[RuleFile], folder: Path | str) -> tuple[Path, ...]:
    """Write `files` into `folder` (made if only it is missing), each atomically; returns their paths.

    Raises `LabError` before anything is written if a file of that name is there that this command did not write and
    that says something else, or if something stands there that is no file.
    """
    base = Path(folder)
    if base.exists() and not base.is_dir():
        raise LabError(f"{folder}: is no folder; name one for the rules")
    paths = tuple(base / file.name for file in files)
    for path, file in zip(paths, files, strict=True):
        _refuse_to_overwrite(path, file.text)
    try:
        base.mkdir(exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: cannot be made ({error.strerror}); make it first") from None
    for path, file in zip(paths, files, strict=True):
        write_atomic(path, file.text.encode())
        if file.name.endswith(PRIVATE):
            os.chmod(path, 0o600)
    return paths


def _refuse_to_overwrite(path: Path, text: str) -> None:
    if path.is_symlink():
        raise LabError(f"{path}: is a link (a mask?), which is left as it is; nothing was written")
    if not path.exists():
        return
    found = read_bytes(path)
    if found != text.encode() and not found.startswith(MARK.encode()):
        raise LabError(f"{path}: is there already and was not written by this command; nothing was written")
