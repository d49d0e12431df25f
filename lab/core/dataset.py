"""The bundled recordings and data sets, each with its origin (`lab/data/ROOM/origin.json`)."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from lab.core.errors import LabError

__all__ = ["Dataset", "find", "listed"]

FOLDER = Path(__file__).resolve().parent.parent / "data"


@dataclasses.dataclass(frozen=True, slots=True)
class Dataset:
    """One bundled folder or file.

    `name` is `module/short`; `path` where it lies; `title` what it shows; `origin`, `tool`, `date`
    and `licence` where it comes from; `sha256` by file name, so that damage is noticed.
    """

    name: str
    path: Path
    title: str
    origin: str
    tool: str
    date: str
    licence: str
    sha256: tuple[tuple[str, str], ...]

    def verify(self) -> None:
        """Raise `LabError` if a file is missing or differs from what was bundled."""
        base = self.path if self.path.is_dir() else self.path.parent
        for name, wanted in self.sha256:
            try:
                found = hashlib.sha256((base / name).read_bytes()).hexdigest()
            except OSError as error:
                raise LabError(f"{base / name}: cannot be read ({error.strerror}); install the lab again") from None
            if found != wanted:
                raise LabError(f"{base / name}: differs from the bundled file; install the lab again")


@functools.cache
def listed() -> tuple[Dataset, ...]:
    """Everything that is bundled, sorted by name."""
    return tuple(
        Dataset(
            name=f"{room.name}/{name}",
            path=room / item["path"],
            title=item["title"],
            origin=item["origin"],
            tool=item["tool"],
            date=item["date"],
            licence=item["licence"],
            sha256=tuple(sorted(item["sha256"].items())),
        )
        for room in sorted(FOLDER.iterdir())
        if room.is_dir()
        for name, item in sorted(_origins(room / "origin.json").items())
    )


def _origins(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise LabError(f"{path}: missing or damaged; install the lab again") from None
    texts = ("path", "title", "origin", "tool", "date", "licence")
    for name, item in raw.items() if isinstance(raw, dict) else [("", None)]:
        if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in texts):
            raise LabError(f"{path}: the entry {name!r} is damaged; install the lab again")
        if not isinstance(item.get("sha256"), dict):
            raise LabError(f"{path}: the entry {name!r} has no check sums; install the lab again")
    return dict(raw)


def find(name: str) -> Dataset:
    """The data set called `name`, or the one whose last part begins so (`naming/t09a`, `naming/09a`).

    Raises `LabError` with the known names if none or several fit.
    """
    module, _, short = name.rpartition("/")
    pool = [d for d in listed() if not module or d.name.startswith(module + "/")]
    exact = [d for d in pool if d.name == name or d.name.rpartition("/")[2] == short]
    close = exact or [d for d in pool if d.name.rpartition("/")[2].startswith((short, "t" + short))]
    if len(close) == 1 and short:
        return close[0]
    state = "unknown" if not close else "not unique"
    raise LabError(f"data set {name!r} is {state}; known are {', '.join(d.name for d in close or pool or listed())}")
