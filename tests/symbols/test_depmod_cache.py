"""A cache makes a run fast and never wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.depmod import cache
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Result, Settings
from tests.symbols.small_trees import LIBRARY, USER, Made

VERSION = "6.1.0-test"
SETTLED = cache.TICK / 1e9 * 1.5


class Tree:
    """A tree, a cache, and a run that says what it would have written without one."""

    def __init__(self, base: Path) -> None:
        self.root = base / "root"
        self.folder = self.root / "lib/modules" / VERSION
        self.cache = base / "cache"
        self.put("kernel/a-lib.ko", LIBRARY)
        self.put("kernel/user.ko", USER)
        self.put("extra/b.ko", Made(modinfo=b"alias=pci:v1\0"))
        time.sleep(SETTLED)

    def put(self, path: str, made: Made) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(made.bytes())
        return place

    def run(self, **changed: object) -> Result:
        fields = {"sysroot": str(self.root), "cache": str(self.cache), **changed}
        return depmod(Settings(str(self.root), VERSION, **fields))  # type: ignore[arg-type]

    def checked(self, **changed: object) -> Result:
        """Run, and hold the indexes against those of a run without a cache."""
        result = self.run(**changed)
        plain = self.root.parent / "plain"
        options = {key: value for key, value in changed.items() if key != "cache"}
        self.run(out=str(plain), **{**options, "cache": None})
        for path in (plain / "lib/modules" / VERSION).iterdir():
            assert (self.folder / path.name).read_bytes() == path.read_bytes(), path.name
        return result


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_second_run_reads_nothing_and_keeps_what_is_right(tree: Tree) -> None:
    first = tree.checked()
    again = tree.checked()
    assert (first.read, first.cached, first.kept) == (3, 0, ())
    assert (again.read, again.cached) == (0, 3)
    assert set(again.kept) == set(first.files) - {"modules.builtin.bin", "modules.builtin.alias.bin"}


def test_a_module_whose_exports_changed_changes_what_needs_it(tree: Tree) -> None:
    tree.run()
    tree.put("extra/b.ko", Made((("lib_open", 1, "", True),)))
    result = tree.checked()
    assert result.read == 1
    assert "modules.symbols" in result.files
    assert "modules.alias" in result.files


def test_the_same_size_and_time_but_another_content_is_seen(tree: Tree) -> None:
    tree.run()
    place = tree.folder / "kernel/a-lib.ko"
    before = place.stat()
    place.write_bytes(place.read_bytes().replace(b"lib_open", b"lib_shut"))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = place.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert tree.checked().read == 1


def test_what_changed_within_a_tick_of_the_reading_is_read_again(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = (tree.folder / "kernel/user.ko").stat().st_ctime_ns
    monkeypatch.setattr("lab.symbols.depmod.run.time.time_ns", lambda: changed + cache.TICK)
    tree.run()
    assert tree.checked().read >= 1
    monkeypatch.setattr("lab.symbols.depmod.run.time.time_ns", lambda: changed + 10 * cache.TICK + 10**9)
    tree.run()
    assert tree.checked().read == 0


@pytest.mark.parametrize("change", ["remove", "add", "order", "rename"])
def test_another_list_of_modules(tree: Tree, change: str) -> None:
    tree.run()
    if change == "remove":
        (tree.folder / "kernel/a-lib.ko").unlink()
    elif change == "add":
        tree.put("extra/c.ko", Made((("beta", 1, "", False),)))
    elif change == "order":
        (tree.folder / "modules.order").write_text("extra/b.ko\nkernel/user.ko\n")
    else:
        (tree.folder / "kernel/a-lib.ko").rename(tree.folder / "kernel/zz.ko")
    tree.checked()
    assert tree.checked().read <= 1


def test_an_index_that_somebody_changed_is_written_again(tree: Tree) -> None:
    tree.run()
    place = tree.folder / "modules.alias.bin"
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    (tree.folder / "modules.dep").unlink()
    result = tree.checked()
    assert {"modules.alias.bin", "modules.dep"} <= set(result.files)
    assert "modules.symbols" in result.kept


def test_another_kmod_or_another_folder_is_written_in_full(tree: Tree, tmp_path: Path) -> None:
    tree.run()
    assert tree.run(out=str(tmp_path / "elsewhere")).kept == ()
    tree.run()
    result = tree.checked(kmod=34)
    assert result.read == 0
    assert "modules.dep.bin" in result.files


def test_a_cache_of_compat_is_of_no_use_without(tree: Tree) -> None:
    tree.run(compat=True)
    result = tree.checked()
    assert result.read == 3
    assert "--compat" in result.note


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_a_damaged_cache_costs_a_full_run(tree: Tree, at: int, noise: bytes, cut: bool) -> None:
    tree.run(cache=str(tree.cache))
    data = tree.cache.read_bytes()
    at %= len(data)
    broken = data[:at] if cut else data[:at] + noise + data[at + len(noise) :]
    tree.cache.write_bytes(broken)
    if not cut and broken[: len(cache.ANY)] != cache.ANY:
        with pytest.raises(LabError, match="is no cache of depmod"):
            tree.run()
        assert tree.cache.read_bytes() == broken
        tree.cache.unlink()
        return
    result = tree.run()
    if broken != data:
        assert result.read == 3
        assert "cache" in result.note


def test_numbers_that_lead_nowhere_are_refused_even_with_a_right_checksum(tree: Tree) -> None:
    import zlib

    tree.run()
    data = tree.cache.read_bytes()
    start = len(cache.MAGIC) + 4
    refused = 0
    for at in range(start, start + cache.HEAD.size + 8 * cache.COLUMNS, 3):
        body = bytearray(data[start:])
        body[at - start] ^= 0x5A
        found, why = cache_of(tree, bytes(body), zlib.crc32(body))
        refused += found is None and bool(why)
    assert refused > 25


def cache_of(tree: Tree, body: bytes, checksum: int) -> tuple[cache.Cached | None, str]:
    place = tree.root.parent / "forged"
    place.write_bytes(cache.MAGIC + checksum.to_bytes(4, "little") + body)
    return cache.load(str(place), False, False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is no path"),
        ("a\0b", "is no path"),
        ("folder", "Is a directory.*name another"),
        ("pipe", "is a pipe"),
        ("/dev/null", "is a device"),
        ("none/cache", "there is no folder"),
        ("dangling", "there is no folder"),
        ("notes.txt", "is no cache of depmod and stays as it is"),
    ],
)
def test_where_no_cache_can_be_is_refused_before_the_work(tree: Tree, name: str, words: str) -> None:
    base = tree.root.parent
    (base / "folder").mkdir()
    os.mkfifo(base / "pipe")
    (base / "notes.txt").write_text("kernel-lab depmod is what I wrote down here\n")
    (base / "dangling").symlink_to("nowhere/cache")
    before = sorted(p.name for p in tree.folder.iterdir())
    with pytest.raises(LabError, match=words):
        tree.run(cache=name and str(base / name))
    assert sorted(p.name for p in tree.folder.iterdir()) == before
    assert (base / "notes.txt").read_text() == "kernel-lab depmod is what I wrote down here\n"


def test_an_empty_file_and_a_cache_of_another_version_become_one(tree: Tree) -> None:
    tree.run()
    data = tree.cache.read_bytes()
    for old in (b"", data[:20], cache.ANY + b"999\n" + data):
        tree.cache.write_bytes(old)
        assert tree.run().read == 3
        assert tree.cache.read_bytes().startswith(cache.MAGIC)


def test_two_processes_read_what_one_reads(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, make_module: Callable[..., bytes]
) -> None:
    monkeypatch.setattr("lab.symbols.depmod.run.CROWD", 1)
    monkeypatch.setattr("lab.symbols.depmod.gather.FEW", 1)
    (tree.folder / "extra/other.ko").write_bytes(make_module(32, ">"))
    assert tree.checked(processes=2).read == 4
