"""The bytes of a module's file: a plain one is read by parts, a compressed one unpacked within bounds."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lab.core.errors import LabError
from lab.symbols.payload import LIMIT, MODULE_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SIGNED", "Data", "FileBytes", "module_bytes", "signed"]

SIGNED = b"~Module signature appended~\n"  # include/linux/module_signature.h
ELF = b"\x7fELF"
HEAD = 64  # bytes of an ELF header
WINDOW = 2048  # bytes read before what was asked for: section names stand right before the section headers

# magic -> (the form it is, the compression that lab.symbols.payload knows); libkmod goes by magic too
FORMS: dict[bytes, str] = {b"\x1f\x8b": "gz", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}


class FileBytes:
    """An open file as bytes: `len(f)` and `f[a:b]` (step 1), each slice a `pread`.

    Reading all 397 MB of a distribution's modules takes several times as long as reading the parts of them
    that matter; a mapping costs more per file than it saves, and one of a file that shrinks meanwhile kills
    the process. A slice is shorter than asked for if the file ends before; a file that shrank raises `LabError`.
    """

    __slots__ = ("_at", "_file", "_held", "_size", "_source")

    def __init__(self, file: int, size: int, source: str) -> None:
        """Take over the descriptor `file`; `source` names the file in errors."""
        self._file = file
        self._size = size
        self._source = source
        self._at = 0
        self._held = self._pread(HEAD if size > HEAD else size, 0)

    def __len__(self) -> int:
        """Bytes in the file when it was opened."""
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """The bytes of a slice."""
        start, stop, step = part.start, part.stop, part.step
        if step is not None or start is None or stop is None or not 0 <= start < stop <= self._size:
            start, stop, step = part.indices(self._size)
            if step != 1:
                raise ValueError("only slices of step 1 are read from a file")
            if stop <= start:
                return b""
        skip = start - self._at
        if skip >= 0 and stop - self._at <= len(self._held):
            return self._held[skip : stop - self._at]
        if start < WINDOW or stop + WINDOW < self._size:
            return self._pread(stop - start, start)
        self._at = start - WINDOW
        self._held = self._pread(stop - self._at, self._at)
        return self._held[WINDOW:]

    def _pread(self, size: int, start: int) -> bytes:
        try:
            data = os.pread(self._file, size, start)
        except OSError as error:
            raise LabError(f"{self._source}: cannot be read ({error.strerror})") from None
        if len(data) != size:
            raise LabError(f"{self._source}: became shorter while it was read; try again")
        return data

    def close(self) -> None:
        """Give the descriptor back; slices raise from then on."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        """Close with the last reference."""
        self.close()


Data = bytes | FileBytes | memoryview  # what `open_object` takes: len() and slices


def module_bytes(path: Path | str, limit: int = MODULE_LIMIT) -> tuple[bytes | FileBytes, str]:
    """The content of a module's file, and the form it has: "", "gz", "xz" or "zst" (by its first bytes).

    A plain file stays open until its `FileBytes` is closed or forgotten. Raises `LabError` if it cannot be
    read, is no regular file, is damaged or unpacks to more than `limit` bytes.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        info = os.fstat(file)
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{path!r}: is no path of a file") from None
    source = os.fspath(path)
    if not stat.S_ISREG(info.st_mode) or info.st_size > LIMIT:
        os.close(file)
        what = f"larger than {LIMIT:,} bytes" if stat.S_ISREG(info.st_mode) else "is no regular file"
        raise LabError(f"{path}: {what}; a module was expected")
    data = FileBytes(file, info.st_size, source)
    head = data[:6]
    if head.startswith(ELF):
        return data, ""
    for magic, form in FORMS.items():
        if head.startswith(magic):
            from lab.symbols.payload import unpack

            try:
                return unpack(data[:], source, limit), form
            finally:
                data.close()
    return data, ""


def signed(data: Data) -> bool:
    """Whether the file ends as a signed module does."""
    return bytes(data[-len(SIGNED) :]) == SIGNED
