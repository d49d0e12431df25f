"""The story of the search: what was published, and what is counted here."""

from __future__ import annotations

from lab.core.scenario import command_line
from lab.symbols.scenario import SymbolScenario
from lab.symbols.story import STORY, Chapter, StoryScenario, chapters, story_headline, story_table
from lab.symbols.story_picture import story_picture
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["symbols_story"]

METHODS = ("linear", "binary")


def symbols_story() -> Explorer:
    """What did it bring to sort once? 2009 to 2026: published figures beside counts of the same step."""
    return Explorer(
        Subject(
            name="symbols_story",
            question="What did it bring to sort once?",
            presets=STORY,
            primary=(),
            view=_view,
            command=lambda s: command_line(SymbolScenario(load="references", methods=METHODS), "symbols", "cost"),
            picture=Chart(),
        )
    )


def _line(chapter: Chapter) -> str:
    told = f"{chapter.year}, {chapter.who}: {chapter.told} ({chapter.source})."
    return f"{told} Counted here: {_count(chapter.before)} against {_count(chapter.after)} {chapter.what}."


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"


def _view(scenario: StoryScenario, canvas: Canvas) -> View:
    told = {c.id: c for c in chapters()}
    picture = story_picture(canvas.width, canvas.text)

    def why(key: str) -> Why:
        chapter = told.get(key)
        first = "Choose a year: where its figure comes from, and what is counted here."
        return Why(_line(chapter) if chapter else first, tuple(_line(c) for c in told.values()))

    return View(story_headline(), picture, story_table(), picture.standalone, why)
