"""What the simulator says of settings that nobody has run on a real KVM yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.core.lanes import Lanes
from lab.core.table import Table
from lab.realkernel.asyncpf.settings import Settings
from lab.ui.frame import View, Why
from lab.ui.kernel_run import NOT_RUN

if TYPE_CHECKING:
    from lab.realkernel.asyncpf.prediction import Prediction

__all__ = ["MOST_DRAWN", "foretold"]

MOST_DRAWN = 200  # pages that are drawn: more take longer than a change at the controls may


def _drawn(prediction: Prediction) -> Lanes:
    """The lanes of a prediction up to where so many pages were delivered as can be told apart."""
    from lab.pagefault.events import READY
    from lab.pagefault.trace import pair, parse, trace_lanes, write

    readies = [i for i, event in enumerate(prediction.events) if event.kind == READY][:MOST_DRAWN]
    trace = parse(write(prediction.events[: readies[-1] + 1], "tracefs"), "predicted")
    return trace_lanes(trace, pair(trace))


def foretold(settings: Settings) -> View:
    """The prediction alone, of settings that nobody has run yet."""
    from lab.realkernel.asyncpf.prediction import predicted

    prediction = predicted(settings)
    lanes = _drawn(prediction)
    shown = f" The first {MOST_DRAWN} pages of {settings.pages} are drawn." if settings.pages > MOST_DRAWN else ""
    events, most = len(prediction.order), prediction.most_under_way
    pages = "one page" if most == 1 else f"{most} pages"
    said = f"Not run with these settings: run it. Predicted: {events} events, at most {pages} under way."
    rows = tuple((i, kind, f"{token:#x}", page) for i, (kind, token, page) in enumerate(prediction.order))
    told = ", ".join(f"{name} {count}" for name, count in prediction.counts.items() if count)

    def why(key: str) -> Why:
        chosen = int(key) if key.isdecimal() and int(key) < len(lanes) else None
        return Why(f"Predicted: {told}." if chosen is None else f"{lanes.sentence(chosen)}.")

    return View(
        headline=said,
        picture=(lanes, said, f"Predicted from the settings alone, over the model's own clock.{shown}", None),
        table=Table(("event", "predicted", "token", "page"), rows, said),
        svg=lambda: lanes.to_picture("What the simulator predicts, event by event", said, row=26).standalone(),
        why=why,
        badge=NOT_RUN,
    )
