"""The load of one real module on the page: each name it asks for and where it is found."""

from __future__ import annotations

import shlex
from typing import Any

from lab.symbols.bundled_index import bundled_index
from lab.symbols.module_load import LOADS, ModuleScenario, bundled_modules, module_load
from lab.symbols.module_picture import module_picture
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["symbols_module"]


def symbols_module(preset: str = "L1", **changes: Any) -> Explorer:
    """What does one module ask for, and where is each name found? `changes`: such as module="ext4".

    Raises `LabError` for an unknown preset, or a module that the bundled kernel does not have.
    """
    return Explorer(
        Subject(
            name="symbols_module",
            question="What does one module ask for?",
            presets=LOADS,
            primary=("module", "search", "layout"),
            view=_view,
            command=_command,
            picture=Chart(grid=True),
            words={"module": bundled_modules},
        ),
        preset,
        **changes,
    )


def _command(scenario: ModuleScenario) -> str:
    """What lists the same names for an installed kernel."""
    module = bundled_index().module(scenario.module.strip())
    path = module.path if module is not None else f"{scenario.module}.ko"
    return shlex.join(["kernel-lab", "symbols", "why", path, "--on", "INDEX", "--all"])


def _view(scenario: ModuleScenario, canvas: Canvas) -> View:
    load = module_load(scenario)
    picture = module_picture(load, canvas.width, canvas.text)
    return View(
        headline=load.headline,
        picture=picture,
        table=load.table(),
        svg=picture.standalone,
        why=lambda key: Why(load.why(key), load.trace(key)),
    )
