"""All index files of a run, or none of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.core.files import write_atomic

__all__ = ["Staging"]


class Staging:
    """A folder beside the indexes in which they are written; only when all are there they take their places.

    So a disk that fills up leaves the old ones as they are. What stands in a place is replaced and, if it is a link,
    not followed. Use as a context; leaving it without `commit` takes everything back.
    """

    def __init__(self, folder: str) -> None:
        """Make it in `folder`; raises `LabError` if that may not be written to."""
        self.folder = folder
        self.path = f"{folder}/.depmod-{os.urandom(6).hex()}"
        try:
            os.mkdir(self.path, 0o700)
        except OSError as error:
            raise LabError(f"{folder}: cannot be written to ({error.strerror}); nothing was changed") from None

    def __enter__(self) -> Staging:
        """The staging itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is left."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.path):
                os.unlink(os.path.join(self.path, name))
            os.rmdir(self.path)

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write `files`, name -> content; raises `LabError` if one cannot be."""
        for name, content in files.items():
            write_atomic(f"{self.path}/{name}", content)

    def commit(self) -> tuple[str, ...]:
        """Give each file its place, and return their names; raises `LabError` if a folder stands in one."""
        names = tuple(sorted(os.listdir(self.path)))
        for name in names:
            place = os.path.join(self.folder, name)
            if os.path.isdir(place) and not os.path.islink(place):
                raise LabError(f"{place}: is a folder; an index belongs there, remove it")
        for name in names:
            try:
                os.replace(os.path.join(self.path, name), os.path.join(self.folder, name))
            except OSError as error:
                raise LabError(f"{self.folder}/{name}: cannot be replaced ({error.strerror})") from None
        return names
