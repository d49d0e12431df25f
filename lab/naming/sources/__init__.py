"""Where a machine comes from: one file per kind of source, chosen by what the input holds."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from lab.core.dataset import find, listed
from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.naming.model import Machine
from lab.naming.sources import folder, snapshot, tarball, udevdb

__all__ = ["open_source"]

LIMIT = 1 << 26  # bytes of one input file; a full /sys copy has a tenth of that
SHOWN = 200  # letters of a path in a message
DECLARED = "topology:"  # what begins so is a machine that is declared, not recorded


def open_source(what: str) -> Machine:
    """The machine in the file or folder `what`, or the bundled recording of that name ("09a", "t09a-before").

    Understood are a sysfs tarball (plain or gzip), a folder with a copy of sysfs, the text of
    `udevadm info --export-db`, and a snapshot (`kernel-lab naming snapshot`); a machine that is only declared, as
    "topology:card-added" or as a TOML file (`lab.naming.topologies`). Raises `LabError` for anything else, a file of
    several snapshots included.
    """
    if not what:
        raise LabError(
            "no file is named; give a sysfs tarball or folder, a udev database, a snapshot, or a name such as t09a"
        )
    if what.startswith(DECLARED) or what.endswith(".toml"):
        from lab.naming.topologies import machine, topology_of  # asked for by few

        return machine(topology_of(what))
    path = Path(what)
    try:
        is_folder, is_file = path.is_dir(), path.exists()
    except OSError as error:
        raise LabError(f"{what[:SHOWN]}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{what[:SHOWN]!r}: is no path of a file") from None
    if is_folder:
        return folder.read(path)
    if not is_file:
        if os.path.lexists(path):
            raise LabError(f"{what}: is a link that leads nowhere; name the file itself")
        if "/" in what.removeprefix("naming/") or what.endswith((".gz", ".tar", ".txt")):
            raise LabError(f"{what}: there is no such file; a bundled recording is opened by its name, such as t09a")
        return bundled(what)
    _refuse_fleet(path)
    data = read_bytes(path, LIMIT)
    if not data:
        raise LabError(
            f"{what}: is empty; expected was a sysfs tarball, the text of udevadm info --export-db or a snapshot"
        )
    if tarball.looks_like(data):
        return tarball.parse(data, path.name)
    if udevdb.looks_like(data):
        return udevdb.parse(data, path.name)
    if snapshot.looks_like(data):
        return snapshot.parse(data, path.name)
    raise LabError(f"{what}: is no sysfs tarball and no text of udevadm info --export-db, and no snapshot either")


def _refuse_fleet(path: Path) -> None:
    """A file of snapshots may be larger than any one machine's file; raises `LabError` that says what reads it."""
    try:
        if not path.is_file() or path.stat().st_size <= LIMIT:
            return
        with path.open("rb") as file:
            start = file.read(1)
    except OSError:
        return  # reading all of it says why
    if snapshot.looks_like(start):
        raise LabError(f"{path}: is too large for one machine; many snapshots are read with kernel-lab naming fleet")


def bundled(name: str) -> Machine:
    """The bundled recording called `name`, or the one whose name begins so; raises `LabError` with the known ones."""
    short = name.removeprefix("naming/").lower()
    names = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]
    found = [n for n in names if n == short] or [n for n in names if short and n.startswith((short, f"t{short}"))]
    if len(found) != 1:
        known = ", ".join(n.partition("-")[0] for n in found or names)
        state = "is several recordings" if found else "is no file and no recording"
        raise LabError(f"{name[:SHOWN]!r} {state}; {'choose one of' if found else 'the bundled ones are'} {known}")
    return _bundled(f"naming/{found[0]}")


@functools.cache
def _bundled(name: str) -> Machine:
    path = find(name).path / "sys.tar.gz"
    return tarball.parse(read_bytes(path, LIMIT), name.rpartition("/")[2])
