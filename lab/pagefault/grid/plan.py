"""Which runs a grid has: every combination of the values, every mode, so many replications, each with its seed."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from lab.core import jsontext
from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.scenario import Field, Value, fields, format_value, parse_value, to_json
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Axis", "Job", "Plan", "field_named", "plan", "seed_of"]

MOST_RUNS = 100_000
MOST_REPLICATIONS = 10_000
# What does not belong to the thing that is simulated: two points that differ in these alone have the same seeds.
HOW = frozenset({"mode", "seed", "engine", "window", "faults"})
FIXED = {
    "mode": "the modes of a grid are those of --mode",
    "seed": "seeds follow from --seed; ask for --replications",
    "window": "a grid keeps no events",
}


class Job(NamedTuple):
    """One run: the number of its point, that of its replication, and its scenario with one mode and its own seed."""

    point: int
    replication: int
    scenario: PageFaultScenario


@dataclasses.dataclass(frozen=True, slots=True)
class Axis:
    """A parameter that takes several values."""

    field: Field
    values: tuple[Value, ...]

    def label(self, value: Value) -> str:
        """A value as people read it."""
        if value is None and self.field.parameter.absent == "inf":
            return "∞"
        if self.field.parameter.unit == "us" and isinstance(value, (int, float)):
            return "0" if value == 0 else duration(value)
        return format_value(self.field, value)

    @property
    def name(self) -> str:
        """What the axis is called, with its unit unless the values carry it."""
        return self.field.label


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """`points`: a scenario each, in the order of the axes, the last axis fastest; `replications` of each."""

    base: PageFaultScenario
    axes: tuple[Axis, ...]
    replications: int
    points: tuple[PageFaultScenario, ...]

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that every point is run in."""
        return self.base.modes

    def over(self) -> dict[str, list[Value]]:
        """The axes as plain data; an absent quantity is its word."""
        return {
            axis.field.name: [axis.field.parameter.absent if value is None else value for value in axis.values]
            for axis in self.axes
        }

    def values(self, point: int) -> tuple[Value, ...]:
        """The values of the axes at a point."""
        return tuple(getattr(self.points[point], axis.field.name) for axis in self.axes)

    def label(self, point: int) -> str:
        """A point as people read it: `tasks 4, page-in 50 µs`."""
        at = zip(self.axes, self.values(point), strict=True)
        return ", ".join(f"{axis.name} {axis.label(value)}" for axis, value in at) or "the scenario"

    def jobs(self) -> list[Job]:
        """Every run, point by point; the modes of a replication have one seed, so they meet the same bursts."""
        found = []
        for number, scenario in enumerate(self.points):
            for replication in range(self.replications):
                seed = seed_of(self.base.seed, scenario, replication)
                for mode in self.modes:
                    one = dataclasses.replace(scenario, mode=mode, seed=seed, window=0.0)
                    found.append(Job(number, replication, one))
        return found


def plan(base: PageFaultScenario, over: Sequence[str], replications: int = 1) -> Plan:
    """The plan of a grid around `base`: `over` holds texts such as `tasks=1,2,4` or `page-in=3us,1ms`.

    Raises `LabError` for a text that is none of these, a value the scenario refuses, a parameter named twice, and
    more than `MOST_RUNS` runs.
    """
    if not 1 <= replications <= MOST_REPLICATIONS:
        raise LabError(f"--replications: {replications} is out of range, allowed is 1 to {MOST_REPLICATIONS}")
    axes = tuple(_axis(text) for text in over)
    names = [axis.field.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise LabError(f"--over: {name.replace('_', '-')} is named twice; give all its values at once")
    runs = math.prod(len(axis.values) for axis in axes) * replications * len(base.modes)
    if runs > MOST_RUNS:
        raise LabError(f"--over: {runs:,} runs; at most {MOST_RUNS:,}, so ask for fewer values or replications")
    points = []
    for values in itertools.product(*(axis.values for axis in axes)):
        changes = dict(zip(names, values, strict=True))
        points.append(dataclasses.replace(base, window=0.0, **changes))  # type: ignore[arg-type]
    return Plan(base, axes, replications, tuple(points))


def field_named(word: str) -> Field:
    """The parameter that `word` names, by its option, its field or its label; raises `LabError` if none does."""
    known = fields(PageFaultScenario)
    plain = word.strip().lower()
    for field in known:
        if plain.replace("-", "_") == field.name or plain == field.label:
            return field
    names = ", ".join(f.name.replace("_", "-") for f in known if f.name not in FIXED)
    raise LabError(f"--over: {word!r} is no parameter; known are {names}")


def _axis(text: str) -> Axis:
    name, equals, listed = text.partition("=")
    if not equals:
        raise LabError(f"--over: {text!r} has no values; write NAME=VALUE,VALUE such as tasks=1,2,4")
    field = field_named(name)
    if field.name in FIXED:
        raise LabError(f"--over: {name} cannot be varied; {FIXED[field.name]}")
    asked = dataclasses.replace(field, name="over")
    values: dict[Value, None] = {}
    for word in listed.split(","):
        value = parse_value(asked, word)
        if value == "":
            raise LabError(f"--over: {text!r} has an empty value")
        values[value] = None
    return Axis(field, tuple(values))


def seed_of(base: int, scenario: PageFaultScenario, replication: int) -> int:
    """The seed of one replication of a point: SHA-256 of the base seed, of what is simulated, and of the number.

    It does not depend on what else is in the grid, on the mode, on the engine or on how long the run is. Only
    parameters that differ from their defaults count, so a parameter that the lab learns later changes no seed.
    """
    default = {field.name: field.default for field in fields(PageFaultScenario)}
    what = {
        name: value
        for name, value in to_json(scenario).items()
        if name not in HOW and getattr(scenario, name) != default[name]
    }
    text = jsontext.dumps([base, dict(sorted(what.items())), replication], indent=None)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
