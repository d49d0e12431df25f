"""Rules that a reader of the repository relies on: licences, no machine's paths, small files, the kernelspec."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.installed import ROOT

SKIPPED = {
    ".git",
    ".kernel",
    ".oracle",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    "dist",
}
TEXT = {".py", ".js", ".css", ".md", ".toml", ".yml", ".txt", ".cfg", ".json", ".ipynb", ".c", ".h", ".S", ".lds",
        ".rules", ".sh", ""}  # fmt: skip


def files() -> list[Path]:
    """Every text file of the project but the recordings, which are as their machines gave them."""
    found = [p for p in ROOT.rglob("*") if not SKIPPED & set(p.relative_to(ROOT).parts) and p.is_file()]
    data = ROOT / "lab" / "data"
    return sorted(p for p in found if p.suffix in TEXT and not p.is_relative_to(data))


FILES = files()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_names_a_place_of_one_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    own = path.name == Path(__file__).name
    assert own or re.findall(r"(?<![\w.$}*-])/(?:home|root|work|Users)/\w[^\s\"')]*", text) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_text_file_ends_as_text_does(path: Path) -> None:
    data = path.read_bytes()
    assert b"\r" not in data
    assert not data or data.endswith(b"\n")


PICTURES = {"docs/naming.png", "docs/symbols.png", "docs/pagefault.png"}


def test_no_file_is_there_by_accident() -> None:
    """What git tracks and is no text is a picture of the README or a recording."""
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip("this is no git checkout, so nothing says what belongs to it")
    tracked = [Path(name) for name in asked.stdout.split("\0") if name]
    other = {str(p) for p in tracked if p.suffix not in TEXT and p.name not in {".gitignore", "py.typed"}}
    assert {name for name in other if not name.startswith("lab/data/")} <= PICTURES


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda p: p.name)
def test_links_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_licences_are_whole() -> None:
    apache = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in apache
    assert "END OF TERMS AND CONDITIONS" in apache
    gpl = (ROOT / "kernels" / "linux" / "LICENSE").read_text("utf-8")
    assert "Version 2, June 1991" in gpl
    assert "END OF TERMS AND CONDITIONS" in gpl


def test_what_runs_inside_linux_says_its_licence() -> None:
    sources = [
        p for p in (ROOT / "kernels" / "linux").rglob("*") if p.suffix in {".c", ".h", ".S"} or p.name == "Kbuild"
    ]
    assert [p for p in sources if "SPDX-License-Identifier: GPL-2.0-only" not in p.read_text("utf-8")] == []


def test_the_kernelspec_is_portable() -> None:
    spec = json.loads((ROOT / "kernels" / "kernel-lab" / "kernel.json").read_text("utf-8"))
    assert spec["argv"] == ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert spec["display_name"] == "Kernel Lab"
    assert spec["env"] == {"PYTHONHASHSEED": "0"}


def test_the_installed_kernelspec_is_the_one_in_the_repository() -> None:
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec("kernel-lab")
    wanted = json.loads((ROOT / "kernels" / "kernel-lab" / "kernel.json").read_text("utf-8"))
    assert (spec.argv[1:], spec.display_name, spec.env) == (wanted["argv"][1:], "Kernel Lab", wanted["env"])


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    """Rule 10 says most under 250 lines; nothing needs more than 400."""
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_most_files_are_under_250_lines() -> None:
    sizes = [len(p.read_text("utf-8").splitlines()) for p in FILES if p.suffix == ".py" and "lab" in p.parts]
    assert sum(size < 250 for size in sizes) > 0.9 * len(sizes)


def test_nothing_is_called_utils() -> None:
    names = {p.stem.lower() for p in FILES if p.suffix in {".py", ".js"}}
    assert not names & {"utils", "util", "helpers", "helper", "misc", "common", "manager"}


def test_the_ci_script_is_bash_and_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)
    assert "set -euo pipefail" in script.read_text("utf-8")
    assert "make test" in script.read_text("utf-8").splitlines()[-1]


def test_no_other_test_left_an_event_loop_running() -> None:
    """Playwright's runs as long as its browser: that must have ended with the browser tests, which come first."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
