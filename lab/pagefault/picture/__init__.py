"""A run as lanes over one time axis: its vCPUs, its tasks, the device's slots, the messages of the protocol."""

from lab.pagefault.picture.drawing import GROUPS, Drawing, draw
from lab.pagefault.picture.states import STATES
from lab.pagefault.picture.table import table

__all__ = ["GROUPS", "STATES", "Drawing", "draw", "table"]
