"""Traces of KVM's asynchronous page faults: read, paired, accounted for, written, calibrated from and replayed.

`load` a trace, `pair` its events to fault intervals, `account` for it against the logs of both sides; `write` a
simulated run in the same grammar; `calibrate` a scenario from it, `replay_input` to feed the model with it,
`trace_lanes` and `messages` to draw it. Start reading at `event`, then `reader` and `intervals`.
"""

from lab.pagefault.trace.account import Finding, account
from lab.pagefault.trace.calibration import Calibration, calibrate
from lab.pagefault.trace.distribution import Distribution
from lab.pagefault.trace.event import Traced
from lab.pagefault.trace.intervals import Interval, Pairing, Unpaired, most, pair, under_way
from lab.pagefault.trace.lanes import trace_lanes
from lab.pagefault.trace.messages import Message, messages
from lab.pagefault.trace.reader import Trace, find, load, parse
from lab.pagefault.trace.replay import Replay, replay_input
from lab.pagefault.trace.vmm_log import Log, load_log, parse_log
from lab.pagefault.trace.writer import LAYOUTS, write

__all__ = [
    "LAYOUTS", "Calibration", "Distribution", "Finding", "Interval", "Log", "Message", "Pairing", "Replay", "Trace",
    "Traced", "Unpaired", "account", "calibrate", "find", "load", "load_log", "messages", "most", "pair", "parse",
    "parse_log", "replay_input", "trace_lanes", "under_way", "write",
]  # fmt: skip
