"""What every explorer must do in a real browser, checked on the notebook that opens with it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.harness import HANDLE, Book

FRAME = ".lab-frame"
PICTURE = f"{FRAME} .lab-picture"  # whatever the room shows
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"

Row = dict[str, str]


def picture_texts(book: Book) -> list[str]:
    """Every text of the picture: letters of an SVG, what a canvas says instead of its pixels."""
    texts: list[str] = book.find(PICTURE).evaluate(
        "p => [...p.querySelectorAll('svg text, canvas[role=img]')].map(t => t.textContent).filter(t => t.trim())"
    )
    return texts


def check_explorer(
    book: Book, notebook: str, slider: str, shown: Callable[[list[Row]], list[str]], preset: str
) -> None:
    """Open a notebook and use its first explorer as a reader would.

    `slider`: the parameter whose slider is moved by keyboard, at `preset` ("" for the first one).
    `shown`: from the table's rows the texts that the picture must hold, as whole words. Raises
    `AssertionError` where the picture does not follow, table and picture differ, a key or the wheel
    does what it must not, or where a cell, the console or another host has something to say.
    """
    book.open(notebook)
    book.run_all()
    assert book.cell_errors() == []
    box = book.find(FRAME).bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520
    if preset:
        book.find(f"{FRAME} .lab-preset").select_option(preset)
    check_slider(book, slider)
    check_table(book, shown)
    check_keys_and_wheel(book, slider)
    check_themes(book)
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []


def check_slider(book: Book, slider: str) -> None:
    """Moved by keyboard, it says another value, and the picture is another one."""
    before = book.digest(PICTURE)
    old, new = book.move_slider(f"{FRAME} .lab-control-{slider}")
    assert new != old, f"the slider {slider} does not move by keyboard"
    for _ in range(20):  # on a busy machine the answer comes later than the slider
        if book.digest(PICTURE) != before:
            break
        book.page.wait_for_timeout(250)
    else:
        raise AssertionError(f"{slider} went from {old} to {new} and the picture is the same")
    assert book.page.locator(f"{FRAME} .lab-error").count() == 0


def check_table(book: Book, shown: Callable[[list[Row]], list[str]]) -> None:
    """The table behind the picture says what the picture says; then the picture is back."""
    texts = picture_texts(book)
    button = book.find(f"{FRAME} [data-do=table]")
    button.click()
    wanted = shown(book.table(f"{FRAME} .lab-table"))
    assert wanted, "the table has nothing that the picture shows"
    for text in wanted:
        whole = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        assert any(whole.search(t) for t in texts), f"{text!r} is in the table, not in the picture: {texts}"
    button.click()
    book.find(PICTURE)


def check_keys_and_wheel(book: Book, slider: str) -> None:
    """`d d` typed in a view deletes no cell; a plain wheel over the picture scrolls the notebook."""
    cells = book.cells()
    book.type_in(PICTURE, "d", "d")
    book.find(f"{FRAME} .lab-control-{slider} {HANDLE}").focus()
    book.page.keyboard.type("dd")
    book.page.wait_for_timeout(300)
    assert book.cells() == cells, "typing d d in a view deleted the cell"
    assert book.wheel(PICTURE) > 0, "a wheel over the picture does not scroll the notebook"


def check_themes(book: Book) -> None:
    """The picture follows JupyterLab's theme, there and back.

    Back in light it is not compared pixel by pixel with the first one: where a scroll bar or half a pixel
    has moved meanwhile, letters are smoothed in another way.
    """
    ground = "p => getComputedStyle(p.closest('.lab')).getPropertyValue('--lab-surface').trim().toUpperCase()"
    book.page.mouse.move(0, 0)  # nothing is hovered
    light = book.digest(PICTURE)
    book.set_theme(DARK)
    assert book.find(PICTURE).evaluate(ground) == "#1E1E1E"
    dark = book.digest(PICTURE)
    assert dark != light, "the picture is the same in light and dark"
    book.set_theme(LIGHT)
    assert book.find(PICTURE).evaluate(ground) == "#FFFFFF"
    assert book.digest(PICTURE) != dark, "the picture stays dark"
