"""A real machine as one file: a snapshot that the naming room opens, or a recording with all that systemd said."""

from __future__ import annotations

import dataclasses
import json
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
from lab.realkernel.naming.said import Names, Said

__all__ = ["KIND", "VERSION", "decode", "encode", "recording_text", "snapshot_text"]

KIND, VERSION = "kernel-naming", 1


def snapshot_text(result: NamingResult) -> str:
    """The machine that was booted as one line of JSON: what a naming rule reads of it, and where it comes from."""
    return snapshot.encode(_kept(result.said.machine), _provenance(result))


def recording_text(result: NamingResult) -> str:
    """The machine that was booted, and what systemd answered under every scheme, as one line of JSON."""
    return encode(result.said, _provenance(result))


def _provenance(result: NamingResult) -> Provenance:
    said = result.said
    origin = (
        f"{result.topology.name}, a machine booted in QEMU with Linux {said.kernel} and systemd {said.systemd.number}"
    )
    today = time.strftime("%Y-%m-%d", time.gmtime()) if result.seconds is not None else ""
    return Provenance(origin, f"kernel-lab {__version__}", today)


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
        "machine": json.loads(snapshot.encode(_kept(said.machine), provenance)),
    }
    return line(Snapshot(KIND, VERSION, provenance, body))


def decode(data: bytes, name: str) -> Said:
    """What the file `data` says; `name` is what errors call it. Raises `LabError` for damaged or foreign text."""
    body = understood(data, name, KIND, VERSION).body
    match body:
        case {"systemd": int() as number, "kernel": str() as kernel, "scheme": str() as scheme, "machine": dict() as m}:
            known = release(number)
            known.scheme(scheme)
            texts = _texts(body.get("link_files", {}), name)
            machine = snapshot.decode(json.dumps(m), name)
            return Said(machine, known, kernel, scheme, _names(body.get("names"), name), texts)
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
