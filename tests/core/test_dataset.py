"""Bundled data: every file is what was bundled, and damage is noticed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core import dataset
from lab.core.errors import LabError

NAMES = [item.name for item in dataset.listed()]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the bundled data that a test may damage."""
    shutil.copytree(dataset.FOLDER, tmp_path / "data")
    monkeypatch.setattr(dataset, "FOLDER", tmp_path / "data")
    dataset.listed.cache_clear()
    yield tmp_path / "data"
    dataset.listed.cache_clear()


def test_something_is_bundled() -> None:
    assert len(NAMES) > 10
    assert sorted(set(NAMES)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_is_whole_and_says_where_it_comes_from(name: str) -> None:
    item = dataset.find(name)
    item.verify()
    assert item.path.exists()
    assert item.sha256
    for text in (item.title, item.origin, item.tool, item.licence):
        assert text.strip()


def test_every_bundled_file_is_named_by_an_origin() -> None:
    known = {
        (item.path if item.path.is_dir() else item.path.parent) / name
        for item in dataset.listed()
        for name, _ in item.sha256
    }
    found = {p for p in dataset.FOLDER.rglob("*") if p.is_file() and p.name not in ("origin.json", "__init__.py")}
    assert {p for p in found if "__pycache__" not in p.parts} == known


def test_a_changed_byte_is_noticed(copied: Path) -> None:
    item = dataset.listed()[0]
    base = item.path if item.path.is_dir() else item.path.parent
    path = base / item.sha256[0][0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(LabError, match="differs from the bundled file"):
        item.verify()
    path.unlink()
    with pytest.raises(LabError, match="cannot be read"):
        item.verify()


@pytest.mark.parametrize("text", ["", "[", "7", '{"t": {}}', '{"t": []}'])
def test_a_damaged_list_is_noticed(copied: Path, text: str) -> None:
    first = next(p for p in sorted(copied.iterdir()) if p.is_dir())
    (first / "origin.json").write_text(text, "utf-8")
    with pytest.raises(LabError, match=r"origin\.json"):
        dataset.listed()


def test_short_names(copied: Path) -> None:
    room = copied / "zoo"
    room.mkdir()
    item = {"path": ".", "title": "t", "origin": "o", "tool": "t", "date": "", "licence": "CC0-1.0", "sha256": {}}
    names = ("alpha", "alphabet", "t01")
    (room / "origin.json").write_text(json.dumps(dict.fromkeys(names, item)), "utf-8")
    assert dataset.find("alpha").name == "zoo/alpha"
    assert dataset.find("zoo/alphab").name == "zoo/alphabet"
    assert dataset.find("zoo/01").name == "zoo/t01"
    with pytest.raises(LabError, match="data set 'zoo/alp' is not unique; known are zoo/alpha, zoo/alphabet"):
        dataset.find("zoo/alp")


@pytest.mark.parametrize("name", ["", "nothing-like-this", "nowhere/", "naming/", "/", "naming/../naming"])
def test_an_unknown_name_is_a_user_error_that_lists_the_known(name: str) -> None:
    with pytest.raises(LabError, match="known are"):
        dataset.find(name)
