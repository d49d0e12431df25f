"""Lanes with everything in them that a timeline must bear, equal in a test and in the notebook it drives."""

from __future__ import annotations

import random

from lab.core.lanes import Lanes, State, Writer

STATES = (
    State("good", "task computes", "task {who} computes, {for}"),
    State("bad", "vCPU stopped", "vCPU stopped: task {who} waits for page 0x{what:x}, {for}"),
    State("wait", "task waits", "task {who} waits for page {what} from {at}, {for}"),
    State("new", "ready", "task {who} is ready {{as {who:x}}}, {for}", outline=True),
    State("idle", "nothing to run", "nothing to run, {for}"),
)


def made(count: int, segments: int, length: float = 60.0, span: float = 60.0, seed: int = 1) -> Lanes:
    """`segments` in `count` lanes over `length` ms, `span` ms of them shown; gaps, very short and very long ones."""
    dice, writer = random.Random(seed), Writer()
    each = length * count / segments
    for lane in range(count):
        time, fault = 0.0, 0
        while time < length:
            lasts = dice.choice((0.05, 0.3, 1, 3.4)) * dice.expovariate(1 / each)
            if dice.random() < 0.3:
                lasts = max(round(lasts * 64), 1) / 64  # its decimals end in a tie: 0.015625
            state = (0, 1, 0, 1, 4)[fault % 5] if lane == 0 else dice.choice((0, 0, 2, 3, 4))
            if dice.random() < 0.95:
                writer.add(lane, state, time, time + lasts, dice.randrange(20), 0x1000 + fault, fault // 3)
            time, fault = time + lasts, fault + 1
    names = tuple(f"lane {i}" for i in range(count))
    shares = tuple(0.2 + 0.49 * i / max(count - 1, 1) for i in range(count))
    notes = tuple(f"{100 * share:.0f} %" for share in shares)
    return writer.lanes(names, STATES, "ms", (0.0, span), notes, shares, shares)
