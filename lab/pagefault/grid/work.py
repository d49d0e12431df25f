"""One run of a grid: plain values in, plain values out, so a process, a Dask worker or this process can do it."""

from __future__ import annotations

from typing import Any

from lab.core import jsontext
from lab.core.errors import LabError
from lab.pagefault.grid.version import model_version
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["ERROR", "Figures", "figures"]

Figures = dict[str, Any]  # as JSON has them
ERROR = "error"  # the one key of a run that could not be done


def figures(scenario: PageFaultScenario, model: str) -> Figures:
    """What the run of `scenario` gives; `scenario.mode` is one mode, `model` the version that is asked for.

    A scenario that the model refuses gives {"error": why}: one bad point does not end a grid. Raises `LabError` if
    the rules here are not those of `model`, which happens on a cluster whose workers have other files, and where
    somebody edits them meanwhile.
    """
    from lab.pagefault.comparison import run  # SimPy is loaded when something is simulated

    if model != model_version():
        raise LabError(
            f"--workers: the model of one is {model_version()}, not {model}; its files are others or were changed just "
            "now, so install the same everywhere and start again"
        )
    try:
        found = run(scenario, scenario.mode).figures()
    except LabError as error:
        return {ERROR: str(error)}
    plain: Figures = jsontext.plain(found)
    return plain
