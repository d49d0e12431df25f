"""The naming notebook in a real browser: the explorer, the tree's keys, this machine by a click."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.explorer import FRAME
from tests.browser.harness import Book, Server, write_notebook

NOTEBOOK = "01-device-naming.ipynb"
TREE = ".lab-tree"


@pytest.mark.timeout(300)
def test_the_explorer(check_explorer: Callable[..., None]) -> None:
    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row[side] for row in rows for side in ("name before", "name after") if row[side] != "–"]

    check_explorer(NOTEBOOK, slider="scheme", shown=names, preset="N5")


@pytest.mark.timeout(300)
def test_the_matrix(check_explorer: Callable[..., None], server: Server) -> None:
    write_notebook(server.folder / "matrix.ipynb", "from lab.ui import naming_matrix\nnaming_matrix()")

    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row["name after"] for row in rows if row["name after"] != "–"]

    check_explorer("matrix.ipynb", slider="scheme", shown=names, preset="N5")


@pytest.mark.timeout(300)
def test_keys_in_the_matrix_and_the_one_stop_of_the_slider(book: Book) -> None:
    write_notebook(book.server.folder / "keys.ipynb", "from lab.ui import naming_matrix\nnaming_matrix('N1')")
    book.open("keys.ipynb")
    book.run_all()
    picture, page = book.find(f"{FRAME} .lab-chart"), book.page

    def pressed(*keys: str) -> str:
        """Press keys; the cell under the roving focus."""
        for key in keys:
            page.keyboard.press(key)
        return str(picture.evaluate("p => p.querySelector('.lab-at')?.dataset.key"))

    picture.focus()
    assert pressed("ArrowRight") == "kernel 52:54:00:00:00:01"
    assert pressed("ArrowRight", "ArrowRight", "ArrowRight") == "PATH 52:54:00:00:00:01"
    why = book.find(f"{FRAME} .lab-why summary")
    why.get_by_text("before enp1s0, now PATH: 0000:02:00.0 = bus 2, device 0").wait_for()
    assert pressed("ArrowDown") == "PATH 52:54:00:00:00:02"
    assert pressed("ArrowDown") == "PATH 52:54:00:00:00:02", "there is no row below"
    assert pressed("End") == "default 52:54:00:00:00:02"
    assert pressed("ArrowRight") == "default 52:54:00:00:00:02"
    assert pressed("Home", "ArrowUp") == "kernel 52:54:00:00:00:01"
    assert pressed("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown") == "PATH 52:54:00:00:00:02"
    page.keyboard.press("Enter")
    trace = book.find(f"{FRAME} .lab-why[open] ol")
    trace.get_by_text("bus 1, device 0 → enp1s0").last.wait_for()
    page.wait_for_function("document.activeElement.matches('.lab-why summary')")
    page.keyboard.press("Escape")
    assert picture.evaluate("p => p === document.activeElement"), "Escape leads back to the picture"
    assert page.locator(f"{FRAME} .lab-why[open]").count() == 0
    slider = book.find(f"{FRAME} .lab-control-scheme")
    assert "v238–v261: no change" in slider.inner_text()
    before, after = book.move_slider(f"{FRAME} .lab-control-scheme")
    assert before == after == "v238–v261: no change"
    page.locator(f"{FRAME} .lab-control-before select").select_option("13 · cards behind a bridge in a slot")
    page.wait_for_function("document.querySelector('.lab-control-scheme input').max === '1'")
    assert "v247–v261" in slider.inner_text()
    assert book.move_slider(f"{FRAME} .lab-control-scheme") == ("v247–v261", "v238–v245")
    assert book.cell_errors() == []
    assert book.console == []


@pytest.mark.timeout(300)
def test_what_if(check_explorer: Callable[..., None], server: Server) -> None:
    write_notebook(server.folder / "whatif.ipynb", "from lab.ui import naming_whatif\nnaming_whatif()")

    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row["name after"] for row in rows if row["name after"] != "–"]

    check_explorer("whatif.ipynb", slider="scheme", shown=names, preset="N4")


@pytest.mark.timeout(300)
def test_a_card_is_dragged_by_hand_and_by_keys(book: Book) -> None:
    write_notebook(book.server.folder / "drag.ipynb", "from lab.ui import naming_whatif\nnaming_whatif(step=())")
    book.open("drag.ipynb")
    book.run_all()
    page, steps = book.page, book.find(f"{FRAME} .lab-steps")
    picture = book.find(f"{FRAME} .lab-chart")

    def middle(key: str) -> tuple[float, float]:
        box = picture.locator(f'[data-key="{key}"]').bounding_box()
        assert box is not None, key
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(key: str, to: str) -> None:
        page.mouse.move(*middle(key))
        page.mouse.down()
        page.mouse.move(*middle(to), steps=6)
        assert picture.locator(".lab-ghost").count() == 1
        assert picture.locator(".lab-over").get_attribute("data-key") == to
        page.mouse.up()
        assert picture.locator(".lab-ghost").count() == 0

    drag("add virtio", "to port 0000:00:01")
    steps.get_by_text("1. add virtio at port 0000:00:01").wait_for()
    book.find(f"{FRAME} .lab-headline").get_by_text("now mean other cards").wait_for()
    drag("card 52:54:00:00:00:01", "out of the machine")
    steps.get_by_text("2. remove 52:54:00:00:00:01").wait_for()
    page.mouse.move(*middle("add nic"))
    page.mouse.down()
    page.mouse.move(5, 5, steps=4)
    page.mouse.up()  # dropped nowhere
    for number in (2, 1):
        steps.locator("button").click()
        steps.get_by_text(f"{number}. ").wait_for(state="detached")
    picture.locator('[data-key="add nic"]').click()
    picture.locator('[data-key="to 0000:00:01"]').click()
    steps.get_by_text("1. add nic at 0000:00:01").wait_for()

    def pressed(*keys: str) -> str:
        for key in keys:
            page.keyboard.press(key)
        return str(picture.evaluate("p => p.querySelector('.lab-at')?.dataset.key"))

    picture.focus()
    for _ in range(20):
        if pressed("ArrowUp") == pressed("ArrowUp", "Home"):
            break
    assert pressed("Home") == "card 52:54:00:00:00:01"
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    for _ in range(8):
        if pressed("ArrowDown").startswith("to "):
            break
    place = pressed("Home").removeprefix("to ")
    page.keyboard.press("Enter")
    steps.get_by_text(f"2. move 52:54:00:00:00:01 to {place}").wait_for()
    assert book.cell_errors() == []
    assert book.console == []


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
