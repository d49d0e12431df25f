"""What a machine with a real systemd said, as values: from a guest that was booted, or from a bundled recording."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from lab.core.errors import LabError
from lab.core.snapshot import Provenance
from lab.naming.link.default import default_links
from lab.naming.link.file import LinkFile
from lab.naming.link.folders import arrange
from lab.naming.model import Machine
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import Release, release
from lab.naming.sources import tarball, udevdb
from lab.realkernel.boot import Boot
from lab.realkernel.naming.script import ANSWERS, DATABASE, NEWEST, SYSFS, VERSION

__all__ = ["Names", "Said", "given_under", "parse_names", "said", "udev_properties", "whole"]

Names = Mapping[tuple[str, str], Mapping[str, str]]  # (interface, scheme) -> name by policy

PROPERTY, SCHEME = "ID_NET_NAME_", "ID_NET_NAMING_SCHEME"
NAMES_ITS_SCHEME = 240  # the first release whose udev says under which scheme it named
LINES = 200_000  # of answers; 100 interfaces under 20 schemes give 10,000
_VERSION = re.compile(r"([0-9]{3})\b")


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """`machine`: the real one, by its own sysfs. `systemd`: its release, `kernel`: what `uname -r` says.

    `scheme`: under which udev really named the interfaces. `names`: what systemd answered, by interface and scheme.
    `link_files`: the texts of its .link files by path; none if they are not known. `newest`: what systemd itself calls
    its newest scheme; "" if it was not asked. `qemu`: the version of QEMU that built the machine, "" if that is not
    known. `provenance`: where a recording comes from; None for a machine that was booted just now.
    """

    machine: Machine
    systemd: Release
    kernel: str
    scheme: str
    names: Names
    link_files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    newest: str = ""
    qemu: str = ""
    provenance: Provenance | None = None

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


def said(boot: Boot, name: str, link_files: Mapping[str, str] | None = None, qemu: str = "") -> Said:
    """What the guest of `boot` said; `name` is what its machine is called, `link_files` what its systemd was given.

    `qemu`: the version of QEMU that booted it. Raises `LabError` for what is no answer.
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
    newest = _newest(boot.text(NEWEST) if NEWEST in boot.files else "")
    database = udevdb.parse(boot.files.get(DATABASE, b""), name)
    machine = dataclasses.replace(machine, properties=udev_properties(machine, database))
    scheme = given_under(database, known, name)
    return whole(Said(machine, known, version[1].strip(), scheme, names, link_files or {}, newest, qemu), name)


def whole(found: Said, name: str) -> Said:
    """`found` if systemd answered for every card under every scheme of its release, and for nothing else.

    Raises `LabError`; `name` is what it calls the machine.
    """
    cards = {card.ifname for card in found.machine.cards}
    if {ifname for ifname, _ in found.names} != cards:
        raise LabError(f"{name}: systemd answered for other interfaces than its sysfs has; boot it again")
    for card in sorted(cards):
        lacking = [scheme for scheme in found.systemd.schemes if (card, scheme) not in found.names]
        if lacking:
            raise LabError(f"{name}: systemd did not answer for {card} under {', '.join(lacking[:5])}; boot it again")
    return found


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


def _newest(text: str) -> str:
    """What systemd calls its newest scheme, by its answer to a question under "latest"."""
    pairs = (line.partition("=") for line in text.splitlines())
    return next((value[:30] for key, _, value in pairs if key == SCHEME), "")


def given_under(database: Machine, known: Release, name: str) -> str:
    """The scheme that udev's own database has. Before systemd 240 it has none: the release's default.

    Raises `LabError` for several schemes, for one that the release `known` has not, and for none.
    """
    schemes = {r.scheme for r in database.recorded.values() if r.scheme}
    if not schemes and known.number < NAMES_ITS_SCHEME:
        return known.default
    if len(schemes) != 1 or not schemes <= set(known.schemes):
        told = ", ".join(sorted(s[:30] for s in schemes if s)[:5]) or "no scheme"
        raise LabError(f"{name}: udev's database has {told}, not one scheme of systemd {known.number}; boot it again")
    return str(schemes.pop())


def udev_properties(machine: Machine, database: Machine) -> dict[str, dict[str, str]]:
    """What udev says of the devices beside sysfs, as `lab.naming.sources.live` has it."""
    found = {
        path: {key: value for key, value in values.items() if key.startswith("ID_")}
        for path, values in database.properties.items()
        if path in machine.tree.folders
    }
    return {path: values for path, values in found.items() if values}
