"""Every published figure beside ours, with the reason for it."""

from __future__ import annotations

import dataclasses

from lab.core.progress import Progress, silent, step
from lab.pagefault import theory
from lab.pagefault.published.calibration import HALVINGS, Calibration, arm64_scenario, gleb_scenario
from lab.pagefault.published.tables import ARM64, GLEB, SOURCES

__all__ = ["Figure", "figures"]


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One published figure beside ours.

    `role`: "fitted" (it went into the calibration), "predicted", "rejected" (what another model says), or
    "order" (only greater or less is claimed). `published`, `theory`, `simulated`: None where there is none.
    """

    table: str
    name: str
    published: float | None
    role: str
    theory: float | None
    why: str
    source: str
    simulated: float | None = None

    @property
    def difference(self) -> float | None:
        """Ours (simulated if it is, else theory) less the published one, as a part of it."""
        ours = self.theory if self.simulated is None else self.simulated
        return None if ours is None or self.published is None else ours / self.published - 1


Row = tuple[str, float | None, str, float | None, str]  # name, published, role, theory, why


def figures(simulate: bool = False, engine: str = "simpy", progress: Progress = silent) -> tuple[Figure, ...]:
    """Every figure of both tables by theory, and with `simulate` by the model too.

    `progress` hears of the search for a burst first, then of each run; where it raises `Cancelled`, all ends.
    """
    found = (*_arm64(), *_gleb())
    if not simulate:
        return found
    ours = _simulated(engine, progress)
    return tuple(dataclasses.replace(f, simulated=ours.get((f.table, f.name))) for f in found)


def _arm64() -> tuple[Figure, ...]:
    t, fit, other = ARM64, Calibration.by_vruntime(), Calibration.by_sharing()
    half, shared = theory.vruntime_share(fit.compute, fit.page_in), theory.sharing_share(other.compute, other.page_in)
    alone = fit.fixed + t.faults * (fit.compute + fit.page_in) / 1e6
    rows: tuple[Row, ...] = (
        ("sync alone, s", t.sync_alone, "fitted", alone, "P + F(C+S)"),
        ("sync beside a calculation, s", t.sync_beside, "fitted", 2 * alone - fit.fixed, "P + 2F(C+S): waiting pays"),
        ("pv beside a calculation, s", t.pv_beside, "fitted", fit.fixed + fit.window(half), "P + 2FC: half each"),
        ("pv alone, s", t.pv_alone, "predicted", alone, "P + F(C+S): nobody else can run (overhead left out)"),
        (
            "calculation, pv over sync", t.ratio, "predicted", fit.ratio(half),
            "C/(C+S): half of a shorter time; CFS forgives a sleeper a part of its lag, so the model gives more",
        ),
        (
            "calculation, pv by processor sharing over sync", t.ratio, "rejected", other.ratio(shared),
            "1 for all C, S: the calculation gets C+S a fault, told or not",
        ),
        (
            "pv beside a calculation by processor sharing in both, s", t.pv_beside, "rejected", t.sync_beside,
            "P + F(2C+S), told or not: what is not charged for waiting gains no time by being told",
        ),
    )  # fmt: skip
    return tuple(Figure("arm64", *row, SOURCES["arm64"]) for row in rows)


def _gleb() -> tuple[Figure, ...]:
    ratio = GLEB.ratio("pv")
    free = ratio / (2 - ratio)
    low = (ratio - GLEB.spread) / (2 - ratio + GLEB.spread)
    told = theory.vruntime_share(1.0, free) / theory.charged_share()
    why = (
        f"2S/(C+S), the one free parameter S/C = {free:.1f}; one standard deviation ({GLEB.spread:.2f}) less gives "
        f"{low:.1f}, one more has no upper bound"
    )
    rows: tuple[Row, ...] = (
        (
            "work, halt over sync", GLEB.ratio("halt"), "order", None,
            "not explained: a fair scheduler charges a halt as it charges a stop, so the workers have half in both",
        ),
        ("work, pv over sync", ratio, "fitted", told, why),
        (
            "faults, halt over sync", None, "order", None,
            "where the tick ends a halt, the worker runs while the page is read; how often has no closed form",
        ),
        ("faults, pv over sync", None, "predicted", 2.0, "1/(C+S) over 1/(2(C+S)): who faults runs as soon as it can"),
    )  # fmt: skip
    return tuple(Figure("2010", *row, SOURCES["2010"]) for row in rows)


def _simulated(engine: str, progress: Progress) -> dict[tuple[str, str], float]:
    """By table and name of the figure."""
    from lab.pagefault.result import run  # the model, only where something is simulated

    total = HALVINGS + 7
    fit = Calibration.by_model(engine, progress=lambda done, _total, label: progress(done, total, label))
    plan = [("arm64", n, mode, arm64_scenario(n, fit, engine=engine)) for n in (0, 1) for mode in ("sync", "pv")]
    plan += [("2010", 1, mode, gleb_scenario(engine=engine)) for mode in ("sync", "halt", "pv")]
    found = {}
    for done, (table, calculators, mode, scenario) in enumerate(plan, HALVINGS):
        tell = step(progress, done, total, f"{table} {mode}")
        found[table, calculators, mode] = run(scenario, mode, tell)
    progress(total, total, "done")
    times = {key: fit.fixed + one.elapsed / 1e6 for key, one in found.items()}
    shares = {mode: found["2010", 1, mode].calculated for mode in ("sync", "halt", "pv")}
    faults = {mode: found["2010", 1, mode].throughput for mode in ("sync", "halt", "pv")}
    pv, sync = found["arm64", 1, "pv"], found["arm64", 1, "sync"]
    return {
        ("arm64", "sync alone, s"): times["arm64", 0, "sync"],
        ("arm64", "sync beside a calculation, s"): times["arm64", 1, "sync"],
        ("arm64", "pv beside a calculation, s"): times["arm64", 1, "pv"],
        ("arm64", "pv alone, s"): times["arm64", 0, "pv"],
        ("arm64", "calculation, pv over sync"): pv.calculated * pv.elapsed / (sync.calculated * sync.elapsed),
        ("2010", "work, halt over sync"): shares["halt"] / shares["sync"],
        ("2010", "work, pv over sync"): shares["pv"] / shares["sync"],
        ("2010", "faults, halt over sync"): faults["halt"] / faults["sync"],
        ("2010", "faults, pv over sync"): faults["pv"] / faults["sync"],
    }
