"""Thirty people on one Hub: each notebook on one core, from an unwritable install, as a plain user, without netlink."""

import json
import platform
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.installed import ROOT, Installed

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALONE = Path(__file__).with_name("run_alone.py")

pytestmark = [
    pytest.mark.skipif(not shutil.which("taskset"), reason="taskset (util-linux) is not here"),
    pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no seccomp filter for this machine"),
]


@pytest.fixture(scope="module", params=PATHS, ids=lambda p: p.name)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="module")
def result(path: Path, installed: Installed) -> dict[str, Any]:
    """The notebook that travelled in the wheel, run by the installed Python; measured once, asserted below."""
    shutil.copy(ALONE, installed.home)
    (notebook,) = installed.prefix.glob(f"lib/python*/site-packages/lab/notebooks/{path.name}")
    script = installed.home / ALONE.name
    done = installed.run(installed.python, script, notebook, before=["taskset", "-c", "0"])
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_every_cell_runs_on_one_core_without_netlink(result: dict[str, Any]) -> None:
    assert result["errors"] == []
    assert result["affinity"] == [0]


def stable(data: dict[str, str]) -> dict[str, str]:
    """A MIME bundle without the widget's model, whose number is drawn by chance."""
    return {kind: value for kind, value in data.items() if "widget" not in kind}


def test_what_it_shows_is_what_is_stored(result: dict[str, Any], path: Path) -> None:
    """The same outputs on any machine, for any user: strict nbval once more, elsewhere."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    wanted = [[[o.output_type, o.get("text", ""), stable(o.get("data", {}))] for o in cell.outputs] for cell in cells]
    assert result["outputs"] == wanted


def test_run_all_takes_less_than_15_seconds(result: dict[str, Any]) -> None:
    """Of the processor, so that a busy machine does not fail it; on one quiet core that is the wait."""
    assert result["run_all"] < 15


def test_the_first_picture_takes_less_than_2_seconds(result: dict[str, Any], path: Path) -> None:
    if path.name.startswith("00"):
        assert result["first_picture"] is None
    else:
        assert result["first_picture"] < 2


def test_the_kernel_stays_under_300_megabytes(result: dict[str, Any]) -> None:
    assert 10e6 < result["peak"] < 300e6


def test_an_idle_kernel_uses_no_processor_time(result: dict[str, Any]) -> None:
    """In one second at most two ticks of the clock, which are the kernel's own polling."""
    assert result["idle"] <= 0.02
