"""The further sections of the page-fault notebook in a real browser: keyboard and table, all on one page."""

from __future__ import annotations

import pytest

from tests.browser.harness import Book, write_notebook

SECTIONS = (
    "pagefault_protocol", "pagefault_trace", "pagefault_breakeven", "pagefault_published", "pagefault_schedulers",
)  # fmt: skip


@pytest.fixture
def page(book: Book) -> Book:
    """One notebook with a section a cell, run."""
    first = f"from lab.ui import {', '.join(SECTIONS)}\n{SECTIONS[0]}()"
    write_notebook(book.server.folder / "pagefaults.ipynb", first, *(f"{name}()" for name in SECTIONS[1:]))
    book.open("pagefaults.ipynb")
    book.run_all()
    return book


def frame(name: str) -> str:
    """The frame of a section, as a selector of the page."""
    return f".lab-frame >> nth={SECTIONS.index(name)}"


def check_frame(book: Book, name: str, column: str, most: int = 5) -> None:
    """The frame fits; its table has what its picture says in the words of `column`."""
    found = book.page.locator(frame(name))
    found.scroll_into_view_if_needed()
    found.locator(".lab-chart svg").wait_for()
    box = found.bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520, name
    texts = " ".join(found.locator(".lab-chart svg text").all_text_contents())
    button = found.locator("[data-do=table]")
    button.click()
    table = found.locator(".lab-table table")
    table.wait_for()
    heads = table.locator("thead th").all_text_contents()
    place = heads.index(column)
    cells = [row.locator("td, th").all_text_contents()[place] for row in table.locator("tbody tr").all()[:most]]
    assert cells
    for cell in cells:
        assert cell in texts, f"{cell!r} is not in the picture of {name}"
    button.click()
    found.locator(".lab-chart svg").wait_for()


@pytest.mark.timeout(300)
def test_every_section_by_keyboard_and_table(page: Book) -> None:
    check_frame(page, "pagefault_trace", "trace")
    check_frame(page, "pagefault_published", "figure", 7)
    check_frame(page, "pagefault_schedulers", "mode", 9)

    steps = page.page.locator(frame("pagefault_protocol"))
    steps.scroll_into_view_if_needed()
    box = steps.bounding_box()
    assert box is not None
    assert box["height"] <= 520
    steps.get_by_role("button", name="Next ▶", exact=True).click()
    steps.locator(".lab-why summary").get_by_text("Step 7 of 130").wait_for()
    steps.locator(".lab-chart").focus()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowDown")
    steps.locator(".lab-why summary").get_by_text("Step ").wait_for()
    steps.locator("[data-do=table]").click()
    steps.locator(".lab-table").get_by_text("task 3 touches page 0x1008: the host has it not").wait_for()
    cells = page.cells()
    page.page.keyboard.type("dd")
    assert page.cells() == cells

    trace = page.page.locator(frame("pagefault_trace"))
    trace.locator(".lab-chart").focus()
    page.page.keyboard.press("ArrowRight")
    trace.locator(".lab-why summary").get_by_text("on-int, fault ").wait_for()

    heat = page.page.locator(frame("pagefault_breakeven"))
    heat.scroll_into_view_if_needed()
    box = heat.bounding_box()
    assert box is not None
    assert box["height"] <= 520
    heat.locator(".lab-chart").focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    heat.locator(".lab-why summary").get_by_text("by theory").wait_for()
    page.page.get_by_role("button", name="Simulate the chosen cell").click()
    heat.locator(".lab-why summary").get_by_text("simulated").wait_for()

    shares = page.page.locator(frame("pagefault_schedulers"))
    shares.locator(".lab-chart").focus()
    page.page.keyboard.press("ArrowDown")
    shares.locator(".lab-why summary").get_by_text("rr, ").wait_for()
    assert page.cell_errors() == []
    assert page.console == []
    assert page.outside == []
