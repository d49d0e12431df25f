"""Where things are kept, and logs."""

from pathlib import Path

import pytest

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


def test_a_log_is_kept_or_it_is_said_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = cache.keep_log("build-x", "first\nsecond\udcff\n")
    assert Path(place).read_text("utf-8") == "first\nsecond\\udcff\n"
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache.keep_log("build-x", "text").startswith("no log: ")
