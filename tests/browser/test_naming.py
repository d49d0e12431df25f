"""The naming notebook in a real browser: the explorer, the tree's keys, this machine by a click."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.harness import Book

NOTEBOOK = "01-device-naming.ipynb"
TREE = ".lab-tree"


@pytest.mark.timeout(300)
def test_the_explorer(check_explorer: Callable[..., None]) -> None:
    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row[side] for row in rows for side in ("name before", "name after") if row[side] != "–"]

    check_explorer(NOTEBOOK, slider="scheme", shown=names, preset="N5")


@pytest.mark.timeout(300)
def test_tree_and_this_machine(book: Book) -> None:
    book.open(NOTEBOOK)
    book.run_all()
    cells = book.cells()
    tree = book.find(TREE)
    lines = tree.locator("[role=treeitem]")
    assert lines.count() == 13
    lines.first.focus()

    def pressed(*keys: str) -> str:
        for key in keys:
            book.page.keyboard.press(key)
        return str(book.page.evaluate("document.activeElement.textContent"))

    assert pressed("ArrowDown", "ArrowDown").startswith("▾✓0000:01:00.0")
    assert pressed("End").startswith("✕0-1/address")
    assert pressed("Home").startswith("▾pci0000:00")
    assert pressed("ArrowLeft").startswith("▸pci0000:00")
    assert lines.count() == 4
    assert pressed("ArrowRight", "ArrowRight", "ArrowRight").startswith("▾✓0000:01:00.0")
    assert pressed("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight").startswith("▾what was read")
    assert lines.count() > 25
    pressed("End", "d", "d", "Enter")
    assert book.cells() == cells
    why = book.page.locator(".lab-frame", has=book.page.locator(TREE)).locator(".lab-why summary")
    why.get_by_text("bus 2, device 0").wait_for()
    book.find("button:has-text('Open the recording')").click()
    rows = book.table(".lab-table:not(.lab-frame .lab-table)")
    assert {row["name now"]: row["PATH"] for row in rows} == {"enp1s0": "enp1s0", "enp2s0": "enp2s0"}
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []
