"""A run of an earlier day, for machines without QEMU: what the guest sent then, judged now."""

from __future__ import annotations

import datetime
from pathlib import Path

from lab import __version__
from lab.core import dataset
from lab.core.errors import LabError
from lab.core.snapshot import Provenance, Snapshot, load, save
from lab.realkernel.netnode.result import NetnodeResult, judged
from lab.realkernel.netnode.run import FILES

__all__ = ["BUNDLED", "recorded", "write_run"]

KIND, VERSION = "netnode-run", 1
BUNDLED = "realkernel/netnode"


def write_run(path: Path, result: NetnodeResult, qemu: str = "") -> None:
    """Write `result` to `path`, for `recorded` to read; `qemu`: its version. Raises `LabError` if that fails."""
    origin = f"Linux {result.kernel} with systemd {result.udev} in QEMU {qemu} ({result.accel})"
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    body = {"accel": result.accel, "seconds": round(result.seconds, 1), "files": dict(result.raw)}
    save(path, Snapshot(KIND, VERSION, Provenance(origin, f"kernel-lab {__version__}", day), body))


def recorded(path: Path | None = None) -> NetnodeResult:
    """The bundled run, or the one in the file `path`, held against the driver's promises now.

    Raises `LabError` for a file that cannot be read or is no such run.
    """
    place = dataset.find(BUNDLED).path if path is None else path
    snapshot = load(place, KIND, VERSION)
    accel, seconds, files = (snapshot.body.get(key) for key in ("accel", "seconds", "files"))
    if not isinstance(accel, str) or not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise LabError(f"{place}: does not say how the run was booted; record it again with -o")
    if not isinstance(files, dict) or not all(isinstance(files.get(name), str) for name in FILES):
        raise LabError(f"{place}: does not hold {', '.join(FILES)}; record it again with -o")
    said = snapshot.provenance
    raw = {name: str(files[name]) for name in FILES}
    return judged(raw, accel, float(seconds), f"recorded {said.date}: {said.origin}")
