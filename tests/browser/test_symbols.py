"""Notebook 2 in a real browser: the race plays, steps and answers to the keyboard."""

from __future__ import annotations

import time

from tests.browser.conftest import OpenExplorer
from tests.browser.explorer import FRAME, Row
from tests.browser.harness import Book

NOTEBOOK = "02-symbol-index.ipynb"
RACE = f"{FRAME} .lab-race"


def counters(book: Book) -> list[int]:
    """The big number of each lane."""
    found: list[str] = book.find(RACE).evaluate(
        "r => [...r.querySelectorAll('svg text[font-weight=\"600\"][text-anchor=end]')].map(t => t.textContent)"
    )
    return [int(text.replace(",", "")) for text in found]


def stand_at(book: Book, *wanted: int) -> None:
    """The counters show `wanted`, at once or within some seconds."""
    deadline = time.monotonic() + 10
    while counters(book) != list(wanted) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert counters(book) == list(wanted)


def shown(rows: list[Row]) -> list[str]:
    """The counts of the table as the picture writes them."""
    return [f"{int(row['this name (comparisons)'].replace(',', '')):,}" for row in rows]


def test_explorer(check_explorer: OpenExplorer) -> None:
    check_explorer(NOTEBOOK, slider="size", shown=shown, preset="S1")


def test_race_plays_steps_and_asks_for_names(book: Book) -> None:
    book.open(NOTEBOOK)
    book.run_all()
    stand_at(book, 5237, 18, 1)
    race = book.find(RACE)
    race.focus()
    for _ in range(3):
        book.page.keyboard.press("ArrowRight")
    stand_at(book, 3, 3, 1)
    book.page.wait_for_function(
        "document.querySelector('.lab-why').textContent.includes('comparison 3, entry')", timeout=10_000
    )
    book.page.keyboard.press("ArrowLeft")
    stand_at(book, 2, 2, 1)
    book.page.keyboard.press("Home")
    stand_at(book, 0, 0, 0)
    book.page.keyboard.press("Space")
    stand_at(book, 5237, 18, 1)  # with reduced motion, playing jumps to the end

    book.page.emulate_media(reduced_motion="no-preference")
    book.page.keyboard.press("Space")
    book.page.wait_for_timeout(700)
    book.page.keyboard.press("Space")  # pause
    linear, binary, hashed = counters(book)
    assert 50 < linear < 5237
    assert (binary, hashed) == (18, 1), "sorted and hashed are done at once"
    assert counters(book) == [linear, binary, hashed], "it stands still while it pauses"
    book.page.emulate_media(reduced_motion="reduce")

    book.find(f"{FRAME} [data-do=missing]").click()
    book.page.wait_for_function("document.querySelector('.lab-headline').textContent.startsWith('Missing')")
    stand_at(book, 10503, 24, 0)
    name = book.find(f"{FRAME} .lab-control-name input")
    name.fill("schedule")
    name.press("Enter")
    book.page.wait_for_function("document.querySelector('.lab-headline').textContent.startsWith('Linear scan')")
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []


def test_times_are_measured_after_a_click_only(book: Book) -> None:
    book.open(NOTEBOOK)
    book.run_all()
    job = book.find(".lab-job button")
    here = "document.querySelector('.lab-chart svg desc') && [...document.querySelectorAll('.lab-chart text')]"
    told = f"{here}.some(t => t.textContent.startsWith('measured here'))"
    assert not book.page.evaluate(told)
    job.click()
    book.page.wait_for_function(told, timeout=120_000)
    assert book.console == []
