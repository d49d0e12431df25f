"""The race of the symbol notebook: one name in each index, one comparison a step."""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError
from lab.core.scenario import command_line
from lab.symbols.lane_picture import race_picture
from lab.symbols.lookup import encoded, table_of
from lab.symbols.presets import MISSING_NAMES, RACE
from lab.symbols.race import race
from lab.symbols.scenario import SymbolScenario
from lab.symbols.structures import STRUCTURES
from lab.symbols.workload import scattered
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.race import RaceView, Shown
from lab.ui.symbols_names import SINGLE_LOOKUPS, offered_names, toggled

__all__ = ["symbols_explorer"]


def symbols_explorer(preset: str = "S1") -> Explorer:
    """How many strings must be compared? One name in each index, one comparison a step.

    `preset`: S1 (a typical name) or S2 (a name that is missing).
    """
    picture = RaceView(methods=[[m, STRUCTURES[m].word] for m in SINGLE_LOOKUPS])
    explorer = Explorer(
        Subject(
            name="symbols",
            question="How many strings must be compared?",
            presets=RACE,
            primary=("name", "size"),
            view=_race_view,
            command=lambda s: command_line(s, "symbols", "cost"),
            picture=picture,
            more=("layout", "methods"),
            words={"name": offered_names},
        ),
        preset,
    )
    picture.wish = lambda wanted: explorer.set(name=_next_name(explorer.scenario, wanted))
    picture.toggle = lambda method: explorer.attempt("methods", toggled(explorer.scenario.methods, method))
    return explorer


def _next_name(scenario: SymbolScenario, wanted: str) -> str:
    """The name after the present one in a fixed, scattered order: the same on every machine."""
    if wanted == "missing":
        place = MISSING_NAMES.index(scenario.name) + 1 if scenario.name in MISSING_NAMES else 0
        return MISSING_NAMES[place % len(MISSING_NAMES)]
    keys = table_of(dataclasses.replace(scenario, name="-")).keys
    order = scattered(len(keys))
    here = table_of(scenario).find(encoded(scenario.name))
    step = order[1 % len(order)] if len(order) > 1 else 0
    return keys[(max(here, 0) + step) % len(keys)].decode()


def _race_view(scenario: SymbolScenario, canvas: Canvas) -> View:
    batches = [m for m in scenario.methods if m not in SINGLE_LOOKUPS]
    if batches:
        raise LabError(f"--methods: a {STRUCTURES[batches[0]].word} answers whole batches, not the one name of a race")
    result = race(scenario)

    def why(key: str) -> Why:
        return Why(result.why(int(key) if key.isdecimal() else 0), result.trace())

    synthetic = f" Table: {scenario.names}." if scenario.synthetic else ""
    return View(
        headline=result.headline + synthetic,
        picture=Shown(result, canvas.width, canvas.text),
        table=result.table(),
        svg=lambda: race_picture(result, canvas.width, canvas.text).standalone(),
        why=why,
        badge="synthetic" if scenario.synthetic else "",
    )
