"""Where things are kept, and logs."""

import contextlib
import tempfile
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.kernels import cache


def test_the_user_s_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "kernel-feature-lab"
    assert cache.kernels_folder() == tmp_path / "kernel-feature-lab/kernels"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for ignored in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache.cache_folder() == tmp_path / "home/.cache/kernel-feature-lab"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As docker run --user 1234 has it: no HOME, and no entry for that number."""

    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabError, match="no home folder to keep anything in; set XDG_CACHE_HOME"):
        cache.cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "kernel-feature-lab"


def test_a_temporary_folder_goes_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with contextlib.suppress(KeyboardInterrupt), cache.temporary_folder("try") as folder:
        assert folder.parent == tmp_path
        (folder / "file").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(LabError, match=r"no temporary folder can be made .*set TMPDIR"), cache.temporary_folder("try"):
        pass


def test_a_log_is_kept_or_it_is_said_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = cache.keep_log("build-x", "first\nsecond\udcff\n")
    assert Path(place).read_text("utf-8") == "first\nsecond\\udcff\n"
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache.keep_log("build-x", "text").startswith("no log: ")
