"""The core is pure and light (rule 2): what an import brings in, and how long `import lab` takes."""

import ast
import json
import pkgutil
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import lab
from lab import core, naming, pagefault, realkernel, symbols

HEAVY = ["IPython", "anywidget", "dask", "distributed", "ipykernel", "ipywidgets", "jupyter_client", "jupyter_core",
         "jupyter_server", "jupyterlab", "llvmlite", "nbformat", "numba", "numpy", "pyroute2", "traitlets",
         "zmq"]  # fmt: skip
# Doors: opened when asked for (rule 2). Everything else is imported below.
DOORS = {"live", "compiled", "cluster"}


def modules() -> list[str]:
    """Every module of the hall and of the rooms, without the doors."""
    found = ["lab", "lab.cli", "lab.commands", "lab.doctor", "lab.notebook_copies", "lab.selftest"]
    for package in (core, naming, symbols, pagefault, realkernel):
        found.append(package.__name__)
        found += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [name for name in found if not DOORS & set(name.split("."))]


def loaded(code: str) -> list[str]:
    """The heavy packages that are in memory after `code`, in a Python of its own."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    return sorted(set(json.loads(out.splitlines()[-1])) & set(HEAVY))


def test_the_pure_part_imports_nothing_heavy() -> None:
    names = modules()
    assert len(names) > 30
    assert loaded("\n".join(f"import {name}" for name in names)) == []


def test_the_ruler_itself() -> None:
    assert loaded("import ipywidgets") != []


def test_no_door_is_opened_by_an_import() -> None:
    """Also where the door's library is missing, and the test above could not see it."""
    for name in modules():
        path = Path(lab.__file__).parent.joinpath(*name.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                doors = DOORS & {(node.module or "").split(".")[-1], *(alias.name for alias in node.names)}
                assert not doors, f"{name} opens {doors} when it is imported"


def seconds(code: str) -> float:
    """Processor time of a Python that runs `code`: what else runs here meanwhile does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("name", ["lab", "lab.cli"])
def test_the_import_takes_less_than_150_milliseconds(name: str) -> None:
    """Best of several, without the start of Python itself."""
    empty = min(seconds("pass") for _ in range(5))
    full = min(seconds(f"import {name}") for _ in range(7))
    assert full - empty < 0.15
