"""`make notebooks`: run every notebook and store its outputs, so that a second time changes no byte.

Kept: what the cells show. Left out: times, the Python's version, the widgets' state; a widget's model, whose
number is drawn by chance, gets the cell's id.
"""

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from lab.core.snapshot import write_atomic

ROOT = Path(__file__).resolve().parents[2]
VIEW = "application/vnd.jupyter.widget-view+json"


def store(path: Path) -> bool:
    """Run the notebook at `path` and write it if that changed it; an error in a cell is raised."""
    old = path.read_text("utf-8")
    book: Any = nbformat.reads(old, as_version=4)
    NotebookClient(
        book,
        timeout=60,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    book.metadata = {name: book.metadata[name] for name in ("kernelspec", "language_info")}
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            if VIEW in output.get("data", {}):
                output["data"][VIEW]["model_id"] = cell.id
    new: str = nbformat.writes(book, indent=1) + "\n"
    if new != old:
        write_atomic(path, new.encode())
    return new != old


if __name__ == "__main__":
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        sys.stdout.write(f"{notebook.name}: {'stored anew' if store(notebook) else 'as it was'}\n")
