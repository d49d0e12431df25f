"""A grid carried out: what is on disk is read, the rest is run here, in several processes or on a cluster."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.scenario import to_json
from lab.core.table import Table
from lab.pagefault.grid import columns, summary
from lab.pagefault.grid.crew import each
from lab.pagefault.grid.plan import Job, Plan
from lab.pagefault.grid.store import Store, opened
from lab.pagefault.grid.version import model_version
from lab.pagefault.grid.work import ERROR, Figures, figures
from lab.pagefault.laws import parse_law
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Grid", "Row", "measure"]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One run: where it belongs, its scenario (one mode, its own seed), and its figures as JSON has them."""

    point: int
    replication: int
    scenario: PageFaultScenario
    figures: Figures

    @property
    def mode(self) -> str:
        """sync, halt or pv."""
        return self.scenario.mode

    @property
    def error(self) -> str:
        """Why this run could not be done, or ""."""
        return str(self.figures.get(ERROR, ""))


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """Every run of a plan, in its order. `model`: the version of the rules; `notes`: what a store had to say.

    Two grids of one plan and model are equal, whoever did the work: `notes` is not compared.
    """

    plan: Plan
    rows: tuple[Row, ...]
    model: str
    notes: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @property
    def failed(self) -> tuple[Row, ...]:
        """The runs that the model refused."""
        return tuple(row for row in self.rows if row.error)

    def summaries(self) -> tuple[summary.Summary, ...]:
        """By point and mode: each figure's mean over the replications and half its 95 % interval."""
        return summary.summaries(self)

    def to_table(self) -> Table:
        """One row a run, with all parameters, seeds and figures."""
        return columns.table(self)

    def to_csv(self) -> str:
        """The same as CSV text."""
        return columns.csv_text(self.to_table())

    def to_parquet(self) -> bytes:
        """The same as the bytes of a Parquet file; needs pyarrow (`LabError` without it)."""
        from lab.pagefault.grid.parquet import parquet_bytes

        return parquet_bytes(self)

    def to_json(self) -> dict[str, Any]:
        """The plan, the means, and every run with its seed."""
        return {
            "scenario": to_json(self.plan.base),
            "over": self.plan.over(),
            "replications": self.plan.replications,
            "model": self.model,
            "notes": list(self.notes),
            "points": [one.to_json(self.plan) for one in self.summaries()],
            "runs": [
                {"point": r.point, "replication": r.replication, "mode": r.mode, "seed": r.scenario.seed} | r.figures
                for r in self.rows
            ],
        }


def measure(
    plan: Plan,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    store: Path | str | None = None,
    progress: Progress = silent,
) -> Grid:
    """Do every run of `plan`; see `crew.each` for `workers` and `cluster`.

    `store`: a folder for finished runs, where those done before are found. Whatever ends this early (Ctrl-C, a
    `progress` that raises `Cancelled`) leaves them there, and no process behind. Raises `LabError` for a bad number
    of workers, a cluster that does not answer and a store that cannot be used.
    """
    jobs = plan.jobs()
    if cluster is not None and any(parse_law(point.page_in_dist).source for point in plan.points):
        raise LabError("--cluster: page-ins from a file are read where the work is done; use this machine for them")
    shelf = None if store is None else opened(store)
    found = {} if shelf is None else _known(shelf, jobs)
    todo = [i for i in range(len(jobs)) if i not in found]
    notes = _notes(shelf, len(found), len(todo))
    model = model_version()
    label = f"grid: {len(jobs):,} runs"
    progress(len(found), len(jobs), label)
    calls = [(jobs[i].scenario, model) for i in todo]
    with contextlib.closing(each(figures, calls, workers, cluster)) as results:  # type: ignore[type-var]
        for number, result in results:
            found[todo[number]] = result
            if shelf is not None and ERROR not in result:
                shelf.put(jobs[todo[number]].scenario, result)
            progress(len(found), len(jobs), label)
    return Grid(plan, tuple(Row(*job, found[i]) for i, job in enumerate(jobs)), model, notes)


def _known(shelf: Store, jobs: list[Job]) -> dict[int, Figures]:
    kept = ((i, shelf.get(job.scenario)) for i, job in enumerate(jobs))
    return {i: figures for i, figures in kept if figures is not None}


def _notes(shelf: Store | None, kept: int, missing: int) -> tuple[str, ...]:
    if shelf is None:
        return ()
    notes = [f"{shelf.folder}: {kept:,} runs were there, {missing:,} were missing"] if kept else []
    notes += [f"{name}; done again" for name in shelf.damaged[:3]]
    if len(shelf.damaged) > 3:
        notes.append(f"{len(shelf.damaged) - 3:,} more files could not be used; done again")
    for version, count in shelf.other_models.items():
        notes.append(
            f"{count:,} files are of another version of the model ({version}, this is {shelf.model}): not used"
        )
    return tuple(notes)
