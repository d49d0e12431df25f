"""The grain of the guest's clock: schedulers count nanoseconds, and a sum of floats may not decide below that."""

from __future__ import annotations

__all__ = ["NANOSECOND"]

NANOSECOND = 0.001  # us
