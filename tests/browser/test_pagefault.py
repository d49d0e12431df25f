"""The page-fault notebook in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.browser import explorer

if TYPE_CHECKING:
    from tests.browser.harness import Book

NOTEBOOK = "03-page-faults.ipynb"
FRAME = explorer.FRAME


def shares(rows: list[explorer.Row]) -> list[str]:
    """What stands right of the lanes."""
    return [row["state"] for row in rows if "%" in row["state"]]


def test_page_faults(check_explorer: Callable[..., None]) -> None:
    check_explorer(NOTEBOOK, slider="tasks", shown=shares)


def test_lanes_unfold_and_a_segment_is_explained(book: Book) -> None:
    book.open(NOTEBOOK)
    book.run_all()
    book.find(f"{FRAME} .lab-toggle:has-text('tasks in pv')").click()
    stage = book.find(f"{FRAME} .lab-timeline-stage")
    texts = stage.locator("canvas[role=img]")
    book.page.wait_for_function("c => c.textContent.includes('task 3')", arg=texts.element_handle())
    why = book.find(f"{FRAME} .lab-why summary")
    assert why.inner_text().startswith("pv: the task that faults sleeps")
    stage.focus()
    for _ in range(2):
        book.page.keyboard.press("]")
    book.page.wait_for_function("s => s.textContent.startsWith('sync: task 0 touches page')", arg=why.element_handle())
    assert "waits for page 0x1000" in book.find(f"{FRAME} .lab-said").inner_text()
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []
