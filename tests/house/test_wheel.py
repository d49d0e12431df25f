"""The wheel: what is in it, and that it works outside the checkout, unwritable, as an ordinary user."""

import email
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.installed import ROOT, Installed, build_wheel


@pytest.fixture(scope="module")
def names(installed: Installed) -> set[str]:
    with zipfile.ZipFile(installed.wheel) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


def test_every_file_of_the_package_travels_and_no_junk(names: set[str]) -> None:
    here = {str(p.relative_to(ROOT)) for p in (ROOT / "lab").rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    inside = {n for n in names if n.startswith("lab/") and not n.startswith(("lab/notebooks/", "lab/kernels/"))}
    assert inside == here
    assert "lab/py.typed" in names
    junk = ("__pycache__", ".pyc", ".ipynb_checkpoints", ".hypothesis", "_cache", ".nbi", ".nbc", "/.")
    assert [n for n in names if any(word in n for word in junk)] == []


def test_notebooks_and_both_kinds_of_kernel_travel(names: set[str]) -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"lab/notebooks/{path.name}" in names
    assert "lab/kernels/linux/LICENSE" in names
    (spec,) = [n for n in names if n.endswith(".data/data/share/jupyter/kernels/kernel-lab/kernel.json")]
    assert spec.startswith("kernel_feature_lab-")


def test_what_runs_inside_linux_travels_and_is_found(names: set[str], installed: Installed) -> None:
    folder = ROOT / "kernels" / "linux"
    wanted = [p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".S", ".sh") or p.name in ("Makefile", "init")]
    inside = [f"lab/kernels/linux/{p.relative_to(folder)}" for p in wanted if p.is_file() and ".mod." not in p.name]
    assert [name for name in inside if name not in names] == []
    code = "from lab.realkernel.build.sources import linux_sources; print(linux_sources('init') / 'init')"
    found = Path(installed.run(installed.python, "-c", code).stdout.strip())
    assert found.is_file()
    assert found.is_relative_to(installed.prefix)


def test_both_licences_travel_and_are_declared(names: set[str], installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        (path,) = [n for n in names if n.endswith(".dist-info/METADATA")]
        meta = email.message_from_bytes(archive.read(path))
        assert meta["License-Expression"] == "Apache-2.0 AND GPL-2.0-only"
        texts = {n.partition("/licenses/")[2]: archive.read(n).decode() for n in names if ".dist-info/licenses/" in n}
    assert set(texts) == {"LICENSE", "kernels/linux/LICENSE"}
    assert "Apache License" in texts["LICENSE"]
    assert "GNU GENERAL PUBLIC LICENSE\n                       Version 2, June 1991" in texts["kernels/linux/LICENSE"]


def test_the_same_checkout_gives_the_same_bytes(installed: Installed, tmp_path: Path) -> None:
    assert build_wheel(tmp_path).read_bytes() == installed.wheel.read_bytes()


def test_it_is_used_from_where_nobody_may_write(installed: Installed) -> None:
    code = "import lab, os; print(lab.__file__, os.access(lab.__path__[0], os.W_OK), os.geteuid())"
    out = installed.run(installed.python, "-c", code).stdout.split()
    assert Path(out[0]).is_relative_to(installed.prefix)
    assert out[1] == "False"
    if os.geteuid() == 0 and installed.user:
        assert out[2] in ("65534", "0")


def test_the_doctor_finds_all_that_is_needed(installed: Installed) -> None:
    done = installed.run("kernel-lab", "doctor", "--json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["works"] is True
    assert done.returncode == 0
    found = {f["part"]: f["found"] for f in report["findings"]}
    assert Path(found["kernelspec"]).is_relative_to(installed.prefix)


def test_the_self_test_is_good(installed: Installed) -> None:
    done = installed.run(installed.python, "-c", "from lab.selftest import self_test; print(self_test())")
    assert (done.stdout, done.stderr) == ("Kernel Feature Lab: all parts work.\n", "")


TRUSTED = """
import nbformat, pathlib, sys
from nbformat.sign import NotebookNotary
books = [nbformat.read(p, 4) for p in sorted(pathlib.Path(sys.argv[1]).glob("*.ipynb"))]
print([NotebookNotary().check_signature(book) for book in books])
"""


def test_notebooks_are_copied_trusted_and_never_overwritten(installed: Installed) -> None:
    folder = installed.home / "my notebooks"
    done = installed.run("kernel-lab", "notebooks", folder, "--json")
    assert done.stderr == ""
    copies = json.loads(done.stdout)["copies"]
    wanted = sorted(p.name for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert [Path(c["path"]).name for c in copies] == wanted
    assert all(c["written"] for c in copies)
    trusted = installed.run(installed.python, "-c", TRUSTED, folder)
    assert trusted.stdout == f"{[True] * len(wanted)}\n"

    first = folder / wanted[0]
    mine = first.read_bytes().replace(b"start here", b"my notes")
    subprocess.run([*installed.user, "tee", first], input=mine, check=True, capture_output=True)
    again = json.loads(installed.run("kernel-lab", "notebooks", folder, "--json").stdout)["copies"]
    assert first.read_bytes() == mine
    assert [Path(c["path"]).name for c in again] == [first.stem + "-2.ipynb", *wanted[1:]]
    assert [c["written"] for c in again] == [True, *[False] * (len(wanted) - 1)]
    third = json.loads(installed.run("kernel-lab", "notebooks", folder, "--json").stdout)["copies"]
    assert [c["written"] for c in third] == [False] * len(wanted)
    assert not [p for p in folder.iterdir() if p.suffix != ".ipynb"]


def test_a_folder_that_cannot_be_written_is_one_line(installed: Installed) -> None:
    for place in (installed.prefix / "mine", installed.wheel, "/proc/none/here"):
        done = installed.run("kernel-lab", "notebooks", place)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("kernel-lab: ")
        assert done.stderr.count("\n") == 1


def test_copies_that_cannot_be_trusted_say_so(installed: Installed) -> None:
    done = installed.run("env", "HOME=/proc/none", "kernel-lab", "notebooks", installed.home / "untrusted")
    assert done.returncode == 2
    assert "the notebooks are copied, but not trusted" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
