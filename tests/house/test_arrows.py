"""Arrows point one way: ui -> modules -> core (rule 1), read from the source with ast."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab

PACKAGE = Path(lab.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("naming", "symbols", "pagefault")

# room -> the rooms it may import from, besides itself
ALLOWED = {
    "core": set[str](),
    **{room: {"core"} for room in ROOMS},
    "realkernel": {"core", *ROOMS},
    "ui": {"core", "realkernel", *ROOMS},
    "data": set[str](),
}
# Modules of the package itself: `lab` is its public face; the others are the house's own commands.
ALLOWED[""] = {"core"}
HOUSE = {"__main__", "cli", "commands", "doctor", "notebook_copies", "selftest"}


def room(path: Path) -> str:
    """The room that a file of the package is in, "" for the package's own modules."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imports(source: str, package: str) -> Iterator[str]:
    """Full names of all modules that `source`, part of `package`, imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            name = ".".join(filter(None, [base, node.module or ""]))
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def wrong(path: Path, source: str) -> list[str]:
    """The imports in `source` that a file at `path` may not have."""
    here = room(path)
    if not here and path.stem in HOUSE:
        return []
    found = []
    package = ".".join(["lab", *path.relative_to(PACKAGE).parts[:-1]])
    for name in imports(source, package):
        parts = name.split(".")
        if parts[0] != "lab" or len(parts) < 2:
            continue
        there = parts[1] if (PACKAGE / parts[1]).is_dir() else ""
        if not there and parts[1] not in HOUSE:
            continue  # a public name of the package itself
        if there != here and there not in ALLOWED[here]:
            found.append(name)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    assert wrong(path, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core/table.py", "from lab.naming import model"),
        ("core/table.py", "def f():\n    import lab.ui.frame"),
        ("naming/model.py", "from lab.symbols.image import Image"),
        ("naming/model.py", "from ..symbols import image"),
        ("naming/model.py", "from lab import symbols"),
        ("naming/model.py", "from lab.ui import chart"),
        ("symbols/image.py", "import lab.realkernel.boot"),
        ("realkernel/boot.py", "from lab.ui.frame import Explorer"),
        ("pagefault/model.py", "from lab.doctor import examine"),
        ("__init__.py", "from lab.naming import show"),
    ],
)
def test_a_wrong_arrow_is_seen(place: str, source: str) -> None:
    assert wrong(PACKAGE / place, source)


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core/table.py", "from lab.core import jsontext"),
        ("naming/schemes/path.py", "from ..model import Card"),
        ("naming/schemes/path.py", "from lab import __version__"),
        ("realkernel/boot.py", "from lab.naming.model import Machine"),
        ("ui/naming.py", "from lab.naming import whatif"),
        ("cli.py", "import lab.naming.commands"),
    ],
)
def test_a_right_arrow_is_allowed(place: str, source: str) -> None:
    assert wrong(PACKAGE / place, source) == []


def test_only_the_ui_knows_widgets() -> None:
    widgets = {"ipywidgets", "anywidget", "traitlets", "IPython"}
    for path in FILES:
        names = {name.split(".")[0] for name in imports(path.read_text("utf-8"), "lab")}
        assert room(path) == "ui" or not names & widgets, path


def test_every_folder_is_a_known_room() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders - {"notebooks", "kernels"} == set(ALLOWED) - {""}
