"""Finished runs on disk, a small file each, so that a grid that was stopped goes on where it stood.

A file is called `MODEL-DIGEST.json`: the version of the model, and a digest of the scenario with its mode, seed and
engine. It is written whole or not at all, and what it holds is checked when it is read, so several processes may use
one folder: at worst two of them do the same run and write the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from typing import TYPE_CHECKING, Any

from lab.core import jsontext, snapshot
from lab.core.errors import LabError
from lab.core.scenario import to_json
from lab.core.snapshot import Provenance, Snapshot
from lab.pagefault.grid.version import model_version
from lab.pagefault.grid.work import Figures
from lab.pagefault.laws import parse_law, quantiles
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Store", "opened"]

KIND, VERSION = "pagefault-run", 1
LIMIT = 1 << 24  # bytes of one file
NAME = re.compile(r"([0-9a-f]{16})-[0-9a-f]{40}\.json")


@dataclasses.dataclass(slots=True)
class Store:
    """A folder of finished runs. `damaged`: files that were there and could not be used, and why."""

    folder: str
    model: str
    other_models: dict[str, int]  # version -> how many runs of it lie here
    damaged: list[str] = dataclasses.field(default_factory=list)

    def path(self, scenario: PageFaultScenario) -> str:
        """Where the run of `scenario` is kept: always a plain name in the folder."""
        return os.path.join(self.folder, f"{self.model}-{_digest(jsontext.dumps(key(scenario), indent=None))}.json")

    def get(self, scenario: PageFaultScenario) -> Figures | None:
        """The figures of a finished run, or None; a file that is damaged or of another run is noted in `damaged`."""
        path = self.path(scenario)
        if not os.path.lexists(path):
            return None
        try:
            body = _read(path)
            figures = body.get("figures")
            if body.get("key") != jsontext.plain(key(scenario)) or body.get("model") != self.model:
                raise LabError("holds another run than its name says")
            if not isinstance(figures, dict) or body.get("check") != _check(figures):
                raise LabError("does not hold what was written")
        except LabError as error:
            self.damaged.append(f"{os.path.basename(path)}: {str(error).removeprefix(f'{path}: ')}")
            return None
        return figures

    def put(self, scenario: PageFaultScenario, figures: Figures) -> None:
        """Keep a finished run. Raises `LabError` if the folder cannot be written, or a link stands in the place."""
        from lab import __version__

        path = self.path(scenario)
        if os.path.islink(path):  # it would lead out of the folder
            raise LabError(f"{path}: is a link; a store holds plain files, so remove it")
        body = {"key": key(scenario), "model": self.model, "figures": figures, "check": _check(figures)}
        tool = f"kernel-lab {__version__}"
        snapshot.save(path, Snapshot(KIND, VERSION, Provenance("a simulated run", tool), body))


def opened(folder: Path | str) -> Store:
    """The store at `folder`, which is made if it is not there. Raises `LabError` if it is no folder."""
    place = os.fspath(folder)
    try:
        os.makedirs(place, exist_ok=True)
        names = os.listdir(place)
    except OSError as error:
        raise LabError(f"--store: {place} cannot be used as a folder ({error.strerror}); name another") from None
    except ValueError:
        raise LabError(f"--store: {place!r} is no path of a folder") from None
    model = model_version()
    other: dict[str, int] = {}
    for found in map(NAME.fullmatch, names):
        if found and found[1] != model:
            other[found[1]] = other.get(found[1], 0) + 1
    return Store(place, model, dict(sorted(other.items())))


def key(scenario: PageFaultScenario) -> dict[str, Any]:
    """What a run depends on besides the model: every parameter, and the content of a file that one of them names."""
    found: dict[str, Any] = {"scenario": to_json(scenario)}
    source = parse_law(scenario.page_in_dist).source
    if source:
        found["page_ins"] = _digest(jsontext.dumps(quantiles(source), indent=None))
    return found


def _read(path: str) -> dict[str, Any]:
    if os.path.islink(path):
        raise LabError("is a link; a store holds plain files")
    found = snapshot.understood(snapshot.read_bytes(path, LIMIT), path, KIND, VERSION)
    return dict(found.body)


def _check(figures: Figures) -> str:
    return _digest(jsontext.dumps(figures, indent=None))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
