"""What a run of depmod is told, what it finds, what it answers."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Facts", "Found", "Result", "Settings"]


class Settings(NamedTuple):
    """One run: modules of ROOT/lib/modules/VERSION, indexes into OUT/lib/modules/VERSION (`out` None: into ROOT).

    `kmod`: whose files to write, 30 (indexes in post-order) or 34 (pre-order, and modules.weakdep). `compat`: with
    kmod's mistake about namespaces, see `read`. `cache`: file that holds what was read before, None for none.
    `sysroot`: where the folders of depmod.d are; kmod takes those of the running system whatever ROOT is, so "/".
    `processes`: 0 for as many as there are cores, two at most. `apply`: the running system may be written to.
    """

    root: str
    version: str
    out: str | None = None
    kmod: int = 30
    compat: bool = False
    cache: str | None = None
    sysroot: str = "/"
    processes: int = 0
    apply: bool = False


class Found(NamedTuple):
    """A module file; `path` is as modules.dep writes it, `absolute` where it is opened; the rest is `os.stat`."""

    path: str
    absolute: str
    name: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Facts(NamedTuple):
    """What depmod needs of one module: strings, each ended by NUL.

    `exports`, `wants` (undefined symbols in the order of the table, then names only `__versions` has), `aliases`,
    `softdeps`, `weakdeps` (values of .modinfo in order).
    """

    exports: bytes
    wants: bytes
    aliases: bytes
    softdeps: bytes
    weakdeps: bytes


class Result(NamedTuple):
    """What a run did.

    `folder`: where the indexes are. `files`: names written, `kept`: names already right, which only a cache can tell.
    `read`, `cached`: modules whose file was read, whose facts the cache had. `note`: why a cache was of no use, or "".
    `warnings`: one line each. `cycles`: names of modules, the first again at the end; where there are any nothing was
    written.
    """

    version: str
    folder: str
    modules: int
    symbols: int
    aliases: int
    files: tuple[str, ...]
    kept: tuple[str, ...]
    read: int
    cached: int
    note: str
    warnings: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...]
