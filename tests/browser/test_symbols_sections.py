"""The sections of the symbol notebook in a real browser: keyboard and table, all on one page."""

from __future__ import annotations

import re

import pytest

from tests.browser.harness import Book, write_notebook

SECTIONS = ("symbols_explorer", "symbols_steps", "symbols_cost", "symbols_memory", "symbols_story")


@pytest.fixture
def page(book: Book) -> Book:
    """One notebook with a section a cell, run."""
    first = f"from lab.ui import {', '.join(SECTIONS)}\n{SECTIONS[0]}()"
    write_notebook(book.server.folder / "sections.ipynb", first, *(f"{name}()" for name in SECTIONS[1:]))
    book.open("sections.ipynb")
    book.run_all()
    return book


def frame(name: str) -> str:
    """The frame of a section, as a selector of the page."""
    return f".lab-frame >> nth={SECTIONS.index(name)}"


def check_frame(book: Book, name: str, column: str) -> None:
    """The frame fits; its table has what its picture says in the words of `column`."""
    found = book.page.locator(frame(name))
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520, name
    texts = " ".join(found.locator("svg text").all_text_contents()).replace("`", "")
    button = found.locator("[data-do=table]")
    button.click()
    table = found.locator(".lab-table table")
    table.wait_for()
    heads = table.locator("thead th").all_text_contents()
    place = next(i for i, head in enumerate(heads) if head.startswith(column))
    cells = [row.locator("td, th").all_text_contents()[place] for row in table.locator("tbody tr").all()[:5]]
    assert cells
    for cell in cells:
        assert re.sub("`", "", cell) in texts, f"{cell!r} is not in the picture of {name}"
    button.click()


@pytest.mark.timeout(300)
def test_every_section_by_keyboard_and_table(page: Book) -> None:
    for name, column in (
        ("symbols_explorer", "method"), ("symbols_cost", "method"), ("symbols_memory", "method"),
        ("symbols_story", "who"),
    ):  # fmt: skip
        check_frame(page, name, column)

    steps = page.page.locator(frame("symbols_steps"))
    steps.scroll_into_view_if_needed()
    steps.locator(".lab-chart").focus()
    for said in ("Step 1 of 5", "Step 2 of 5", "Step 3 of 5"):
        page.page.keyboard.press("ArrowRight")
        steps.locator(".lab-why summary").get_by_text(said).wait_for()
    steps.locator(".lab-chart").get_by_text("bit 11 set ✓").wait_for()
    cells = page.cells()
    page.page.keyboard.type("dd")
    assert page.cells() == cells
    page.page.keyboard.press("Escape")

    race = page.page.locator(frame("symbols_explorer"))
    race.scroll_into_view_if_needed()
    race.locator("[data-do=methods]").select_option("gnu-hash")
    race.locator(".lab-race svg").get_by_text("▶ GNU hash", exact=True).wait_for()
    box = race.bounding_box()
    assert box is not None
    assert box["height"] <= 520
    assert race.locator("[data-do=methods] option[value=gnu-hash]").text_content() == "remove GNU hash"

    cost = page.page.locator(frame("symbols_cost"))
    cost.scroll_into_view_if_needed()
    cost.locator(".lab-methods select").select_option("add radix trie")
    cost.locator(".lab-chart").get_by_text("radix trie", exact=True).wait_for()

    memory = page.page.locator(frame("symbols_memory"))
    memory.scroll_into_view_if_needed()
    memory.locator(".lab-chart").focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    memory.locator(".lab-why summary").get_by_text("linear scan: 0.0 bytes a name").wait_for()
    assert page.cell_errors() == []
    assert page.console == []
    assert page.outside == []
