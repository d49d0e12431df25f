"""The what-if section of the naming notebook: a card and a place are chosen, the names are computed again."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from lab.naming import Machine, open_source
from lab.naming.intervals import EVERY, Interval, shared_intervals
from lab.naming.matrix import matrix
from lab.naming.matrix_picture import draw as draw_matrix
from lab.naming.rebuild import PRESETS, RebuildScenario, chip_said
from lab.naming.rebuild_picture import draw
from lab.naming.scenario import DEFAULT
from lab.naming.schemes.releases import release
from lab.naming.whatif import Applied, applied, parse_step
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.naming import recordings
from lab.ui.naming_schemes import KEPT, stops_of
from lab.ui.steps import Bench
from lab.ui.stops import Stop

__all__ = ["naming_whatif"]


def naming_whatif(preset: str = "", **changes: Any) -> Explorer:
    """One machine and what is done to it, step by step; opens on `preset`, by default N1, with `changes` of it."""
    opened = functools.lru_cache(KEPT)(open_source)
    bench = Bench()

    @functools.lru_cache(KEPT)
    def rebuilt(machine: str, steps: tuple[str, ...]) -> tuple[Machine, Applied]:
        before = opened(machine)
        return before, applied(before, [parse_step(text) for text in steps])

    @functools.lru_cache(KEPT)
    def cut(scenario: RebuildScenario) -> tuple[Interval, ...]:
        before, after = rebuilt(scenario.machine, scenario.step)
        return shared_intervals(scenario.pair, before, after.machine, EVERY)

    def view(scenario: RebuildScenario, canvas: Canvas) -> View:
        answer = matrix(scenario.pair, *rebuilt(scenario.machine, scenario.step))
        notes = tuple(f"– {note}" for note in answer.notes)

        def why(key: str) -> Why:
            said = chip_said(key, answer.after)
            return Why(said, notes) if said else Why(answer.why(key), (*answer.trace(key), *notes))

        return View(
            headline=answer.headline,
            picture=(draw(answer, canvas.width, canvas.text, bench.held), answer.after, scenario.step),
            table=answer.to_table(),
            svg=lambda: draw_matrix(answer).standalone(),
            why=why,
            badge="edited" if scenario.step else "",
        )

    def stops(scenario: RebuildScenario) -> tuple[Stop, ...]:
        return stops_of(cut(dataclasses.replace(scenario, scheme=DEFAULT)), scenario.systemd)

    def fits(scenario: RebuildScenario) -> RebuildScenario:
        known = scenario.scheme in (DEFAULT, *release(scenario.systemd).schemes)
        return scenario if known else dataclasses.replace(scenario, scheme=DEFAULT)

    explorer = Explorer(
        Subject(
            name="naming what-if",
            question="What happens to the names if the machine is rebuilt?",
            presets=PRESETS,
            primary=("machine", "scheme"),
            view=view,
            command=RebuildScenario.command,
            picture=bench,
            more=("systemd", "step"),
            picks={"machine": recordings},
            stops={"scheme": stops},
            fit=fits,
        ),
        preset,
        **changes,
    )
    bench.connect(
        more=lambda text: explorer.attempt("step", (*explorer.scenario.step, text)),
        keep=lambda many: explorer.attempt("step", explorer.scenario.step[:many]),
    )
    bench.observe(lambda _change: explorer.set(), "held")
    return explorer
