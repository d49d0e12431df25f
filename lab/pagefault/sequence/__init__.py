"""The protocol step by step, from a recorded trace or a simulated run; `cases` has those that the notebook shows."""

from lab.pagefault.sequence.cases import CASES, PRESETS, Case, Sequence, SequenceScenario, sequence
from lab.pagefault.sequence.recorded import recorded
from lab.pagefault.sequence.simulated import simulated
from lab.pagefault.sequence.steps import State, Step, table

__all__ = [
    "CASES", "PRESETS", "Case", "Sequence", "SequenceScenario", "State", "Step", "recorded", "sequence", "simulated",
    "table",
]  # fmt: skip
