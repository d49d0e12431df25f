"""A bundled recording as the same result: what a real machine once said, beside what its topology predicts today."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lab.core.dataset import Dataset, find, listed
from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.core.snapshot import Provenance
from lab.naming.link.default import DEFAULT_PATH
from lab.naming.schemes.releases import release
from lab.naming.sources import tarball, udevdb
from lab.naming.topologies.choice import PREFIX
from lab.naming.topologies.presets import ALIASES, PRESETS, preset
from lab.naming.topologies.sysfs import machine
from lab.naming.topologies.topology import Topology
from lab.realkernel.naming.result import NamingResult, compared
from lab.realkernel.naming.said import Names, Said, given_under, parse_names, udev_properties, whole
from lab.realkernel.naming.store import decode, qemu_of

__all__ = ["RELEASE", "read_recording", "recorded", "recorded_topologies"]

OLD, OWN = "naming/", "realkernel/naming-"  # the recordings of the naming room, and those in one file
RELEASE = 252  # the systemd in the guests of the former
LIMIT = 1 << 26  # bytes of one file


def recorded_topologies() -> dict[str, str]:
    """Topology -> the data set of its bundled recording: "card-added" -> "naming/t09b-card-added"."""
    bundled = {data.name for data in listed()}
    aliases = {topology: f"{OLD}{alias}" for alias, topology in ALIASES.items()}
    places = {name: (aliases.get(name, ""), f"{OWN}{name}") for name in PRESETS}
    return {name: place for name, both in places.items() for place in both[:2] if place in bundled}


def recorded(name: str) -> NamingResult:
    """The bundled recording of the topology `name`: a preset such as "card-added", or "t09b".

    What is predicted is predicted now, from the declaration alone; what systemd said was recorded on a real kernel.
    Raises `LabError` for a topology of which there is no recording.
    """
    topology = preset(name.removeprefix(PREFIX))
    known = recorded_topologies()
    if topology.name not in known:
        raise LabError(f"{topology.name}: there is no recording of it; there is one of {', '.join(known)}")
    data = find(known[topology.name])
    real = _said(data, topology.name) if data.path.is_dir() else decode(read_bytes(data.path, LIMIT), data.name)
    return compared(topology, machine(topology), real)


def read_recording(path: Path, topology: Topology) -> NamingResult:
    """The recording in the file `path` (`recording_text`), beside what `topology` predicts.

    Raises `LabError` for a file that cannot be read or is no recording, and for one with other cards.
    """
    real = decode(read_bytes(path, LIMIT), str(path))
    theirs, ours = {str(card.mac) for card in real.machine.cards}, {card.mac for card in topology.cards}
    if theirs != ours:
        odd = min(theirs ^ ours)
        which = f"has no card {odd}, which" if odd in ours else f"has a card {odd}, and not"
        raise LabError(f"{path}: is of another machine: {which} {topology.name} has; name the topology of its boot")
    return compared(topology, machine(topology), real)


def _said(data: Dataset, name: str) -> Said:
    """A recording of the naming room: answers, udev's own database and a copy of sysfs, a file each."""
    known = release(RELEASE)
    real = tarball.parse(read_bytes(data.path / "sys.tar.gz", LIMIT), name)
    database = udevdb.parse(read_bytes(data.path / "export-db.txt", LIMIT), data.name)
    files = {v["ID_NET_LINK_FILE"] for v in database.properties.values() if "ID_NET_LINK_FILE" in v}
    others = files - {DEFAULT_PATH, DEFAULT_PATH.removeprefix("/usr")}
    if others:
        raise LabError(f"{data.name}: was named by {min(others)}, whose text is not in the recording")
    real = dataclasses.replace(real, properties=udev_properties(real, database))
    version = read_bytes(data.path / "version.txt", LIMIT).decode("ascii").split("\n")
    told = Provenance(data.origin, data.tool, data.date)
    scheme = given_under(database, known, data.name)
    kernel = version[1].split()[2]
    return whole(Said(real, known, kernel, scheme, _names(data), qemu=qemu_of(told), provenance=told), data.name)


def _names(data: Dataset) -> Names:
    """The recorded answers, a line each: interface, scheme, property."""
    lines: list[str] = []
    for line in read_bytes(data.path / f"schemes-{RELEASE}.txt", LIMIT).decode("ascii").splitlines():
        ifname, scheme, text = line.split(" ", 2)
        lines += [f"== {ifname} {scheme}", text]
    return parse_names("\n".join(lines), release(RELEASE))
