"""An index file in memory: sections checked when they are first used."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import stat
import zlib
from pathlib import Path

from lab.core.errors import LabError
from lab.symbols.store.format import SECTIONS, Numbers, directory, numbers

__all__ = ["Mapped"]

LIMIT = 1 << 30  # bytes; far above any real index


class Mapped:
    """The sections of an index file, by name.

    Opening maps the file and checks its header. A section's CRC-32 is computed when the section is first asked for,
    so that a lookup reads what it needs and no more. Raises `LabError` for damage.
    """

    def __init__(self, path: Path | str) -> None:
        self.source = str(path)
        self._map, self.written_ns = _map(path)
        self._data = memoryview(self._map)
        self._numbers: dict[str, Numbers] = {}
        self._contents: dict[str, memoryview] = {}
        try:
            self._places = directory(self._data, self.source)
        except LabError:
            self.close()
            raise

    def close(self) -> None:
        """Unmap the file; nothing can be asked after that."""
        for view in (*self._numbers.values(), *self._contents.values(), self._data):
            if isinstance(view, memoryview):
                view.release()
        self._numbers.clear()
        self._contents.clear()
        with contextlib.suppress(BufferError):  # the frames of an error may hold a part: unmapped when they are gone
            self._map.close()

    def content(self, name: str) -> memoryview:
        """The bytes of a section."""
        if name not in self._contents:
            offset, size, crc = self._places[name]
            view = self._data[offset : offset + size]
            if zlib.crc32(view) != crc:
                view.release()
                raise self.damaged(name)
            self._contents[name] = view
        return self._contents[name]

    def column(self, name: str) -> Numbers:
        """A section as numbers."""
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = numbers(self.content(name), SECTIONS[name])
        return found

    def texts(self, name: str) -> list[bytes]:
        """A section of NUL-terminated texts as a list."""
        return bytes(self.content(name)).split(b"\0")[:-1]

    def damaged(self, name: str) -> LabError:
        """What to raise where a section's content cannot be right."""
        return LabError(f"{self.source}: section {name} of the symbol index is damaged; build it again")


def _map(path: Path | str) -> tuple[mmap.mmap, int]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise LabError(f"{path}: is no file; a symbol index was expected")
            if not 0 < found.st_size <= LIMIT:
                raise LabError(f"{path}: {found.st_size:,} bytes; this is no symbol index")
            return mmap.mmap(handle, found.st_size, access=mmap.ACCESS_READ), found.st_mtime_ns
        finally:
            os.close(handle)
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror or errno.errorcode.get(error.errno or 0)})") from None
    except ValueError:
        raise LabError(f"{str(path)!r}: is no path of a file") from None
