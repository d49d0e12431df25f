"""Replications put together: the mean of each figure and half its 95 % interval, and pv's gain over sync."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.core.scenario import to_json
from lab.core.table import Cell, Table
from lab.pagefault.grid.columns import flat
from lab.pagefault.grid.student import interval

if TYPE_CHECKING:
    from lab.pagefault.grid.measure import Grid, Row
    from lab.pagefault.grid.plan import Plan

__all__ = ["Gain", "Summary", "gains", "summaries", "table"]

Figure = tuple[float, float | None]  # mean, half its 95 % interval (None with one replication)


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """One point in one mode: `runs` that could be done, and by name each figure that is a number in all of them."""

    point: int
    mode: str
    runs: int
    figures: Mapping[str, Figure]

    def to_json(self, plan: Plan) -> dict[str, Any]:
        """The point's values and the figures, each with `mean` and `ci95`."""
        told = to_json(plan.points[self.point])
        at = {axis.field.name: told[axis.field.name] for axis in plan.axes}
        named = {name: {"mean": mean, "ci95": half} for name, (mean, half) in self.figures.items()}
        return {"point": self.point, **at, "mode": self.mode, "runs": self.runs, "figures": named}


@dataclasses.dataclass(frozen=True, slots=True)
class Gain:
    """Throughput of pv over that of sync at one point: geometric mean over replications, and its 95 % interval.

    The two modes of a replication have the same seed, so the ratio varies less than either.
    """

    point: int
    ratio: float
    low: float | None
    high: float | None


def summaries(grid: Grid) -> tuple[Summary, ...]:
    """By point and mode, in the order of the plan."""
    by: dict[tuple[int, str], list[Row]] = {}
    for row in grid.rows:
        by.setdefault((row.point, row.mode), [])
        if not row.error:
            by[row.point, row.mode].append(row)
    return tuple(Summary(point, mode, len(rows), _means(rows)) for (point, mode), rows in by.items())


def _means(rows: Iterable[Row]) -> dict[str, Figure]:
    columns: dict[str, list[Cell]] = {}
    count = 0
    for row in rows:
        count += 1
        for name, value in flat(row.figures).items():
            columns.setdefault(name, []).append(value)
    return {
        name: interval([float(v) for v in values])  # type: ignore[arg-type]
        for name, values in columns.items()
        if len(values) == count and all(_number(v) for v in values)
    }


def _number(value: Cell) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def gains(grid: Grid) -> tuple[Gain | None, ...]:
    """By point, or None where one of the two modes could not be run or got no fault done."""
    by: dict[tuple[int, int], dict[str, float]] = {}
    for row in grid.rows:
        value = row.figures.get("throughput")
        if _number(value) and value > 0:  # type: ignore[operator]
            by.setdefault((row.point, row.replication), {})[row.mode] = float(value)  # type: ignore[arg-type]
    logs: dict[int, list[float]] = {}
    for (point, _), modes in by.items():
        if {"sync", "pv"} <= set(modes):
            logs.setdefault(point, []).append(math.log(modes["pv"] / modes["sync"]))
    return tuple(_gain(point, logs.get(point, [])) for point in range(len(grid.plan.points)))


def _gain(point: int, logs: list[float]) -> Gain | None:
    if not logs:
        return None
    mean, half = interval(logs)
    if half is None:
        return Gain(point, math.exp(mean), None, None)
    return Gain(point, math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def table(grid: Grid) -> Table:
    """For a terminal: the axes, the mode, share of time computing and throughput with their intervals, and theory."""
    plan = grid.plan
    columns = (*(axis.name for axis in plan.axes), "mode", "runs", "computing (%)", "± 95 %", "theory (%)",
               "faults per ms", "± 95 %")  # fmt: skip
    rows = []
    for one in grid.summaries():
        at = (axis.label(value) for axis, value in zip(plan.axes, plan.values(one.point), strict=True))
        share, throughput = (one.figures.get(name, (None, None)) for name in ("utilisation", "throughput"))
        theory, _ = one.figures.get("theory_utilisation", (None, None))
        cells = (_of(100, share[0]), _of(100, share[1]), _of(100, theory), *(_of(1e3, x) for x in throughput))
        rows.append((*at, one.mode, one.runs, *cells))
    n, base = plan.replications, plan.base
    caption = (
        f"{len(plan.points):,} points, {n:,} replication{'s' * (n != 1)}, {base.faults:,} faults a run; "
        f"base seed {base.seed}, engine {base.engine}, model {grid.model}"
    )
    return Table(columns, tuple(rows), caption)


def _of(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value
