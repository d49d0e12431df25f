"""depmod.d: which of several modules of one name counts, and which folders are searched (depmod.d(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.symbols.depmod.inside import resolve

__all__ = ["BUILT_IN", "EXTERNAL", "Config", "parse", "read_config"]

BUILT_IN, EXTERNAL = "built-in", "external"
LIMIT = 1 << 20  # bytes of one file; a real one has a few lines

# where kmod looks, first one first; a file hides those of its name in later folders. /usr/lib came with kmod 33.
FOLDERS = ("etc/depmod.d", "run/depmod.d", "usr/local/lib/depmod.d", "usr/lib/depmod.d", "lib/depmod.d")
SINCE = {"usr/lib/depmod.d": 33}

# directive -> whether its note is that kmod ignores it as well
IGNORED = ("include", "make_map_files")
_PIECE = re.compile(rb"\\(.?)|(\n)|([^\\\n]+)", re.DOTALL)


class Config(NamedTuple):
    """What the files say, in the order in which kmod holds it: what was said last stands first.

    `searches`: folders below the modules folder, `BUILT_IN` for all others and `EXTERNAL` for `externals`; the
    further back, the stronger. `overrides`: paths below the modules folder without `.ko`, that win always.
    `externals`: further folders to search, absolute as seen inside ROOT. `excludes`: names that are skipped.
    """

    searches: tuple[str, ...] = ("updates",)
    overrides: tuple[str, ...] = ()
    externals: tuple[str, ...] = ()
    excludes: frozenset[str] = frozenset()


class _Said:
    """What the lines say so far, in their order."""

    def __init__(self) -> None:
        self.searches: list[str] = []
        self.overrides: list[str] = []
        self.externals: list[str] = []
        self.excludes: list[str] = []


def read_config(sysroot: str, version: str, warn: Callable[[str], None], kmod: int = 30) -> Config:
    """What the files of depmod.d below `sysroot` say for kernel `version`.

    As kmod: a line that cannot be used, an unreadable file or a link that leads nowhere costs a line to `warn`,
    the rest counts. Links stay below `sysroot`; one to /dev/null hides the files of its name.
    """
    found: dict[str, str] = {}
    for folder in FOLDERS:
        if kmod >= SINCE.get(folder, 0):
            for name, path in _files(sysroot, folder, warn):
                found.setdefault(name, path)
    return parse(
        ((path, _content(sysroot, path, warn)) for _, path in sorted(found.items(), key=lambda i: os.fsencode(i[0]))),
        version,
        warn,
        kmod,
    )


def _files(sysroot: str, folder: str, warn: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """(name, path below `sysroot`) of the files of one folder; none if it is not there."""
    where = resolve(sysroot, folder)
    if where is None:
        return
    try:
        names = os.listdir(where)
    except OSError as error:
        warn(f"{where}: cannot be read ({error.strerror}); what it says is not followed")
        return
    for name in names:
        if name.startswith(".") or not name.endswith(".conf"):
            continue
        target = resolve(sysroot, f"{folder}/{name}")
        if target is not None and os.path.isdir(target):
            warn(f"{folder}/{name}: is a folder, no file of depmod.d; it is not read")
            continue
        yield name, f"{folder}/{name}"


def _content(sysroot: str, path: str, warn: Callable[[str], None]) -> bytes:
    shown = os.path.join(sysroot, path)
    try:
        if os.path.islink(shown) and os.readlink(shown) == "/dev/null":
            return b""
        where = resolve(sysroot, path)
        if where is None:
            raise LabError(f"{shown}: is a link that leads nowhere below {sysroot}")
        return read_bytes(where, LIMIT)
    except (OSError, LabError) as error:
        warn(f"{error}; what it says is not followed")
        return b""


def parse(files: Iterator[tuple[str, bytes]], version: str, warn: Callable[[str], None], kmod: int = 30) -> Config:
    """The configuration that `files` (name, content) make together for kernel `version`, in their order."""
    said = _Said()
    for path, content in files:
        for number, words in _lines(content, kmod):
            problem = _follow(said, words, version)
            if problem:
                warn(f"{path}:{number}: {problem}")
    searches = said.searches or ["updates"]
    return Config(
        tuple(searches[::-1]), tuple(said.overrides[::-1]), tuple(said.externals[::-1]), frozenset(said.excludes)
    )


def _follow(said: _Said, words: list[str], version: str) -> str:
    """Take one line into `said`; what is wrong with it, or "" for nothing."""
    directive, arguments = words[0], words[1:]
    if directive == "search":
        said.searches += arguments
    elif directive == "exclude":
        said.excludes += arguments
    elif directive == "override" and len(arguments) >= 3:
        name, pattern, folder = arguments[:3]
        applies, problem = _applies(pattern, version)
        said.overrides += [f"{folder}/{name}"] * applies
        return problem
    elif directive == "external" and len(arguments) >= 2:
        applies, problem = _applies(arguments[0], version)
        if applies and not arguments[1].startswith("/"):
            return f"{arguments[1]}: an external folder needs an absolute path; the line is ignored"
        said.externals += [arguments[1]] * applies
        return problem
    elif directive in IGNORED:
        return f"{directive} does nothing, in kmod neither; the line is ignored"
    else:
        return f"ignoring bad line starting with '{directive}'"
    return ""


def _applies(pattern: str, version: str) -> tuple[bool, str]:
    """Whether a line for the kernels of `pattern` counts for `version`, and what is wrong with the pattern."""
    if pattern == "*":
        return True, ""
    from lab.symbols.depmod.pattern import BadPattern, matches  # few trees have such a line

    try:
        return matches(pattern, version), ""
    except BadPattern as error:
        return False, f"{pattern}: is no pattern of kernel versions ({error}); the line is ignored"


def _lines(content: bytes, kmod: int) -> Iterator[tuple[int, list[str]]]:
    r"""(number of its last line, words) of each line that says something; `\` joins it to the next one.

    Before any other character the backslash is dropped; before the end of the file kmod 30 makes it a byte 0xFF.
    """
    line, number = b"", 0
    for piece in _PIECE.finditer(content):
        escaped, newline, plain = piece.groups()
        if plain is not None:
            line += plain
        elif newline is not None:
            number += 1
            yield from _words(line, number)
            line = b""
        elif escaped == b"\n":
            number += 1
        else:
            line += escaped if escaped or kmod >= 34 else b"\xff"
    yield from _words(line, number + 1)


def _words(line: bytes, number: int) -> Iterator[tuple[int, list[str]]]:
    text = line.partition(b"\0")[0]
    if not text.startswith(b"#") and (words := re.findall(rb"[^\t ]+", text)):
        yield number, [os.fsdecode(word) for word in words]
