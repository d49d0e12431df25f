"""What a break-even search found, in words: the sentence, the reason, the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.core.scenario import Field
from lab.core.table import Table
from lab.pagefault import theory
from lab.pagefault.grid.plan import Axis
from lab.pagefault.grid.trial import CONFIDENCE, Tried
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from lab.pagefault.grid.breakeven import BreakEven, Change

__all__ = ["by_simulation", "by_theory", "sentence", "table"]

ROWS = 12


def sentence(found: BreakEven) -> str:
    """The answer in one sentence."""
    name, label = found.axis.name, found.axis.label
    span = f"{name} from {label(found.low)} to {label(found.high)}"
    if not found.changes:
        head = f"Async {'always' if found.always else 'never'} pays for {span}"
    elif found.method == "theory" and len(found.changes) == 1:
        change = found.changes[0]
        head = f"Async pays {_from(found.axis, change)}"
    else:
        head = "Async " + ", ".join(_bracket(found.axis, change) for change in found.changes)
    return f"{head}: {found.reason}."


def _from(axis: Axis, change: Change) -> str:
    if axis.field.kind == "int":
        return f"from {_counted(axis, change.after)} on" if change.pays else f"up to {_counted(axis, change.before)}"
    at = f"{_article(axis.name)} {axis.name} of {axis.label(change.after)}"
    return f"from {at} on" if change.pays else f"up to {at}"


def _bracket(axis: Axis, change: Change) -> str:
    if change.before == change.after or (axis.field.kind == "int" and change.after - change.before == 1):
        return f"{'pays' if change.pays else 'pays no more'} {_edge(axis, change)}"
    between = f"{axis.name} {axis.label(change.before)} and {axis.label(change.after)}"
    return f"{'begins' if change.pays else 'ceases'} to pay between {between}"


def _edge(axis: Axis, change: Change) -> str:
    if axis.field.kind == "int":
        return f"from {_counted(axis, change.after)} on"
    return f"from {_article(axis.name)} {axis.name} of {axis.label(change.after)} on"


def _counted(axis: Axis, value: float) -> str:
    name = axis.name
    return f"{axis.label(value)} {name[:-1] if value == 1 and name.endswith('s') else name}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"


def by_theory(scenario: PageFaultScenario, field: Field, tried: Sequence[Tried], changes: Sequence[Change]) -> str:
    """Why, where closed forms answer."""
    forms = [theory.which(scenario, mode).formula for mode in ("pv", "sync")]
    said = " against ".join(dict.fromkeys(form for form in forms if form))
    if changes:
        return (
            f"there pv and sync are equal by theory ({said})" if field.kind == "float" else _around(tried, changes[0])
        )
    if not tried[0].pays:
        return _ceiling(scenario, field, tried) or _most(tried, said)
    least = min(tried, key=lambda one: one.ratio)
    return f"pv does at least {_factor(least.ratio)} of sync's work by theory ({said})"


def _around(tried: Sequence[Tried], change: Change) -> str:
    at = next((one for one in tried if one.value == change.after), None)
    if at is None:
        return "by theory the next value on either side decides otherwise"
    return f"with {change.after:g} pv computes {_percent(at.pv)}, sync {_percent(at.sync)} by theory"


def _ceiling(scenario: PageFaultScenario, field: Field, tried: Sequence[Tried]) -> str:
    """A bound that no number of tasks can pass: every fault of pv costs the vCPU its overhead."""
    costs = {"compute", "page_in", "overhead", "overhead_sync", "overhead_pv", "exit_cost", "injection_cost",
             "switch_cost"}  # fmt: skip
    if field.name in costs:
        return ""
    most = scenario.compute / (scenario.compute + scenario.fault_cost("pv"))
    sync = min(one.sync for one in tried)
    if most > sync:
        return ""
    word = "whatever their number" if field.name == "tasks" else f"whatever the {field.label}"
    return f"{word}, pv computes at most C/(C+o) = {_percent(most)}, sync {_percent(sync)}"


def _most(tried: Sequence[Tried], said: str) -> str:
    best = max(tried, key=lambda one: one.ratio)
    if abs(best.ratio - 1) <= 1e-12:
        return f"pv does no more than sync anywhere by theory ({said})"
    return f"pv does at most {_factor(best.ratio)} of sync's work by theory ({said})"


def by_simulation(tried: Sequence[Tried], runs: int) -> str:
    """How sure a simulated answer is, and what it rests on."""
    doubt = sum(one.pays is None for one in tried)
    left = f", {doubt} of them undecided" if doubt else ""
    return f"{100 * CONFIDENCE:.0f} % sure at the {len(tried)} values tried{left} ({runs:,} simulated runs)"


def table(found: BreakEven) -> Table:
    """The values looked at, rising; by theory those nearest to a change or to the ends."""
    rows = tuple(
        (
            found.axis.label(one.value),
            _share(one.sync),
            _share(one.pv),
            round(one.ratio, 4),
            _interval(one),
            one.runs or None,
            "cannot tell" if one.pays is None else one.pays,
        )
        for one in _chosen(found)
    )
    told = f"of {len(found.tried)} values looked at, {len(rows)} are shown; seed {found.scenario.seed}"
    how = "closed forms" if found.method == "theory" else f"{found.scenario.faults:,} faults a run"
    return Table(
        (found.axis.name, "sync computes (%)", "pv computes (%)", "pv over sync", "interval", "replications", "pays"),
        rows,
        f"{told}; {how}",
    )


def _chosen(found: BreakEven) -> list[Tried]:
    tried = found.tried
    last = len(tried) - 1
    if last < ROWS or found.method == "simulation":
        return list(tried)
    edges = [next((i for i, one in enumerate(tried) if one.value >= c.after), last) for c in found.changes]
    if not edges:
        return [tried[round(i * last / (ROWS - 1))] for i in range(ROWS)]
    near = sorted(range(last + 1), key=lambda i: (min(abs(i - edge + 0.5) for edge in edges), i))[: ROWS - 2]
    return [tried[i] for i in sorted({0, last, *near})]


def _interval(one: Tried) -> str | None:
    if one.low is None or one.high is None:
        return None
    return f"at most {one.high:.4g}" if one.runs == 0 else f"{one.low:.4g} to {one.high:.4g}"


def _share(share: float) -> float:
    return round(100 * share, 2)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _factor(ratio: float) -> str:
    told = f"{100 * ratio:.1f} %"
    return f"just under {told}" if told == "100.0 %" and ratio < 1 else told
