"""P1 to P4: four settings that each show one point; their figures are derived in the tests, not stored."""

from __future__ import annotations

from lab.core.scenario import Preset
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.sweep import SweepScenario

__all__ = ["PRESETS", "SWEEPS"]

# Seeds: with 5,000 faults, which a drag can bear, P2 and P3 are rather uncertain (± 2 and ± 8 points). P2 and P3 begin
# at a seed whose run lies near theory, so that the first figure is the point; the interval beside it says how far
# another seed may be from it.
PRESETS = (
    Preset(
        "P1",
        "Who has to wait?",
        PageFaultScenario(tasks=4, compute=1e3, page_in=4e3, faults=5000, window=60e3),
        "Told of the fault, the guest runs another task; one task alone gains nothing.",
    ),
    Preset(
        "P2",
        "The device as the wall",
        PageFaultScenario(tasks=8, slots=2, compute=1e3, page_in=4e3, faults=5000, window=60e3, seed=22),
        "With fewer slots the tasks wait for the device, and no host behaviour helps.",
    ),
    Preset(
        "P3",
        "The limit of 64",
        PageFaultScenario(tasks=65, compute=1e3, page_in=8e4, faults=5000, window=600e3, seed=47),
        "The 65th fault is synchronous, and one such fault stops everything.",
    ),
    Preset(
        "P4",
        "When asynchronous loses",
        PageFaultScenario(
            tasks=2, compute=10.0, page_in=3.0, overhead_sync=0.0, overhead_pv=5.0, faults=5000, window=600.0
        ),
        "Telling the guest costs vCPU time; for a quick page it costs more than waiting.",
    ),
)

# The same four points as curves: what is varied, and over which values.
SWEEPS = (
    Preset(
        "P1",
        "More tasks",
        SweepScenario(compute=1e3, page_in=4e3, faults=500, over="tasks", at="1,2,3,4,6,8,12,16"),
        "Only where the guest is told do more tasks help.",
    ),
    Preset(
        "P2",
        "Fewer slots",
        SweepScenario(tasks=8, compute=1e3, page_in=4e3, faults=500, over="slots", at="1,2,3,4,5,6,8,inf"),
        "Below as many slots as the load asks for, the device is the wall.",
    ),
    Preset(
        "P3",
        "One task too many",
        SweepScenario(compute=1e3, page_in=8e4, faults=1000, over="tasks", at="56,60,62,64,65,66,68,72"),
        "The 65th task brings the first synchronous fault.",
    ),
    Preset(
        "P4",
        "Break-even",
        SweepScenario(
            tasks=2, compute=10.0, overhead_sync=0.0, overhead_pv=5.0, faults=500,
            over="page-in", at="1,2,5,10,20,50,100",
        ),
        "A page that comes quickly is not worth telling about.",
    ),
)  # fmt: skip
