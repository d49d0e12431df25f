"""A `.link` file as a value: what it matches, and the names it asks for (systemd.link(5), systemd.syntax(7))."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping, Sequence

from lab.naming.ifname import ALTNAME_MAX, refusal
from lab.naming.link.environment import CONDITIONS
from lab.naming.link.words import words
from lab.naming.schemes.flags import RELEASE

__all__ = ["ALTNAME_POLICIES", "LISTS", "NAME_POLICIES", "LinkFile", "hardware_address", "parse"]

NAME_POLICIES = ("kernel", "keep", "database", "onboard", "slot", "path", "mac")
ALTNAME_POLICIES = ("database", "onboard", "slot", "path", "mac")
LISTS = ("MACAddress", "PermanentMACAddress", "Path", "Driver", "Type", "Kind", "OriginalName", "Property")
NAMING = ("Name", "NamePolicy", "AlternativeName", "AlternativeNamesPolicy")
# The release that brought a setting; an older one ignores it (systemd.link(5), NEWS)
SINCE = {"PermanentMACAddress": 245, "Kind": 251, "AlternativeName": 245, "AlternativeNamesPolicy": 245}
_LENGTHS = (4, 6, 16, 20)  # bytes of an address: IPv4 tunnel, Ethernet, IPv6 tunnel, InfiniBand
_HEX = re.compile(r"[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2})*)|[0-9a-f]{1,4}(?:\.[0-9a-f]{1,4})+", re.A)


@dataclasses.dataclass(frozen=True, slots=True)
class LinkFile:
    """One file with its drop-ins.

    `path`: where it lies. `match`: the lists of [Match] by key, in words ("!" before a word negates it).
    `conditions`: what it asks of the system, by key. `settings`: everything else of [Link], in order; it changes
    no name and is kept for those who copy the file. `ignored`: what systemd ignores in it, a line each.
    """

    path: str
    match: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    conditions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    name: str | None = None
    name_policy: tuple[str, ...] = ()
    altnames: tuple[str, ...] = ()
    altnames_policy: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    dropins: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """Its name without folders: files are asked in the order of these."""
        return self.path.rpartition("/")[2]

    @property
    def empty(self) -> bool:
        """True if nothing valid stands in [Match]: systemd ignores such a file."""
        return not any(self.match.values()) and not self.conditions


def parse(path: str, texts: Sequence[tuple[str, str]], release: int = RELEASE) -> LinkFile:
    """The file at `path` from its text and those of its drop-ins, in order: pairs of (path, text).

    Never fails: what systemd `release` ignores with a warning is listed in `ignored`.
    """
    reader = _Reader(release)
    for source, text in texts:
        reader.read(source, text)
    return dataclasses.replace(reader.found(path), dropins=tuple(source for source, _ in texts[1:]))


@functools.lru_cache(maxsize=4096)  # every file's list is asked for every card
def hardware_address(text: str) -> bytes | None:
    """An address of 4, 6, 16 or 20 bytes, with colons, hyphens or dots; None for any other text."""
    text = text.lower()
    if _HEX.fullmatch(text):
        if "." in text and text.count(".") in (1, 2, 7, 9):
            parts = [f"{int(p, 16):04x}" for p in text.split(".")]
        else:
            parts = [p.zfill(2) for p in re.split("[:-]", text)]
        data = bytes.fromhex("".join(parts)) if all(len(p) % 2 == 0 for p in parts) else b""
        if len(data) in _LENGTHS and ("." in text or len(data) == len(parts)):
            return data
    import ipaddress  # loaded for the rare tunnel's address only

    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None


class _Reader:
    """Collects assignments in order; a later one adds to a list, replaces a value, and an empty one resets it."""

    def __init__(self, release: int) -> None:
        self.release = release
        self.match: dict[str, tuple[str, ...]] = {}
        self.conditions: dict[str, str] = {}
        self.naming: dict[str, tuple[str, ...]] = dict.fromkeys(NAMING, ())
        self.settings: list[tuple[str, str]] = []
        self.ignored: list[str] = []

    def read(self, source: str, text: str) -> None:
        for number, section, key, value in _assignments(text):
            why = self._assign(section, key, value)
            if why:
                self.ignored.append(f"{source.rpartition('/')[2]}:{number}: {why}")

    def found(self, path: str) -> LinkFile:
        name = self.naming["Name"]
        return LinkFile(
            path,
            self.match,
            self.conditions,
            name[0] if name else None,
            self.naming["NamePolicy"],
            self.naming["AlternativeName"],
            self.naming["AlternativeNamesPolicy"],
            tuple(self.settings),
            (),
            tuple(self.ignored),
        )

    def _assign(self, section: str | None, key: str, value: str) -> str:
        """Take one assignment; returns why it is ignored, or ""."""
        if section is None or not key:
            return f"{key or value} stands in no section or is no assignment"
        if self.release < SINCE.get(key, 0):
            return f"{key}= is unknown to systemd {self.release}"
        if section == "Match":
            if key in CONDITIONS:
                self.conditions = {k: v for k, v in self.conditions.items() if k != key}
                if value:
                    self.conditions[key] = value
                return ""
            return self._list(key, value) if key in LISTS else f"{key}= is no setting of [Match]"
        if section == "Link":
            if key in NAMING:
                return self._name(key, value)
            self.settings.append((key, value))
        return ""

    def _list(self, key: str, value: str) -> str:
        if not value:
            self.match[key] = ()
            return ""
        negated = "!" if value.startswith("!") and "Address" not in key else ""
        address, name = "Address" in key, key == "OriginalName"
        found, whole = words(value.removeprefix(negated), not (address or name), key == "Property")
        bad = [w for w in found if (address and hardware_address(w) is None) or (name and not _pattern(w))]
        bad += [w for w in found if key == "Property" and not re.match(r"[A-Za-z_][A-Za-z0-9_]*=", w)]
        self.match[key] = (*self.match.get(key, ()), *(negated + w for w in found if w not in bad))
        return f"{key}={value}: {bad[0]!r} is not valid" if bad else "" if whole else f"{key}={value}: bad quoting"

    def _name(self, key: str, value: str) -> str:
        if not value:
            self.naming[key] = ()
            return ""
        if key == "Name":
            word = refusal(value)
            if not word:
                self.naming[key] = (value,)
            return f"Name={value}: {word}" if word else ""
        found = words(value)[0]
        if key == "AlternativeName":
            good = [w for w in found if not refusal(w, ALTNAME_MAX)]
            self.naming[key] = (*self.naming[key], *good)
        else:
            known = NAME_POLICIES if key == "NamePolicy" else ALTNAME_POLICIES
            good = list(dict.fromkeys(w for w in found if w in known))
            self.naming[key] = tuple(good)
        bad = [w for w in found if w not in good]
        return f"{key}={value}: {bad[0]!r} is not valid" if bad else ""


def _pattern(word: str) -> bool:
    """What OriginalName= takes: patterns are held to the letters of a name as well."""
    return not refusal(word.removeprefix("!"))


def _assignments(text: str) -> Iterator[tuple[int, str | None, str, str]]:
    """Each assignment: line, section (None before the first), key, value; a line that is none has no key."""
    section: str | None = None
    for number, line in _lines(text.removeprefix("\ufeff")):
        if line.startswith("["):
            if line.endswith("]"):
                section = line[1:-1]
            else:
                yield number, None, "", line
            continue
        key, equal, value = line.partition("=")
        yield (number, section, key.rstrip(), value.strip()) if equal else (number, section, "", line)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines: a backslash at the end of one joins the next to it with a blank; comments are left out."""
    kept, start = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if not line and not kept:
            continue
        if line[:1] in ("#", ";"):
            continue
        start = start or number
        trailing = len(line) - len(line.rstrip("\\"))
        if trailing % 2:
            kept += line[:-1] + " "
            continue
        whole = (kept + line).strip()
        if whole:
            yield start, whole
        kept, start = "", 0
    if kept.strip():
        yield start, kept.strip()
