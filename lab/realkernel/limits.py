"""How long a guest may take: one number for each run, for its command, its functions and the notebooks."""

from collections.abc import Mapping

__all__ = ["LIMITS"]

# run -> seconds of one boot; a busy machine that emulates took 105 for two cards, counted instructions take longer
LIMITS: Mapping[str, float] = {"naming": 240.0, "netnode": 240.0, "symbols": 480.0, "asyncpf": 480.0}
