"""Rule 11, read from the files: thin cells, stored outputs that no machine or clock has touched, links that lead on."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.installed import ROOT

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = [p for p in PATHS if not p.name.startswith("00")]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def texts(path: Path) -> list[str]:
    """Every stored output, as text."""
    found = []
    for cell in code_cells(path):
        for output in cell.outputs:
            found += [output.get("text", ""), *(str(value) for value in output.get("data", {}).values())]
    return found


each = pytest.mark.parametrize("path", PATHS, ids=lambda p: p.name)
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)


def test_the_four_are_there() -> None:
    assert [p.name for p in PATHS][:4] == [
        "00-start-here.ipynb", "01-device-naming.ipynb", "02-symbol-index.ipynb", "03-page-faults.ipynb"]  # fmt: skip


@each
def test_it_is_a_valid_notebook_for_our_kernel(path: Path) -> None:
    book = read(path)
    nbformat.validate(book)
    assert book.metadata.kernelspec.name == "kernel-lab"
    assert book.metadata.kernelspec.display_name == "Kernel Lab"
    assert "widgets" not in book.metadata


@each
def test_cells_are_thin(path: Path) -> None:
    for cell in code_cells(path):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 8
        assert not lines[-1].rstrip().endswith(";")
        assert not cell.source.lstrip().startswith(("%", "!"))


@each
def test_nothing_that_breaks_a_replay(path: Path) -> None:
    for cell in code_cells(path):
        names = {node.attr for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Attribute)}
        names |= {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        names |= {a.name for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.ImportFrom) for a in n.names}
        assert not names & {"Output", "interact", "interactive", "clear_output"}


@each
def test_every_code_cell_was_run_in_order_without_error(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not any(output.output_type == "error" for output in cell.outputs)
        assert "execution" not in cell.metadata


@each
def test_no_stored_output_names_a_machine_or_a_moment(path: Path) -> None:
    for text in texts(path):
        assert not re.search(r"0x[0-9a-f]{10,}", text)
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work)/", text)


@each
def test_every_link_leads_somewhere_and_nothing_is_loaded_from_another_host(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type != "markdown":
            continue
        for image, target in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)[^)]*\)", cell.source):
            if target.startswith(("http:", "https:")):
                assert not image
            elif not target.startswith("#"):
                assert (path.parent / target).exists(), target
        assert "<img" not in cell.source


@each_module
def test_every_explorer_is_stored_with_its_picture(path: Path) -> None:
    bundles = [o.data for cell in code_cells(path) for o in cell.outputs if "data" in o]
    widgets = [b for b in bundles if "application/vnd.jupyter.widget-view+json" in b]
    assert widgets
    for bundle in widgets:
        assert "<svg" in bundle["image/svg+xml"]
        assert len(bundle["image/svg+xml"].encode()) < 200_000
        assert "\n" not in bundle["text/plain"].strip()


@each_module
def test_each_section_asks_before_it_shows(path: Path) -> None:
    """A prediction in writing comes before the first picture, a key point after it."""
    cells = read(path).cells
    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    before = " ".join(cell.source for cell in cells[:first])
    after = " ".join(cell.source for cell in cells[first:] if cell.cell_type == "markdown")
    assert "?" in before
    assert re.search(r"predict", before, re.IGNORECASE)
    assert re.search(r"key point", after, re.IGNORECASE)
