"""A run of an earlier day, for machines without QEMU: what the guest sent then, judged now."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from lab import __version__
from lab.core import dataset
from lab.core.errors import LabError, printable
from lab.core.snapshot import Provenance, Snapshot, load, save
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG
from lab.realkernel.netnode.result import NetnodeResult, judged
from lab.realkernel.netnode.run import FILES

__all__ = ["BUNDLED", "recorded", "write_run"]

KIND, VERSION = "netnode-run", 1
BUNDLED = "realkernel/netnode"
ACCELERATORS = (ICOUNT, KVM, TCG)
LONGEST = 1e6  # seconds of a boot
SAID = 300  # characters of the provenance that are shown


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
    accel, files = snapshot.body.get("accel"), snapshot.body.get("files")
    seconds: Any = snapshot.body.get("seconds")
    if accel not in ACCELERATORS or type(seconds) not in (int, float) or not 0 <= seconds < LONGEST:  # not: a NaN too
        raise LabError(f"{place}: does not say how the run was booted; record it again with -o")
    if not isinstance(files, dict) or not all(isinstance(files.get(name), str) for name in FILES):
        raise LabError(f"{place}: does not hold {', '.join(FILES)}; record it again with -o")
    date, origin = (printable(text)[:SAID] for text in (snapshot.provenance.date, snapshot.provenance.origin))
    raw = {name: str(files[name]) for name in FILES}
    return judged(raw, str(accel), float(seconds), f"recorded {date}: {origin}")
