"""An older index as the source of all that need not be read again."""

from __future__ import annotations

import dataclasses
import operator
import os
import stat

from lab.core.errors import LabError
from lab.symbols.store.about import About, read_about
from lab.symbols.store.columns import BLOCKS, DERIVED_COLUMNS, OWNER_COLUMNS, Part
from lab.symbols.store.format import MAGIC, SECTIONS, Numbers, numbers
from lab.symbols.store.mapped import Mapped

__all__ = ["RACY_NS", "Earlier", "earlier", "ours_or_new"]

RACY_NS = 2_000_000_000  # a file changed this shortly before the index was written may have changed again unseen


@dataclasses.dataclass(frozen=True, slots=True)
class Earlier:
    """`part`: all its owners, the kernel first. `builtin`: that section. `written_ns`: when the file was written."""

    about: About
    part: Part
    builtin: bytes
    written_ns: int

    def holds(self, row: int, size: int, mtime: int, ctime: int) -> bool:
        """Whether the file of owner `row`, which now has this size and these times, is the one that was read.

        Its inode's time is asked too: a file put in place of another may have its size and its time of change
        (`cp -p`, an image with all times equal), but not an inode as old.
        """
        columns = self.part.columns
        same = columns["owner_size"][row] == size and columns["owner_mtime"][row] == mtime
        return same and self.before(mtime, ctime)

    def before(self, mtime: int, ctime: int) -> bool:
        """Whether a file with these times had them safely before the index was written."""
        return max(mtime, ctime) < self.written_ns - RACY_NS


def ours_or_new(path: str) -> None:
    """Raise `LabError` if there is a file at `path` that is no index, which may not be overwritten.

    One that is empty, or begins as an index does and is damaged, may.
    """
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LabError(f"{path}: is no regular file; name a file for the index")
            head = file.read(len(MAGIC))
    except FileNotFoundError:
        folder = os.path.dirname(os.path.realpath(path))
        if not os.path.isdir(folder):
            raise LabError(f"{path}: cannot be written, there is no folder {folder}; make it first") from None
        return
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror}); name another file for the index") from None
    except ValueError:
        raise LabError(f"{path!r}: is no path of a file") from None
    if head and head != MAGIC:
        raise LabError(f"{path}: is no symbol index and is not overwritten; name another file or remove this one")


def earlier(path: str, folder: str) -> tuple[Earlier | None, str]:
    """The index at `path` if it is an intact one of `folder`; otherwise None, and why a note is due ("" if not).

    There is nothing to note where there is no file yet.
    """
    if not os.path.lexists(path):
        return None, ""
    try:
        mapped = Mapped(path)
    except LabError as error:
        return None, f"{error}"
    try:
        found = _read(mapped)
    except LabError as error:
        return None, f"{error}"
    finally:
        mapped.close()
    if found.about.folder != folder:
        return None, f"{path}: was an index of {found.about.folder or 'an image alone'}"
    return found, ""


def _read(mapped: Mapped) -> Earlier:
    wanted = (*OWNER_COLUMNS, *BLOCKS, *(c for columns in BLOCKS.values() for c in columns), *DERIVED_COLUMNS)
    columns: dict[str, Numbers] = {
        name: numbers(memoryview(bytes(mapped.content(name))), SECTIONS[name]) for name in wanted
    }
    derived = {name: columns.pop(name) for name in DERIVED_COLUMNS}
    part = Part(mapped.texts("paths"), mapped.texts("names"), mapped.texts("strings"), columns, derived)
    _fit(part, mapped)
    return Earlier(read_about(mapped), part, bytes(mapped.content("builtin")), mapped.written_ns)


def _fit(part: Part, mapped: Mapped) -> None:
    """Refuse tables that do not fit together."""
    owners = len(part.paths)
    for name in OWNER_COLUMNS:
        if len(part.columns[name]) != owners or not owners:
            raise mapped.damaged(name)
    for start, block in BLOCKS.items():
        cuts = part.columns[start]
        whole = {len(part.columns[name]) for name in block}
        if len(cuts) != owners + 1 or cuts[0] or whole != {cuts[-1]} or not all(map(operator.le, cuts, cuts[1:])):
            raise mapped.damaged(start)
    for start, column in (("sorted_start", "sorted_export"), ("importer_start", "importer")):
        cuts, rows = part.derived[start], len(part.derived[column])
        ascending = all(map(operator.le, cuts, cuts[1:]))
        if len(cuts) != len(part.names) + 1 or cuts[0] or cuts[-1] != rows or not ascending:
            raise mapped.damaged(start)
