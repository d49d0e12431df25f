"""The harness notices what it is there to notice."""

from __future__ import annotations

from tests.browser import harness

IMAGE = (
    'from IPython.display import HTML\nHTML("<img src=https://example.com/x.png><p class=there tabindex=0>there</p>")'
)


def test_failing_cells_other_hosts_and_console_errors_are_seen(book: harness.Book) -> None:
    harness.write_notebook(
        book.server.folder / "wrong.ipynb", IMAGE, "import sys\nprint('oh', file=sys.stderr)", "1 / 0"
    )
    book.open("wrong.ipynb")
    book.run_all()
    assert book.cell_errors() == ["oh\n", "ZeroDivisionError: division by zero"]
    book.find(".there")
    assert set(book.outside) == {"https://example.com/x.png"}
    assert any("ERR_FAILED" in text for text in book.console)


def test_d_d_deletes_a_cell_where_no_view_stops_it(book: harness.Book) -> None:
    harness.write_notebook(
        book.server.folder / "plain.ipynb", "1", IMAGE.replace("<img src=https://example.com/x.png>", "")
    )
    book.open("plain.ipynb")
    book.run_all()
    book.type_in(".there", "d", "d")
    book.page.wait_for_function(f"() => {{ {harness.WIDGET} return w.content.model.cells.length === 1; }}")
    assert book.console == []
    assert book.outside == []
