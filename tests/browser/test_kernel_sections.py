"""The sections "On a real kernel" in a real browser: a recording first, keys, table, a machine without QEMU."""

from __future__ import annotations

import pytest

from tests.browser.explorer import DARK, LIGHT
from tests.browser.harness import Book, write_notebook

SECTIONS = ("naming_kernel", "naming_netnode", "symbols_kernel", "pagefault_kernel")
BARE = "import os; os.environ['PATH'] = ''"  # the same machine for everybody: not a program on it


@pytest.fixture
def page(book: Book) -> Book:
    """One notebook with a section a cell, run on a machine without programs."""
    first = f"{BARE}\nfrom lab.ui import {', '.join(SECTIONS)}\n{SECTIONS[0]}()"
    write_notebook(book.server.folder / "kernel_sections.ipynb", first, *(f"{name}()" for name in SECTIONS[1:]))
    book.open("kernel_sections.ipynb")
    book.run_all()
    assert book.cell_errors() == []
    return book


def frame_of(name: str) -> str:
    """The frame of a section, as a selector of the page."""
    return f".lab-frame >> nth={SECTIONS.index(name)}"


def check_frame(book: Book, name: str) -> None:
    """It fits, says that it is a recording, and its table has rows."""
    frame = book.page.locator(frame_of(name))
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520, name
    badge = frame.locator(".lab-badge")
    assert badge.text_content() == "recorded"
    assert badge.evaluate("b => getComputedStyle(b, '::before').content") == "none", "it is not edited"
    frame.get_by_role("button", name="Run it on a real kernel").wait_for()
    assert not frame.get_by_role("button", name="Back to the recording").is_visible()
    table = frame.locator("[data-do=table]")
    table.click()
    frame.locator(".lab-table tbody tr").first.wait_for()
    table.click()


def check_missing(book: Book, name: str) -> None:
    """By keyboard: the button says what is missing and the one command; the recording stays, no cell is deleted."""
    frame = book.page.locator(frame_of(name))
    frame.scroll_into_view_if_needed()
    cells = book.cells()
    frame.get_by_role("button", name="Run it on a real kernel").focus()
    book.page.keyboard.type("dd")
    book.page.keyboard.press("Enter")
    note = frame.locator(".lab-run-note")
    note.get_by_text("This machine lacks: QEMU").wait_for(timeout=20_000)
    assert note.get_attribute("role") == "status"
    assert "qemu-system-x86" in (note.locator("code").text_content() or "")
    frame.get_by_role("button", name="Run it on a real kernel").wait_for()  # not "Cancel" any more
    assert frame.locator(".lab-badge").text_content() == "recorded"
    assert book.cells() == cells


@pytest.mark.timeout(300)
def test_every_section_by_keyboard_and_table(page: Book) -> None:
    for name in SECTIONS:
        check_frame(page, name)

    naming = page.page.locator(frame_of("naming_kernel"))
    naming.scroll_into_view_if_needed()
    naming.locator(".lab-chart").focus()
    for _ in range(3):  # the card, then its squares
        page.page.keyboard.press("ArrowRight")
    naming.locator(".lab-why summary", has_text="nic1 under v239: PATH enp2s0 ✓").wait_for()
    naming.locator(".lab-control-policy select").select_option("MAC")
    naming.locator(".lab-chart").get_by_text("enx525400000001").first.wait_for()

    life = page.page.locator(frame_of("naming_netnode"))
    life.scroll_into_view_if_needed()
    life.locator(".lab-chart").focus()
    for _ in range(4):
        page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")
    life.locator(".lab-why li").get_by_text("the open file gives the new name").wait_for()
    life.locator(".lab-preset").select_option("remove")
    life.locator(".lab-chart").get_by_text("ENODEV").first.wait_for()

    faults = page.page.locator(frame_of("pagefault_kernel"))
    faults.scroll_into_view_if_needed()
    faults.get_by_role("button", name="in time").click()
    faults.locator("canvas[role=img]").nth(1).wait_for()
    faults.get_by_role("button", name="in time").click()
    faults.locator(".lab-control-order select").select_option("random")
    faults.get_by_text("not run", exact=True).wait_for()

    page.set_theme(DARK)
    ground = "f => getComputedStyle(f).getPropertyValue('--lab-surface').trim().toUpperCase()"
    assert naming.evaluate(ground) == "#1E1E1E"
    page.set_theme(LIGHT)
    assert page.cell_errors() == []
    assert page.console == []
    assert page.outside == []


@pytest.mark.timeout(300)
def test_a_click_on_a_machine_without_qemu_names_the_one_command(page: Book) -> None:
    for name in SECTIONS:
        check_missing(page, name)
    assert page.cell_errors() == []
    assert page.console == []
    assert page.outside == []
