"""From how many tasks, from which page-in time on does telling the guest pay? By theory where it has a form.

Pays: pv gets more faults done per microsecond than sync. By theory that is a question of roots; by
simulation each value is a test (`trial.py`), so the answer is a bracket and says how sure it is.
"""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.scenario import Field, Value, to_json
from lab.core.table import Table
from lab.pagefault import theory
from lab.pagefault.grid import verdict
from lab.pagefault.grid.plan import Axis, field_named
from lab.pagefault.grid.ranges import between, ends, root, special, spread
from lab.pagefault.grid.trial import CONFIDENCE, Trials, Tried
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["METHODS", "BreakEven", "Change", "break_even"]

METHODS = ("auto", "theory", "simulation")
NUMBERS = frozenset({"int", "float"})
SCANNED = 64  # values looked at by theory before roots are sought between them
PROBED = 5  # values tried by simulation before that
STEPS = 12  # tries to narrow one bracket


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Between `before` and `after` it begins (`pays`) or ceases to pay; by theory the two are next to one another."""

    before: float
    after: float
    pays: bool


@dataclasses.dataclass(frozen=True, slots=True)
class BreakEven:
    """The answer for values of one parameter from `low` to `high`.

    `changes`: where it begins or ceases to pay, in rising order; without any, `always` says which it is. `method`:
    theory or simulation; `reason`: why; `tried`: every value looked at, in rising order.
    """

    scenario: PageFaultScenario
    axis: Axis
    low: float
    high: float
    method: str
    always: bool
    changes: tuple[Change, ...]
    reason: str
    tried: tuple[Tried, ...]

    @property
    def answer(self) -> str:
        """`from`, `up to`, `always`, `never` or `between`: what a script asks first."""
        if not self.changes:
            return "always" if self.always else "never"
        return ("from" if self.changes[0].pays else "up to") if len(self.changes) == 1 else "between"

    @property
    def value(self) -> float | None:
        """The first value of a whole number, or the root, at which it changes; None without one, or with several."""
        if len(self.changes) != 1:
            return None
        change = self.changes[0]
        if self.axis.field.kind == "int":
            return change.after if change.pays else change.before
        return math.sqrt(change.before * change.after) if change.before > 0 else (change.before + change.after) / 2

    def sentence(self) -> str:
        """The answer in one sentence."""
        return verdict.sentence(self)

    def to_table(self) -> Table:
        """Every value looked at, by theory those around a change."""
        return verdict.table(self)

    def to_json(self) -> dict[str, Any]:
        """The answer, where it changes, how sure it is, and what was looked at."""
        sure = CONFIDENCE if self.method == "simulation" else None
        return {
            "scenario": to_json(self.scenario),
            "over": self.axis.field.name,
            "low": self.low,
            "high": self.high,
            "answer": self.answer,
            "value": self.value,
            "changes": [dataclasses.asdict(change) for change in self.changes],
            "method": self.method,
            "confidence": sure,
            "reason": self.reason,
            "sentence": self.sentence(),
            "tried": [one.to_json() for one in self.tried],
        }


def break_even(
    scenario: PageFaultScenario,
    over: str = "tasks",
    low: float | None = None,
    high: float | None = None,
    method: str = "auto",
    progress: Progress = silent,
) -> BreakEven:
    """Where between `low` and `high` of the parameter `over` pv begins or ceases to beat sync.

    `low`, `high`: by default the ends of its slider. `method`: "theory" wants a closed form for every value, "auto"
    takes it if there is one and simulates else; a simulation does `scenario.faults` faults a run. Raises `LabError`
    for a parameter that is no quantity, a range that is empty and a theory that does not apply.
    """
    if method not in METHODS:
        raise LabError(f"--by: {method!r} is not one of {', '.join(METHODS)}")
    field = field_named(over)
    if field.kind not in NUMBERS or field.name in ("seed", "faults", "window"):
        raise LabError(f"--over: {over} has no break-even; name a quantity such as tasks, page-in or overhead-pv")
    span = ends(field, low, high)
    for value in span:
        _with(scenario, field, value)  # refuses what is out of range
    axis = Axis(field, span)
    by_theory = _Theory(scenario, field)
    values = spread(field, *span, SCANNED, special(scenario, field))
    tried = [by_theory.tried(value) for value in values] if method != "simulation" else []
    if tried and all(one is not None for one in tried):
        known = [one for one in tried if one is not None]
        changes = tuple(_exact(by_theory, field, a, b) for a, b in pairwise(known) if a.pays != b.pays)
        reason = verdict.by_theory(scenario, field, known, changes)
        return BreakEven(scenario, axis, *span, "theory", bool(known[0].pays), changes, reason, tuple(known))
    if method == "theory":
        missing = next(v for v, one in zip(values, tried, strict=True) if one is None)
        raise LabError(f"--by: theory has no form for {axis.name} {axis.label(missing)}; use --by simulation")
    return _simulated(scenario, axis, span, progress)


class _Theory:
    """Closed forms of both modes as one function of the parameter."""

    def __init__(self, scenario: PageFaultScenario, field: Field) -> None:
        self.scenario, self.field = scenario, field

    def tried(self, value: float) -> Tried | None:
        """Both shares at `value`, or None where one has no form.

        Where pv has none, its ceiling may do: every fault costs the vCPU C + o, or, once the limit is reached, what
        it costs in sync; so if C/(C+o) is not above sync, neither is pv, whatever the tasks, slots and distributions.
        """
        at = _with(self.scenario, self.field, value)
        sync, pv = (theory.which(at, mode).utilisation for mode in ("sync", "pv"))
        if sync is None or sync <= 0:
            return None
        if pv is None:
            most = at.compute / (at.compute + at.fault_cost("pv"))
            return Tried(value, sync, most, most / sync, 0.0, most / sync, 0, False) if most <= sync else None
        if pv <= 0:
            return None
        return Tried(value, sync, pv, pv / sync, None, None, 0, pv > sync * (1 + 1e-12))

    def gap(self, value: float) -> float:
        """How much pv gains over sync at `value`."""
        found = self.tried(value)
        return math.nan if found is None else found.ratio - 1 - 1e-12


def _with(scenario: PageFaultScenario, field: Field, value: Value) -> PageFaultScenario:
    return dataclasses.replace(scenario, window=0.0, **{field.name: value})  # type: ignore[arg-type]


def _exact(by: _Theory, field: Field, a: Tried, b: Tried) -> Change:
    """The change between two values looked at, as close as numbers go."""
    low, high = a.value, b.value
    if field.kind == "float":
        at = root(by.gap, low, high)
        return Change(at, at, bool(b.pays))
    while high - low > 1:
        at = int(low + high) // 2
        low, high = (at, high) if (by.gap(at) > 0) == a.pays else (low, at)
    return Change(low, high, bool(b.pays))


def _simulated(scenario: PageFaultScenario, axis: Axis, span: tuple[float, float], progress: Progress) -> BreakEven:
    field = axis.field
    trials = Trials(lambda value: _with(scenario, field, value), scenario.seed, progress)
    for value in spread(field, *span, PROBED):
        trials.at(value)
    sure = [one for one in trials.tried() if one.pays is not None]
    changes = tuple(_narrow(trials, field, a, b) for a, b in pairwise(sure) if a.pays != b.pays)
    progress(1, 1, "break-even")
    if not sure:
        raise LabError(
            f"--faults: {scenario.faults:,} a run cannot tell pv from sync anywhere in the range; ask for more faults"
        )
    tried = trials.tried()
    reason = verdict.by_simulation(tried, trials.runs)
    return BreakEven(scenario, axis, *span, "simulation", bool(sure[0].pays), changes, reason, tried)


def _narrow(trials: Trials, field: Field, a: Tried, b: Tried) -> Change:
    """Bring two values with opposite answers together, as far as the tests can tell."""
    low, high, pays = a.value, b.value, bool(b.pays)
    doubt: list[float] = []  # values between them at which no test could tell
    for _ in range(STEPS):
        gaps = [(low, min(doubt)), (max(doubt), high)] if doubt else [(low, high)]
        found = [(right - left, middle) for left, right in gaps if (middle := between(field, left, right)) is not None]
        if not found:
            break
        one = trials.at(max(found)[1])
        if one.pays is None:
            doubt.append(one.value)
        elif bool(one.pays) == pays:
            high = one.value
        else:
            low = one.value
        doubt = [value for value in doubt if low < value < high]
    return Change(low, high, pays)
