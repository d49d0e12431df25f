"""The two engines beside each other: the same events in the same order, the same machine at the end."""

from __future__ import annotations

import dataclasses
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.pagefault import PageFaultScenario, compiled, model, run
from lab.pagefault.metrics import ENDED
from lab.pagefault.records import Machine
from lab.pagefault.result import events_of
from lab.pagefault.scenario import MODES
from lab.pagefault.setup import machine_for

CLOSE = 1e-9
# what a step leaves behind for its engine; the random streams are whole numbers and must be equal
LEFT_OUT = {"out_delay", "out_code"}
FAILURES = ("token-zero", "lost-done", "kernel-injection", "lapic-disabled", "early-page", "unregistered", "no-memory")


def scenario(draw: random.Random) -> PageFaultScenario:
    """One with a bit of everything; raises `LabError` where the parts do not go together."""

    def pick(*values: Any) -> Any:
        return draw.choice(values)

    access = pick("rate", "rate", "stack:1.0", "zipf:0.8")
    asked: dict[str, Any] = {
        "tasks": pick(1, 2, 3, 5, 9, 20, 70), "vcpus": pick(1, 1, 2, 3, 9), "shared": draw.random() < 0.3,
        "slots": pick(None, 1, 2, 5), "compute": pick(0.5, 1, 3, 10), "compute_dist": pick("exp", "det"),
        "page_in": pick(1.0, 4.0, 20.0, 100.0), "page_in_dist": pick("exp", "det", "lognormal:0.8"),
        "overhead": pick(0, 0, 0.25), "overhead_sync": pick(None, 0.5), "limit": pick(None, 64, 0, 2, 8),
        "tick": pick(None, 2.5, 10, 40), "scheduler": pick("fifo", "rr", "cfs", "eevdf"), "slice": pick(None, 5, 20),
        "kernel": pick(0, 0, 0.2), "send_always": draw.random() < 0.3, "era": pick("5.8+", "2010"),
        "cores": pick(None, None, 1, 2), "host_slice": pick(3.0, 30.0, 3000.0), "exit_cost": pick(0, 0, 0.1),
        "injection_cost": pick(0, 0, 0.2), "switch_cost": pick(0, 0, 0.3), "calculators": pick(0, 0, 1),
        "migrate": pick(None, None, 25.0), "access": access, "working_set": 20, "memory": pick(10, 15),
        "shared_pages": access.startswith("zipf") and draw.random() < 0.5,
        "failure": pick(*["none"] * 7, *FAILURES), "failure_at": pick(3, 20), "faults": draw.randrange(20, 300),
        "seed": draw.randrange(1 << 60), "window": 1e9,
    }  # fmt: skip
    return PageFaultScenario(**asked)


def scenarios(seed: int, count: int) -> Iterator[tuple[PageFaultScenario, str]]:
    """The first `count` that can be, each with a mode."""
    draw = random.Random(seed)
    while count:
        try:
            found = scenario(draw)
        except LabError:
            continue
        mode = draw.choice(MODES)
        try:
            machine_for(found, mode)
        except LabError:  # hardly a touch would fault
            continue
        count -= 1
        yield found, mode


def both(s: PageFaultScenario, mode: str) -> tuple[Machine, Machine]:
    return model.simulate(s, mode), compiled.simulate(s, mode)


def close(a: Any, b: Any) -> bool:
    return a == b if isinstance(a, int) else math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)


def apart(a: Machine, b: Machine) -> list[str]:
    """The fields of the machine, and of its records, in which the two differ."""
    found = []
    for part in dataclasses.fields(Machine):
        one, other = getattr(a, part.name), getattr(b, part.name)
        if part.name in LEFT_OUT:
            continue
        if part.name == "run":
            one, other = [one], [other]
        if dataclasses.is_dataclass(one[0] if one else None):
            found += [
                f"{part.name}[{i}].{f.name}: {getattr(x, f.name)} {getattr(y, f.name)}"
                for i, (x, y) in enumerate(zip(one, other, strict=True))
                for f in dataclasses.fields(x)
                if not close(getattr(x, f.name), getattr(y, f.name))
            ]
        elif not all_close(one, other):
            found.append(part.name)
    return found


