"""What theory says of one mode of a scenario, with its source, or why it says nothing."""

from __future__ import annotations

import dataclasses

__all__ = ["Prediction", "none"]


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """`formula`: the form that applies, `source` where it is from; or `reason` why none does.

    `utilisation`: the share of vCPU time spent in the tasks' own computing. `throughput`: completed
    faults of all vCPUs per microsecond; None where the form does not give it. `exact`: nothing is left
    to chance, so a simulation must agree to rounding (over whole periods of it), not within an interval.
    """

    utilisation: float | None
    formula: str = ""
    source: str = ""
    reason: str = ""
    throughput: float | None = None
    exact: bool = False


def none(reason: str) -> Prediction:
    """No form applies, and why."""
    return Prediction(None, reason=f"no closed form: {reason}")
