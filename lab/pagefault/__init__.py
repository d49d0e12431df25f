"""Asynchronous page faults: who has to wait when the host has swapped a guest's page out.

`PageFaultScenario` says what is simulated, `compare` and `run` simulate it, `theory` holds the closed
forms, `picture` makes lanes of a run, `explain` says what it means. Start reading at `host` and
`protocol`, then `model`.
"""

from lab.pagefault.comparison import Comparison, Run, compare, run
from lab.pagefault.presets import PRESETS
from lab.pagefault.scenario import MODES, PageFaultScenario

__all__ = ["MODES", "PRESETS", "Comparison", "PageFaultScenario", "Run", "compare", "run"]