def all_close(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(close, one, other))


def same(s: PageFaultScenario, mode: str) -> Machine:
    """Both engines run it; the model's machine."""
    a, b = both(s, mode)
    for n, (x, y) in enumerate(zip(events_of(a), events_of(b), strict=False)):
        assert x[1:] == y[1:], f"event {n} of {mode} {s}"
        assert math.isclose(x.time, y.time, rel_tol=CLOSE, abs_tol=CLOSE), f"event {n} of {mode} {s}"
    assert a.run.notes == b.run.notes
    assert apart(a, b) == [], f"{mode} {s}"
    return a


@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_rules_take_the_same_way(seed: int) -> None:
    """Event order, tokens and all else exactly, times within rounding, whatever features come together."""
    seen = Counter[str]()
    for s, mode in scenarios(seed, 30):
        m = same(s, mode)
        seen.update([mode, ENDED[m.run.ended], *{e.kind for e in events_of(m)}])
    assert {"complete", *MODES} <= set(seen), "the scenarios are no good: too little happens"
    assert {"stopped", "halted", "not_present", "ready", "switch", "waiting", "preempted", "wake_all"} <= set(seen)


@pytest.mark.parametrize("mode", MODES)
def test_the_same_without_a_log_and_over_a_longer_run(mode: str) -> None:
    same(PageFaultScenario(tasks=16, limit=None, faults=5000, seed=3), mode)
    same(PageFaultScenario(tasks=9, vcpus=3, shared=True, cores=2, slots=4, scheduler="cfs", tick=50, calculators=1,
                           page_in_dist="lognormal:1.0", faults=3000, seed=4), mode)  # fmt: skip


def test_figures_are_the_same() -> None:
    s = PageFaultScenario(tasks=8, slots=3, exit_cost=0.05, scheduler="eevdf", tick=25.0, faults=2000, window=500.0)
    for mode in MODES:
        one, other = run(s, mode), run(dataclasses.replace(s, engine="fast"), mode)
        assert [e[1:] for e in one.events] == [e[1:] for e in other.events]
        assert other.utilisation == pytest.approx(one.utilisation, rel=1e-9)
        assert other.ci95 == pytest.approx(one.ci95, rel=1e-6)
        assert other.elapsed == pytest.approx(one.elapsed, rel=1e-9)
        assert other.faults == one.faults
        assert other.latency["total"].p99 == pytest.approx(one.latency["total"].p99, rel=1e-9, abs=1e-9)
        assert other.run_queue == pytest.approx(one.run_queue, rel=1e-9)


def test_ends_that_mean_nothing_any_more_find_room() -> None:
    """A vCPU that sleeps often within a slice of the host leaves many of them on the calendar."""
    same(PageFaultScenario(tasks=3, vcpus=3, cores=1, host_slice=1e7, compute=0.5, page_in=1.0, faults=2000), "sync")


def test_a_compiled_run_can_be_stopped_from_its_progress() -> None:
    seen: list[tuple[int, int]] = []

    def tell(done: int, total: int, label: str) -> None:
        seen.append((done, total))
        if len(seen) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        compiled.simulate(PageFaultScenario(faults=5000), "pv", tell)
    assert len(seen) == 4
    assert seen[0] == (0, 5500)
    assert seen == sorted(seen)


def test_another_seed_is_another_run() -> None:
    """So that the tests above could fail: they look at runs that differ."""
    s = PageFaultScenario(tasks=5, faults=200, window=1e9)
    a, b = model.simulate(s, "pv"), compiled.simulate(dataclasses.replace(s, seed=2), "pv")
    assert apart(a, b)
    assert events_of(a) != events_of(b)
