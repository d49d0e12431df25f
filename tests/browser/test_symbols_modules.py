"""The sections about real modules in a real browser: keys, table, a file to take away and one to bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.symbols.bundled_index import bundled_index
from lab.symbols.why_made import MadeScenario, made_bytes
from tests.browser.harness import Book, write_notebook

CALLS = ("symbols_module('L3')", "symbols_graph('G2')", "symbols_why()")


@pytest.mark.timeout(300)
def test_modules_by_keys_and_files(book: Book, tmp_path: Path) -> None:
    cells = [f"from lab.ui import {call.partition('(')[0]}\n{call}" for call in CALLS]
    write_notebook(book.server.folder / "modules.ipynb", *cells, "# end\n\n" * 3)
    book.open("modules.ipynb")
    book.run_all()
    page, count = book.page, book.cells()

    book.scroll_to(0)
    module = page.locator(".lab-frame").filter(has_text="kvm_intel").first
    chart = module.locator(".lab-chart")
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    name = str(chart.locator(".lab-at").get_attribute("aria-label"))
    module.locator(".lab-why summary").get_by_text(name).first.wait_for()
    page.keyboard.press("Enter")
    module.locator(".lab-why[open] ol").get_by_text("the kernel, 10,503 exports").first.wait_for()
    page.keyboard.press("Escape")
    module.locator("[data-do=table]").click()
    module.locator(".lab-table tbody tr").last.wait_for()
    assert module.locator(".lab-table tbody tr").count() == 327
    module.locator("[data-do=table]").click()

    book.scroll_to(1)
    graph = page.locator(".lab-frame").filter(has_text="modprobe loads").first
    graph.locator(".lab-chart").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):  # crc16, the module below it, and what needs it
        page.keyboard.press(key)
    graph.locator("[data-key='ext4'][aria-pressed='true']").wait_for()
    graph.locator(".lab-why summary").get_by_text("asks the kernel for 551 names").first.wait_for()
    page.keyboard.type("dd")
    box = graph.bounding_box()
    assert box is not None
    assert box["height"] <= 520

    book.scroll_to(2)
    why = page.locator(".lab-frame").filter(has_text="is refused by").first
    box = why.bounding_box()
    assert box is not None
    assert box["height"] <= 520
    with page.expect_download() as begun:
        why.locator(".lab-export").select_option("files")
    assert begun.value.suggested_filename == "made.ko"
    made = MadeScenario(asks="a name that is gone")
    assert Path(begun.value.path()).read_bytes() == made_bytes(made, bundled_index())
    (tmp_path / "own.ko").write_bytes(made_bytes(MadeScenario(name="own", licence="Proprietary"), bundled_index()))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="A .ko of yours").click()
    chooser.value.set_files(tmp_path / "own.ko")
    page.locator(".lab-headline").get_by_text("loads on 6.1.0-56-amd64").first.wait_for()
    page.get_by_role("button", name="Back to the made-up module").click()
    page.locator(".lab-headline").get_by_text("kallsyms_lookup_name").first.wait_for()

    assert book.cells() == count, "typing d d in a view deleted the cell"
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []
