"""A sequence of steps drawn: four parties, an arrow a step, and beside them how everything stands."""

from __future__ import annotations

import textwrap

from lab.core.svg import Picture, number
from lab.pagefault.sequence.cases import Sequence
from lab.pagefault.sequence.steps import State, Step
from lab.pagefault.trace.messages import PARTIES

__all__ = ["draw"]

GLYPH = 0.56  # width of a letter by its height
MARKS = {"stop": "✕", "lost": "✕", "wipe": "✕", "panic": "✕", "halt": "✕", "again": "✕"}
# the fill of a step's box, where it is more than a word
FILLS = {
    "stop": "bad", "lost": "bad", "wipe": "bad", "panic": "bad", "halt": "wait", "again": "wait", "sleep": "wait",
    "run": "good", "goes-on": "good", "wake": "new", "ready": "new", "in": "new",
}  # fmt: skip


def draw(found: Sequence, asked: int, width: float = 920, text: float = 14) -> Picture:
    """The steps around step `asked` (see `Sequence.number`), top to bottom; each has the key `step:N`."""
    step = found.number(asked)
    narrow = width < 54 * text
    rows = 7 if narrow else 9
    row = 1.75 * text
    panel = width if narrow else 19 * text
    wide = width if narrow else width - panel - text
    top = 2.1 * text
    said = _wrapped(found.at(step), width, text)
    below = top + rows * row + 0.5 * text
    high = below + (4.2 * text if narrow else 0) + (0.2 + 1.35 * len(said)) * text
    picture = Picture(width, high, "The protocol step by step", found.headline)
    first = max(1, min(step - rows // 2, len(found.steps) - rows + 1))
    _parties(picture, wide, top, rows * row, text)
    for place, one in enumerate(found.steps[first - 1 : first - 1 + rows]):
        _step(picture, one, step, wide, top + place * row, row, text)
    if narrow:
        _state_below(picture, found.at(step).state, below, width, text)
        below += 4.2 * text
    else:
        _panel(picture, found.at(step), width - panel, panel, text)
    for place, line in enumerate(said):
        picture.text(1, below + (1 + 1.35 * place) * text, line, size=text, mono=True, ink="secondary")
    return picture


def _wrapped(step: Step, width: float, text: float) -> list[str]:
    """The line of the trace: at most two lines."""
    return textwrap.wrap(step.line or "(no line of KVM's trace says so)", int(width / (text * 0.61)))[:2]


def _x(party: str, wide: float, text: float) -> float:
    """Where a party's line stands: two thirds of the room lie between guest and KVM, where most is said."""
    left, right = 4.6 * text, wide - 2.2 * text
    return left + (right - left) * {"guest": 0.0, "KVM": 0.46, "worker": 0.76, "device": 1.0}[party]


def _parties(picture: Picture, wide: float, top: float, tall: float, text: float) -> None:
    for party in PARTIES:
        x = _x(party, wide, text)
        picture.text(x, 1.1 * text, party, size=text, bold=True, anchor="middle")
        picture.line(x, 1.6 * text, x, top + tall, "edge", dash="2 4")


def _step(picture: Picture, one: Step, now: int, wide: float, y: float, row: float, text: float) -> None:
    """One step: its number, its arrow (or its box, if it is one party's alone), its words on a quiet ground."""
    here, past = one.number == now, one.number < now
    ink = "ink" if here or past else "secondary"
    picture.open(f"step:{one.number}", f"Step {one.number}: {one.source} to {one.target}: {one.text}")
    if here:
        picture.rect(0, y + 1, wide, row - 2, "idle", edge="ink", round_by=4)
    else:
        picture.rect(0, y + 1, wide, row - 2, "none")
    middle = y + row / 2
    mark = "▶" if here else ""
    picture.text(3, middle + 0.35 * text, f"{mark}{one.number}", size=text, mono=True, ink=ink, bold=here)
    x0, x1 = _x(one.source, wide, text), _x(one.target, wide, text)
    fill = FILLS.get(one.kind, "")
    if one.source == one.target:
        if fill:
            picture.rect(x0 - 5, middle - 5, 10, 10, fill, edge="ink")
        else:
            picture.rect(x0 - 4, middle - 4, 8, 8, "surface", edge="ink")
        at = x0 + 11
    else:
        way = 1 if x1 > x0 else -1
        picture.line(x0, middle + 0.55 * text, x1 - 5 * way, middle + 0.55 * text, ink, width=2 if here else 1)
        tip, side = x1 - 8 * way, 4
        y1 = middle + 0.55 * text
        picture.path(
            f"M{number(x1)} {number(y1)}L{number(tip)} {number(y1 - side)}L{number(tip)} {number(y1 + side)}z", fill=ink
        )
        at = min(x0, x1) + 8
    _words(picture, one, at, middle, wide, text, ink, here)
    picture.close()


def _words(
    picture: Picture, one: Step, at: float, middle: float, wide: float, text: float, ink: str, here: bool
) -> None:
    words = f"{MARKS[one.kind]} {one.text}" if one.kind in MARKS else one.text
    letter = text * (GLYPH + (0.06 if here else 0))
    most = max(8, int((wide - 5.2 * text) / letter))
    if len(words) > most:
        words = words[: most - 1] + "…"
    long = len(words) * letter
    at = max(4.6 * text + 4, min(at, wide - long - 4))
    lift = 0.05 if one.source != one.target else 0.35
    ground = "idle" if here else "surface"
    picture.rect(at - 2, middle + (lift - 0.85) * text, long + 4, 1.05 * text, ground)
    picture.text(at, middle + lift * text, words, size=text, ink="on-idle" if here else ink, bold=here)


def _panel(picture: Picture, step: Step, x: float, wide: float, text: float) -> None:
    """How everything stands after the step."""
    state = step.state
    picture.text(x, 1.1 * text, f"After step {step.number}", size=text, bold=True)
    y = 2.3 * text
    limit = "any number" if state.limit is None else str(state.limit)
    picture.text(x, y + text, f"queued: {state.queued} of {limit}", size=text)
    _gauge(picture, state, x, y + 1.4 * text, wide - 4, text)
    y += 3.4 * text
    taken = state.slot != 0
    picture.text(x, y + text, "ready slot:", size=text)
    picture.rect(x + 5.6 * text, y, wide - 5.6 * text - 4, 1.4 * text, "new" if taken else "surface", edge="edge")
    if taken:
        picture.rect(x + 6.2 * text, y + 2, wide - 6.8 * text - 4, 1.4 * text - 4, "surface")
    picture.text(x + 6.5 * text, y + 1.05 * text, state.slot_said, size=text, mono=True)
    y += 2.2 * text
    for label, said in _facts(state):
        for line in textwrap.wrap(f"{label}: {said}", int((wide - 4) / (text * GLYPH)))[:2]:
            picture.text(x, y + text, line, size=text)
            y += 1.3 * text
        y += 0.35 * text


def _facts(state: State) -> list[tuple[str, str]]:
    pages = ", ".join(f"{page:#x}" for page in state.under_way[:3]) or "none"
    if len(state.under_way) > 3:
        pages = f"{len(state.under_way)}: {pages}, …"
    facts = [
        ("pages under way", pages),
        ("in, not delivered", str(state.done)),
        ("the vCPU", state.runs),
        ("asleep", _tasks(state.sleeps)),
    ]
    return [*facts, ("✕ asleep for ever", _tasks(state.stuck))] if state.stuck else facts


def _tasks(tasks: tuple[int, ...]) -> str:
    if not tasks:
        return "nobody"
    if len(tasks) > 6:
        return f"{len(tasks)} tasks"
    return ("task " if len(tasks) == 1 else "tasks ") + ", ".join(str(task) for task in tasks)


def _gauge(picture: Picture, state: State, x: float, y: float, wide: float, text: float) -> None:
    """The queued faults as a bar of the limit."""
    limit = 64 if state.limit is None else max(state.limit, 1)
    full = state.limit is not None and state.queued >= state.limit
    picture.rect(x, y, wide, 0.8 * text, "surface", edge="edge")
    picture.rect(x, y, wide * min(1.0, state.queued / limit), 0.8 * text, "bad" if full else "wait", edge="edge")


def _state_below(picture: Picture, state: State, y: float, width: float, text: float) -> None:
    """The same in lines, where there is no room beside."""
    limit = "any number" if state.limit is None else str(state.limit)
    facts = [("queued", f"{state.queued} of {limit}"), ("ready slot", state.slot_said), *_facts(state)]
    said = " · ".join(f"{label}: {value}" for label, value in facts)
    for place, line in enumerate(textwrap.wrap(said, int(width / (text * GLYPH)))[:3]):
        picture.text(1, y + (1 + 1.35 * place) * text, line, size=text)
