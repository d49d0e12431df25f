"""Copies of the notebooks beside what is already there, readable or not."""

import tempfile
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.notebook_copies import bundled, copy_to
from tests.ordinary_user import ordinary_user

NAMES = [path.name for path in bundled()]


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    assert [(c.path.name, c.written) for c in copy_to(tmp_path)] == [(name, True) for name in NAMES]
    assert [(c.path.name, c.written) for c in copy_to(tmp_path)] == [(name, False) for name in NAMES]


def test_a_file_that_cannot_be_read_counts_as_its_owners() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / NAMES[0]).write_bytes(b"mine")
        (folder / NAMES[0]).chmod(0)
        (folder / NAMES[1]).symlink_to(folder / "closed" / "away")
        (folder / "closed").mkdir(mode=0)
        folder.chmod(0o777)
        with ordinary_user():
            made = {c.path.name for c in copy_to(folder)}
        assert made == {*(f"{Path(n).stem}-2.ipynb" for n in NAMES[:2]), *NAMES[2:]}
        (folder / "closed").chmod(0o700)
        (folder / NAMES[0]).chmod(0o600)
        assert (folder / NAMES[0]).read_bytes() == b"mine"


def test_a_closed_folder_is_an_error_of_one_line() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir(mode=0)
        folder.chmod(0o755)
        for place in ("closed", "closed/inside"):
            with ordinary_user(), pytest.raises(LabError, match="Permission denied"):
                copy_to(folder / place)
