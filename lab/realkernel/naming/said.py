"""What a machine with a real systemd said, as values: from a guest that was booted, or from a bundled recording."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.naming.link.default import default_links
from lab.naming.link.file import LinkFile
from lab.naming.link.folders import arrange
from lab.naming.model import Machine
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import Release, release
from lab.naming.sources import tarball, udevdb
from lab.realkernel.boot import Boot
from lab.realkernel.naming.script import ANSWERS, DATABASE, SYSFS, VERSION

__all__ = ["Names", "Said", "parse_names", "said"]

Names = Mapping[tuple[str, str], Mapping[str, str]]  # (interface, scheme) -> name by policy

PROPERTY, SCHEME = "ID_NET_NAME_", "ID_NET_NAMING_SCHEME"
LINES = 200_000  # of answers; 100 interfaces under 20 schemes give 10,000
_VERSION = re.compile(r"([0-9]{3})\b")


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """`machine`: the real one, by its own sysfs. `systemd`: its release, `kernel`: what `uname -r` says.

    `scheme`: under which udev really named the interfaces. `names`: what systemd answered, by interface and scheme.
    `link_files`: the texts of its .link files by path; none if they are not known.
    """

    machine: Machine
    systemd: Release
    kernel: str
    scheme: str
    names: Names
    link_files: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def links(self) -> tuple[LinkFile, ...]:
        """The .link files as they are asked; those that systemd brings itself, if others are not known."""
        number = self.systemd.number
        return arrange(self.link_files, number) if self.link_files else default_links(number)

    @property
    def default(self) -> Scheme:
        """The scheme under which udev named, as this release applies it."""
        return self.systemd.scheme(self.scheme)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that it was asked for, oldest first."""
        return tuple(name for name in self.systemd.schemes if any(name == scheme for _, scheme in self.names))


def said(boot: Boot, name: str, link_files: Mapping[str, str] | None = None) -> Said:
    """What the guest of `boot` said; `name` is what its machine is called, `link_files` what its systemd was given.

    Raises `LabError` for what is no answer.
    """
    version = boot.text(VERSION).split("\n")
    found = _VERSION.match(version[0])
    if found is None or len(version) < 2:
        raise LabError(f"{name}: the guest sent no release of systemd; look at its console with --keep DIR")
    known = release(int(found[1]))
    if SYSFS not in boot.files:
        raise LabError(f"{name}: the guest sent no copy of its sysfs; look at its console with --keep DIR")
    machine = tarball.parse(boot.files[SYSFS], name)
    names = parse_names(boot.text(ANSWERS), known)
    cards = {card.ifname for card in machine.cards}
    if {ifname for ifname, _ in names} != cards:
        raise LabError(f"{name}: the guest's systemd answered for other interfaces than its sysfs has; boot it again")
    asked = {scheme for _, scheme in names}
    if cards and asked != set(known.schemes):
        lacking = ", ".join(sorted(set(known.schemes) - asked)[:5])
        raise LabError(f"{name}: the guest's systemd did not answer under {lacking}; boot it again")
    database = udevdb.parse(boot.files.get(DATABASE, b""), name)
    machine = dataclasses.replace(machine, properties=_properties(machine, database))
    return Said(machine, known, version[1].strip(), _given_under(database, known), names, link_files or {})


def parse_names(text: str, known: Release) -> Names:
    """The answers of `udevadm test-builtin net_id`, each after a line "== IFNAME SCHEME".

    Raises `LabError` for a scheme that the release `known` has not, for answers under another scheme than was asked
    for, and for more than any machine says.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    now: tuple[str, str] | None = None
    for count, line in enumerate(text.splitlines()):
        if count >= LINES:
            raise LabError(f"the guest's systemd said more than {LINES:,} lines; that are no names of interfaces")
        words = line.split(" ")
        if words[0] == "==" and len(words) == 3:
            now = words[1], words[2]
            if now[1] not in known.schemes:
                raise LabError(f"the guest answered for the scheme {now[1][:30]!r}, unknown to systemd {known.number}")
            found.setdefault(now, {})
            continue
        key, equal, value = line.partition("=")
        if now is None or not equal:
            continue
        if key == SCHEME and value != now[1]:
            raise LabError(f"the guest's systemd took {value[:30]!r} for {now[1]}: it does not know that scheme")
        if key.startswith(PROPERTY):
            found[now][key.removeprefix(PROPERTY)] = value
    return found


def _given_under(database: Machine, known: Release) -> str:
    """The scheme that udev's own database has; the release's default where it says nothing."""
    schemes = {r.scheme for r in database.recorded.values() if r.scheme in known.schemes}
    found = schemes.pop() if len(schemes) == 1 else None
    return found or known.default


def _properties(machine: Machine, database: Machine) -> dict[str, dict[str, str]]:
    """What udev says of the devices beside sysfs, as `lab.naming.sources.live` has it."""
    found = {
        path: {key: value for key, value in values.items() if key.startswith("ID_")}
        for path, values in database.properties.items()
        if path in machine.tree.folders
    }
    return {path: values for path, values in found.items() if values}
