"""The folders that `.link` files are read from: which file hides which, and in what order they are asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.naming.link.file import LinkFile, parse
from lab.naming.schemes.flags import RELEASE

__all__ = ["FOLDERS", "arrange", "read_links"]

# systemd.link(5); a file hides one of the same name in a later folder. /lib is /usr/lib, but not everywhere.
FOLDERS = tuple(f"{top}/systemd/network" for top in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"))
LIMIT = 1 << 20  # bytes of one file
MANY = 10_000  # files in all


def arrange(texts: Mapping[str, str], release: int = RELEASE) -> tuple[LinkFile, ...]:
    """The files whose texts are given by path ("/etc/systemd/network/10-lan0.link"), in the order they are asked.

    An empty text masks every file of that name in a later folder. Drop-ins lie in `NAME.link.d/` of any of the folders.
    A file without a valid [Match] is left out, as systemd does.
    """
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted(texts):
            place, _, name = path.rpartition("/")
            if place == folder and name.endswith(".link"):
                chosen.setdefault(name, path)
    found = []
    for name in sorted(chosen, key=str.encode):
        path = chosen[name]
        if texts[path].strip("\0") == "":
            continue
        dropins = _dropins(texts, name)
        link = parse(path, [(path, texts[path]), *((d, texts[d]) for d in dropins)], release)
        if not link.empty:
            found.append(link)
    return tuple(found)


def _dropins(texts: Mapping[str, str], name: str) -> list[str]:
    """The drop-ins of the file `name`, by file name; one hides those of the same name in later folders."""
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted(texts):
            place, _, part = path.rpartition("/")
            if place == f"{folder}/{name}.d" and part.endswith(".conf"):
                chosen.setdefault(part, path)
    return [chosen[part] for part in sorted(chosen, key=str.encode) if texts[chosen[part]]]


def read_links(root: Path | str = "/", release: int = RELEASE) -> tuple[LinkFile, ...]:
    """The files of the system whose root folder is `root`; raises `LabError` if one cannot be read.

    A link to /dev/null masks, as an empty file does. Links are followed inside `root`.
    """
    base = Path(root)
    if not base.is_dir():
        raise LabError(f"{root}: is no folder; give the root of a system, with etc/systemd/network in it")
    texts: dict[str, str] = {}
    for folder in FOLDERS:
        if folder == "/lib/systemd/network" and (base / "lib").is_symlink():
            continue
        for path in _entries(base, folder):
            name = path.rpartition("/")[2]
            if name.endswith(".link.d"):
                for part in _entries(base, path):
                    if part.endswith(".conf"):
                        texts[part] = _text(base, part)
            elif name.endswith(".link"):
                texts[path] = _text(base, path)
            if len(texts) > MANY:
                raise LabError(f"{root}: more than {MANY} .link files; is this the root of a system?")
    return arrange(texts, release)


def _entries(base: Path, folder: str) -> list[str]:
    try:
        return sorted(f"{folder}/{name}" for name in os.listdir(base / folder.lstrip("/")))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise LabError(f"{base / folder.lstrip('/')}: cannot be read ({error.strerror})") from None


def _text(base: Path, path: str) -> str:
    """The text of one file; "" if it masks."""
    place = base / path.lstrip("/")
    for _ in range(8):
        if not place.is_symlink():
            break
        target = os.readlink(place)
        if target == "/dev/null":
            return ""
        place = base / target.lstrip("/") if target.startswith("/") else place.parent / target
    return read_bytes(place, LIMIT).decode("utf-8", "backslashreplace")
