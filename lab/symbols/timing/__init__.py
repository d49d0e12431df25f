"""How long lookups take: the compiled loops over real names, measured by the hall's protocol.

Counts are equal on every machine; a time belongs to one machine, and says to which. `measure` takes the times,
`cold` those of an empty cache, `result` says what came out.
"""

from lab.symbols.timing.measure import measure_lookups
from lab.symbols.timing.result import CRC_CHECK, TimedLookup, Timing, recorded, times

__all__ = ["CRC_CHECK", "TimedLookup", "Timing", "measure_lookups", "recorded", "times"]
