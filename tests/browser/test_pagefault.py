"""The page-fault notebook in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser import explorer

if TYPE_CHECKING:
    from tests.browser.harness import Book

NOTEBOOK = "03-page-faults.ipynb"
FRAME = explorer.FRAME


def shares(rows: list[explorer.Row]) -> list[str]:
    """What stands right of the lanes."""
    return [row["state"] for row in rows if "%" in row["state"]]


def settled(book: Book, basis: str = "5,000 faults each, seed") -> None:
    """Wait until the numbers are those of the whole run, not of the few faults that a drag bears."""
    says = book.page.locator(f"{FRAME} .lab-says").first
    book.page.wait_for_function(
        "([says, basis]) => says.textContent.startsWith(basis)", arg=[says.element_handle(), basis], timeout=30_000
    )


def test_page_faults(book: Book) -> None:
    """As `check_explorer` does, but a slider that has moved leaves a draft: table and picture are compared after it."""
    book.open(NOTEBOOK)
    book.run_all()
    assert book.cell_errors() == []
    box = book.find(FRAME).bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520
    explorer.check_slider(book, "tasks")
    settled(book)
    explorer.check_table(book, shares)
    explorer.check_keys_and_wheel(book, "tasks")
    explorer.check_themes(book)
    assert book.console == []
    assert book.outside == []


def test_lanes_unfold_and_a_segment_is_explained(book: Book) -> None:
    book.open(NOTEBOOK)
    book.run_all()
    for name in ("tasks in pv", "device slots", "messages"):
        book.find(f"{FRAME} .lab-toggle:has-text('{name}')").click()
    stage = book.find(f"{FRAME} .lab-timeline-stage")
    texts = stage.locator("canvas[role=img]")
    book.page.wait_for_function("c => c.textContent.includes('pv ACK')", arg=texts.element_handle())
    names = str(texts.text_content())
    assert all(name in names for name in ("pv task 3", "pv slot 3", "pv not present"))
    why = book.find(f"{FRAME} .lab-why summary")
    assert why.inner_text().startswith("pv: the task that faults sleeps")
    stage.focus()
    for _ in range(2):
        book.page.keyboard.press("]")
    book.page.wait_for_function("s => s.textContent.startsWith('sync: task 0 touches page')", arg=why.element_handle())
    assert "waits for page 0x1000" in book.find(f"{FRAME} .lab-said").inner_text()
    for _ in range(20):
        book.page.keyboard.press("ArrowDown")
    book.page.wait_for_function(
        "s => s.textContent.startsWith('pv: the guest has read token')", arg=why.element_handle()
    )
    assert "the ready slot is free again at" in book.find(f"{FRAME} .lab-said").inner_text()
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []
