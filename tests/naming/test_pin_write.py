"""Writing the rules: all of them or none, and secrets are private from their first moment on."""

import os
import stat
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.snapshot import write_atomic
from lab.naming.pin import write, write_files
from lab.naming.pin.rule import MARK, RuleFile

FILES = tuple(RuleFile(f"{name}.link", f"{MARK}\n{name}\n", "/etc") for name in "abc")


@pytest.mark.parametrize("there", [False, True])
def test_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    folder = tmp_path / "rules"
    if there:
        folder.mkdir()
        (folder / "a.link").write_text(f"{MARK}\nolder\n", "utf-8")
        (folder / "a.link").chmod(0o640)

    def full(path: Path, data: bytes, mode: int | None = None) -> None:
        if path.name == "c.link":
            raise LabError(f"{path}: cannot be written (No space left on device); nothing was changed")
        write_atomic(path, data, mode)

    monkeypatch.setattr(write, "write_atomic", full)
    with pytest.raises(LabError, match=r"c\.link: cannot be written .*; 2 written before it are undone$"):
        write_files(FILES, folder)
    if not there:
        assert not folder.exists()
        return
    assert [path.name for path in folder.iterdir()] == ["a.link"]
    assert (folder / "a.link").read_text("utf-8") == f"{MARK}\nolder\n"
    assert stat.S_IMODE((folder / "a.link").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["lan0.nmconnection", "90-interface-names.yaml"])
def test_secrets_are_private_before_they_have_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    modes: list[int] = []
    real = os.replace

    def seen(source: str, target: Path) -> None:
        modes.append(stat.S_IMODE(os.stat(source).st_mode))
        real(source, target)

    monkeypatch.setattr(os, "replace", seen)
    write_files((RuleFile(name, MARK, "/etc"), FILES[0]), tmp_path)
    assert modes[0] == 0o600
    assert modes[1] & 0o044
