"""Snapshot files: whole or not at all, and nothing that is read can raise more than a `LabError`."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import snapshot
from lab.core.errors import LabError
from lab.core.snapshot import Provenance, Snapshot

ORIGIN = Provenance("a test", "pytest", "2026-01-01")
BODIES = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots")


@given(body=BODIES)
def test_what_was_saved_is_loaded(folder: Path, body: dict[str, Any]) -> None:
    saved = Snapshot("naming", 2, ORIGIN, body)
    snapshot.save(folder / "a.json", saved)
    assert snapshot.load(folder / "a.json", "naming", 2) == saved
    assert [p.name for p in folder.iterdir() if p.name.startswith(".a.json")] == []


def test_half_a_surrogate_pair_is_kept(tmp_path: Path) -> None:
    saved = Snapshot("naming", 1, ORIGIN, {"alias": "\udc80"})
    snapshot.save(tmp_path / "a.json", saved)
    assert snapshot.load(tmp_path / "a.json", "naming", 1) == saved


@given(data=st.binary() | BODIES.map(repr).map(str.encode) | st.just(b"[" * 100_000))
def test_any_bytes_are_a_snapshot_or_a_user_error(folder: Path, data: bytes) -> None:
    path = folder / "any.json"
    path.write_bytes(data)
    with pytest.raises(LabError, match=r"any\.json"):
        snapshot.load(path, "naming", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON text; a naming snapshot was expected"),
        ("[]", "is no naming snapshot"),
        ('{"kind": "symbols"}', "is no naming snapshot"),
        ('{"kind": "naming", "version": 3}', "naming version 3 is not known here (newest is 2); update the lab"),
        ('{"kind": "naming", "version": true}', "naming version True is not known"),
        ('{"kind": "naming", "version": 0}', "naming version 0 is not known"),
        ('{"kind": "naming", "version": 1, "body": {}}', "no body or no provenance"),
        ('{"kind": "naming", "version": 1, "body": [], "provenance": {}}', "no body or no provenance"),
    ],
)
def test_a_damaged_snapshot_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text, "utf-8")
    with pytest.raises(LabError) as caught:
        snapshot.load(path, "naming", 2)
    assert message in str(caught.value)


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    snapshot.write_atomic(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LabError, match=r"a\.txt: cannot be written \(No space left on device\); nothing was changed"):
        snapshot.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    snapshot.write_atomic(path, b"old")
    with open(path, "rb") as reader:
        snapshot.write_atomic(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    snapshot.write_atomic(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be written"):
        snapshot.write_atomic(tmp_path / "no" / "a", b"")


def test_reading_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert snapshot.read_bytes(path, limit=5) == b"12345"
    with pytest.raises(LabError, match="larger than 4 bytes"):
        snapshot.read_bytes(path, limit=4)


@pytest.mark.parametrize("name", ["missing", ".", "a\0b", "x" * 5000])
def test_what_cannot_be_read_is_a_user_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabError):
        snapshot.read_bytes(f"{tmp_path}/{name}")
    with pytest.raises(LabError):
        snapshot.load(f"{tmp_path}/{name}", "naming", 1)


@pytest.mark.parametrize("name", [".", "a\0b", "x" * 5000])
def test_what_cannot_be_written_is_a_user_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabError):
        snapshot.write_atomic(f"{tmp_path}/{name}", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to once hung the program."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(LabError, match="is a pipe or socket, no file"):
        snapshot.read_bytes(pipe)
    with pytest.raises(LabError, match="is a device, no file"):
        snapshot.read_bytes("/dev/zero")


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    """Writing once put a file in the place of a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, tmp_path):
        with pytest.raises(LabError, match="nothing was changed"):
            snapshot.write_atomic(target, b"data")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_link_stays_and_the_file_behind_it_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    snapshot.write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_an_interruption_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def interrupted(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        snapshot.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
