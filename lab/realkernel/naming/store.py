"""A real machine as one file: a snapshot that the naming room opens, or a recording with all that systemd said."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from lab import __version__
from lab.core.errors import LabError
from lab.core.snapshot import Provenance, Snapshot, line, understood
from lab.naming.model import Machine
from lab.naming.schemes.releases import release
from lab.naming.sources import snapshot
from lab.naming.sources.properties import keep_properties
from lab.naming.sources.wanted import keep
from lab.realkernel.naming.result import NamingResult
from lab.realkernel.naming.said import Names, Said, whole

__all__ = ["KIND", "VERSION", "decode", "encode", "provenance", "qemu_of", "recording_text", "snapshot_text"]

KIND, VERSION = "kernel-naming", 1
_QEMU = re.compile(r"\bQEMU ([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})", re.ASCII)


def snapshot_text(result: NamingResult) -> str:
    """The machine that was booted as one line of JSON: what a naming rule reads of it, and where it comes from."""
    return snapshot.encode(_kept(result.said.machine), provenance(result))


def recording_text(result: NamingResult) -> str:
    """The machine that was booted, and what systemd answered under every scheme, as one line of JSON."""
    return encode(result.said, provenance(result))


def provenance(result: NamingResult) -> Provenance:
    """Where the machine of `result` comes from: what its recording says, or that it was booted today."""
    said = result.said
    if said.provenance is not None:
        return said.provenance
    number = said.systemd.number
    origin = f"{result.topology.name}, a machine booted in QEMU {said.qemu or 'of unknown version'} "
    origin += f"({result.accel}) with Linux {said.kernel} and systemd-udevd {number}"
    tool = f"kernel-lab {__version__} kernel naming: udevadm {number} (test-builtin net_id) in the guest, and a copy of"
    return Provenance(origin, f"{tool} its sysfs", time.strftime("%Y-%m-%d", time.gmtime()))


def qemu_of(provenance: Provenance) -> str:
    """The version of QEMU that `provenance` tells of; "" if it tells none."""
    found = _QEMU.search(provenance.origin)
    return found[1] if found else ""


def _kept(machine: Machine) -> Machine:
    """`machine` with nothing that no naming rule reads."""
    return dataclasses.replace(
        machine, tree=keep(machine.tree, machine.name), properties=keep_properties(machine.properties)
    )


def encode(said: Said, provenance: Provenance) -> str:
    """`said` as one line of JSON, with nothing of the machine that no naming rule reads."""
    names: dict[str, dict[str, dict[str, str]]] = {}
    for (ifname, scheme), found in said.names.items():
        names.setdefault(ifname, {})[scheme] = dict(found)
    body = {
        "systemd": said.systemd.number,
        "kernel": said.kernel,
        "scheme": said.scheme,
        "names": names,
        "link_files": dict(said.link_files),
        "newest": said.newest,
        "qemu": said.qemu,
        "machine": json.loads(snapshot.encode(_kept(said.machine), provenance)),
    }
    return line(Snapshot(KIND, VERSION, provenance, body))


def decode(data: bytes, name: str) -> Said:
    """What the file `data` says; `name` is what errors call it. Raises `LabError` for damaged or foreign text."""
    read = understood(data, name, KIND, VERSION)
    body = read.body
    match body:
        case {"systemd": int() as number, "kernel": str() as kernel, "scheme": str() as scheme, "machine": dict() as m}:
            known = release(number)
            known.scheme(scheme)
            texts = _texts(body.get("link_files", {}), name)
            more = _texts({key: body.get(key, "") for key in ("newest", "qemu")}, name)
            machine = snapshot.decode(json.dumps(m), name)
            names = _names(body.get("names"), name)
            qemu = more["qemu"] or qemu_of(read.provenance)
            found = Said(machine, known, kernel, scheme, names, texts, more["newest"], qemu, read.provenance)
            return whole(found, name)
    raise LabError(f"{name}: lacks systemd, kernel, scheme or machine; the recording is damaged")


def _names(raw: Any, name: str) -> Names:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for ifname, schemes in _object(raw, name).items():
        for scheme, names in _object(schemes, name).items():
            found[ifname, scheme] = _texts(names, name)
    return found


def _texts(raw: Any, name: str) -> dict[str, str]:
    if not all(isinstance(value, str) for value in _object(raw, name).values()):
        raise LabError(f"{name}: a name or a .link file is no text; the recording is damaged")
    return dict(raw)


def _object(raw: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise LabError(f"{name}: its names or .link files are no objects; the recording is damaged")
    return raw
