"""The fleet and the pin section of the naming notebook in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.naming.fleet import write_sample
from tests.browser.explorer import FRAME, check_keys_and_wheel, check_slider, check_table, check_themes
from tests.browser.harness import Book, Server, write_notebook


@pytest.mark.timeout(300)
def test_the_fleet(check_explorer: Callable[..., None], server: Server) -> None:
    write_notebook(server.folder / "fleet.ipynb", "from lab.ui import naming_fleet\nnaming_fleet()", "# end\n\n" * 3)

    def names(rows: list[dict[str, str]]) -> list[str]:
        return [rows[0]["usual name"], *re.findall(r"(\S+) \(", rows[0]["other names (hosts)"])]

    check_explorer("fleet.ipynb", slider="scheme", shown=names, preset="F3")


@pytest.mark.timeout(300)
def test_pin(book: Book) -> None:
    write_notebook(book.server.folder / "pin.ipynb", "from lab.ui import naming_pin\nnaming_pin()", "# end\n\n" * 3)

    def names(rows: list[dict[str, str]]) -> list[str]:
        columns = ("name to keep", "without rules", "with rules")
        return [row[column] for row in rows for column in columns if row[column] != "–"]

    book.open("pin.ipynb")
    book.run_all()
    box = book.find(FRAME).bounding_box()
    assert box is not None
    assert box["width"] <= 960
    assert box["height"] <= 520
    check_table(book, names)
    book.find(f"{FRAME} .lab-preset").select_option("N1")
    book.find(f"{FRAME} .lab-chart").get_by_text("moved aside").wait_for()
    check_table(book, names)
    book.find(f"{FRAME} .lab-more-button").click()  # the one slider is the release of systemd
    check_slider(book, "systemd")
    check_keys_and_wheel(book, "systemd")
    check_themes(book)
    assert book.cell_errors() == []
    assert book.console == []
    assert book.outside == []


@pytest.mark.timeout(300)
def test_a_file_is_read_by_a_click_and_parts_are_walked_by_keys(book: Book) -> None:
    write_sample(Path(book.server.folder) / "own.jsonl", seed=5, hosts=40, models=2)
    write_notebook(book.server.folder / "own.ipynb", "from lab.ui import naming_fleet\nnaming_fleet(file='own.jsonl')")
    book.open("own.ipynb")
    book.run_all()
    headline = book.page.locator(f"{FRAME} .lab-headline")
    assert "60 hosts" in headline.inner_text()
    book.find(f"{FRAME} button:has-text('Read the file')").click()
    book.page.wait_for_function("document.querySelector('.lab-headline').textContent.includes('of 40 hosts')")
    picture, page = book.find(f"{FRAME} .lab-chart"), book.page
    picture.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = str(picture.evaluate("p => p.querySelector('.lab-at')?.dataset.key"))
    assert "|changed|" in chosen
    book.find(f"{FRAME} .lab-why summary").get_by_text(chosen.rpartition("|")[2]).first.wait_for()
    page.keyboard.press("Enter")
    book.find(f"{FRAME} .lab-why[open] ol").get_by_text(re.compile(r"m00\d-host0000\d\d")).first.wait_for()
    assert book.cell_errors() == []
    assert book.console == []


@pytest.mark.timeout(300)
def test_another_card_shows_its_rule_and_the_files_are_saved(book: Book) -> None:
    write_notebook(book.server.folder / "rules.ipynb", "from lab.ui import naming_pin\nnaming_pin('N1')")
    book.open("rules.ipynb")
    book.run_all()
    picture = book.find(f"{FRAME} .lab-chart")
    assert "rule 1 of 2: /etc/systemd/network/10-enp1s0.link" in picture.inner_text()
    picture.locator("[data-key='pinned 52:54:00:00:00:02']").click()
    picture.get_by_text("rule 2 of 2: /etc/systemd/network/10-enx525400000002.link").wait_for()
    assert "PermanentMACAddress=52:54:00:00:00:02" in picture.inner_text()
    with book.page.expect_download() as begun:
        book.find(f"{FRAME} .lab-export").select_option("files")
    assert begun.value.suggested_filename == "10-enp1s0.link"
    assert "Name=enp1s0" in Path(begun.value.path()).read_text("utf-8")
    assert book.cell_errors() == []
    assert book.console == []
