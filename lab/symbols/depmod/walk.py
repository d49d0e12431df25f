"""The modules of a tree, each name once, in the order of the index (kmod 30 and 34, `depmod_modules_search`)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lab.core.errors import LabError
from lab.symbols.depmod.config import Config
from lab.symbols.depmod.duplicates import replaces
from lab.symbols.depmod.hash_order import bucket_order
from lab.symbols.depmod.inside import resolve
from lab.symbols.depmod.order_file import read_order
from lab.symbols.depmod.types import Found

__all__ = ["find_modules", "module_name"]

ENDINGS = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
LINKS_TO_SOURCE = frozenset({"build", "source"})  # what `make modules_install` puts beside the modules
MAX_MODULES = 0xFFFF  # kmod counts them in 16 bits and refuses this many
MAX_ENTRIES = 1_000_000  # of all folders, counted again through each link; far above any real tree
NAME_BUCKETS = 512  # of kmod's table of modules by name


class _File(NamedTuple):
    """A file whose name is a module's: `path` as kmod writes it, relative to the modules folder or absolute."""

    path: str
    name: str
    absolute: str
    status: os.stat_result


def module_name(file: str) -> str:
    """The module's name of a file's name: up to the first dot, `_` for `-`."""
    return file.partition(".")[0].replace("-", "_")


def find_modules(
    folder: str, version: str, config: Config, warn: Callable[[str], None], root: str, kmod: int = 30
) -> list[Found]:
    """The modules that count, in the order of their numbers in the index.

    `folder`: the real path of ROOT/lib/modules/`version`; `root`: the real path of ROOT, which nothing read here
    leaves: links are followed as `chroot` would, and external folders of the configuration are looked up below it.
    What cannot be used (a link that leads nowhere or in a circle, a folder that may not be read, a socket) costs a
    line to `warn` and is left out, as in kmod, which goes round in the circle.

    The order is kmod's: what `modules.order` lists first, all others as its hash table has them.

    Raises `LabError` if `folder` cannot be read, for a name or path that the index (7-bit ASCII) cannot hold, for
    65,535 modules and more, and for a tree of more than a million entries.
    """
    base = root.rstrip("/")
    home = f"/lib/modules/{version}"
    inner = config._replace(externals=tuple(_inside(path, base) for path in config.externals))
    walk = _Walk(base, config.excludes, warn)
    found: dict[str, _File] = {}
    try:
        listed = _listing(folder)
    except OSError as error:
        raise LabError(f"{folder}: cannot be read ({error.strerror}); a tree of modules was expected there") from None
    for file in walk.files(listed, folder, ""):
        _enter(found, file, base, home, inner)
    for external in config.externals:
        try:
            where = resolve(root, _inside(external, base))
            listed = [] if where is None else _listing(where)
        except OSError:
            where = None
        if where is None:
            warn(f"could not open directory {external} below {root}; modules there are not in the index")
            continue
        for file in walk.files(listed, where, f"{external}/"):
            path = _inside(file.path, base)
            if path.startswith(f"{home}/"):  # an external folder inside the modules folder
                file = file._replace(path=path[len(home) + 1 :])
            _enter(found, file, base, home, inner)
    if len(found) >= MAX_MODULES:
        raise LabError(f"{folder}: {len(found):,} modules; the index has room for {MAX_MODULES - 1:,}")
    _check_names(found, kmod)
    modules = [
        Found(path, absolute, name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino)
        for path, name, absolute, s in found.values()
    ]
    return _in_order(modules, read_order(folder, root, warn, kmod) or {})


def _inside(path: str, base: str) -> str:
    """An absolute path as seen inside ROOT, whether ROOT's own path stands in front of it or not."""
    return path[len(base) :] if path.startswith(f"{base}/") else path


def _listing(folder: str) -> list[os.DirEntry[str]]:
    """All entries in the order of the folder, which decides between modules of one name; held open no longer."""
    with os.scandir(folder) as entries:
        return list(entries)


def _enter(found: dict[str, _File], file: _File, base: str, home: str, config: Config) -> None:
    """Take `file` into `found` unless a module of its name is there that counts more."""
    old = found.setdefault(file.name, file)
    if old is not file and replaces(_stem(file, base, home), _stem(old, base, home), home, config):
        found[file.name] = file


def _stem(file: _File, base: str, home: str) -> str:
    """The absolute path inside ROOT, cut off behind the module's name."""
    full = _inside(file.path, base) if file.path.startswith("/") else f"{home}/{file.path}"
    return full[: full.rindex("/") + 1 + len(file.name)]


def _check_names(found: dict[str, _File], kmod: int) -> None:
    """Raise `LabError` if the index, 7-bit ASCII, cannot hold a name; kmod 34 refuses other paths too."""
    for path, name, absolute, _ in found.values():
        if not (path.isascii() if kmod >= 34 else name.isascii()):
            raise LabError(
                f"{absolute}: has a name that is not 7-bit ASCII, which the index cannot hold; rename or exclude it"
            )


def _in_order(modules: list[Found], order: dict[str, int]) -> list[Found]:
    """Those listed in `order` by their rank; behind them the rest as kmod's hash table iterates."""
    ranked = [(order.get(_plain(m)), m) for m in modules]
    listed = sorted((rank, i) for i, (rank, _) in enumerate(ranked) if rank is not None)
    rest = [m for rank, m in ranked if rank is None]
    unlisted = bucket_order([m.name.encode() for m in rest], NAME_BUCKETS) if rest else []
    return [*(modules[i] for _, i in listed), *(rest[i] for i in unlisted)]


def _plain(module: Found) -> str:
    """The path as modules.order has it, in the form `.ko`: kmod cuts three characters behind the module's name.

    Modules of external folders are in no such list.
    """
    path = module.path
    return "" if path.startswith("/") else path[: path.rfind("/") + 1 + len(module.name) + len(".ko")]


class _Walk:
    """Goes through folders depth first, each when it is met, as kmod does."""

    def __init__(self, base: str, excludes: frozenset[str], warn: Callable[[str], None]) -> None:
        self._base, self._skip, self._warn = base, excludes | LINKS_TO_SOURCE, warn
        self._entries = 0

    def files(self, listed: list[os.DirEntry[str]], where: str, path: str) -> Iterator[_File]:
        """The module files of `where`, whose entries are `listed`; `path` is put before their paths."""
        stack = [(iter(listed), where, path)]
        opened = {where}
        while stack:
            entries, where, path = stack[-1]
            for entry in entries:
                name = entry.name
                if name in self._skip:
                    continue
                try:
                    if not entry.is_file(follow_symlinks=False):
                        target, status = self._follow(entry, where)
                        if target and status is None and self._may_open(target, opened):
                            stack.append((iter(self._list(target)), target, f"{path}{name}/"))
                            opened.add(target)
                            break
                        if status is None or not name.endswith(ENDINGS) or name in ENDINGS:
                            continue
                    elif not name.endswith(ENDINGS) or name in ENDINGS:
                        continue
                    else:
                        target, status = f"{where}/{name}", entry.stat(follow_symlinks=False)
                    yield _File(path + name, module_name(name), target, status)
                except OSError as error:
                    self._warn(f"{where}/{name}: cannot be read ({error.strerror}); left out of the index")
            else:
                stack.pop()
                opened.discard(where)

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        listed = _listing(folder)
        self._entries += len(listed) + 1
        if self._entries > MAX_ENTRIES:
            raise LabError(f"{folder}: more than {MAX_ENTRIES:,} entries so far; this is no tree of modules")
        return listed

    def _may_open(self, folder: str, opened: set[str]) -> bool:
        if folder in opened:
            self._warn(f"{folder}: a link below leads back to it; not followed")
        return folder not in opened

    def _follow(self, entry: os.DirEntry[str], where: str) -> tuple[str, os.stat_result | None]:
        """What an entry that is no plain file leads to: a folder and None, a file and its status, or "" and None."""
        target = f"{where}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            return target, None
        leads = resolve(self._base or "/", target[len(self._base) :])
        if leads is None:
            # of a list, as modules.order, whoever reads it says so
            if not entry.name.startswith("modules.") or entry.name.endswith(ENDINGS):
                self._warn(f"{target}: is a link that leads nowhere below {self._base or '/'}; left out of the index")
            return "", None
        status = os.stat(leads, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            return leads, None
        if stat.S_ISREG(status.st_mode):
            return leads, status
        self._warn(f"{target}: is neither file nor folder; left out of the index")
        return "", None
