"""Trees that a walk must survive: links out of the root and in circles, what cannot be read or indexed."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.depmod import walk
from lab.symbols.depmod.config import Config
from lab.symbols.depmod.inside import resolve
from tests.symbols.module_trees import MEMORY, VERSION

OPENAT2, IN_ROOT = 437, 0x10  # the same number on all architectures; include/uapi/linux/openat2.h


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path.resolve() / "root/lib/modules" / VERSION
    for path in ("kernel/a.ko", "kernel/deep/b-c.ko", "build/no.ko", "source/no.ko", "kernel/notes.txt"):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(b"")
    (home / "modules.order").write_text("kernel/deep/b-c.ko\n")
    return home


def found(home: Path, config: Config | None = None, kmod: int = 30) -> tuple[list[str], list[str]]:
    """Paths in the order of the index, and what was warned of."""
    warnings: list[str] = []
    root = str(home).removesuffix(f"/lib/modules/{VERSION}")
    modules = walk.find_modules(str(home), VERSION, config or Config(), warnings.append, root, kmod)
    assert all(Path(m.absolute).is_relative_to(root) for m in modules)
    return [m.path for m in modules], warnings


PLAIN = ["kernel/deep/b-c.ko", "kernel/a.ko"]


def test_listed_modules_first_and_folders_of_the_source_left_out(home: Path) -> None:
    assert found(home) == (PLAIN, [])


def test_excluded_names_are_left_out_wherever_they_stand(home: Path) -> None:
    assert found(home, Config(excludes=frozenset({"deep"}))) == (["kernel/a.ko"], [])
    assert found(home, Config(excludes=frozenset({"a.ko"}))) == (["kernel/deep/b-c.ko"], [])


def test_links_are_followed_as_chroot_would(home: Path) -> None:
    outside = home.parents[3] / "outside"
    outside.mkdir()
    (outside / "evil.ko").write_bytes(b"")
    (home / "up").symlink_to("../../../../outside")  # ROOT/outside as seen inside, which is not there
    (home / "absolute").symlink_to(outside)
    (home / "good.ko").symlink_to(f"/lib/modules/{VERSION}/kernel/a.ko")
    (home / "over").symlink_to(f"../../../../../../lib/modules/{VERSION}/kernel/deep")  # .. stops at ROOT
    paths, warnings = found(home)
    assert sorted(paths) == ["good.ko", "kernel/a.ko", "kernel/deep/b-c.ko"]
    assert sorted(w.partition(":")[0] for w in warnings) == [f"{home}/absolute", f"{home}/up"]
    assert all("leads nowhere below" in w and "\n" not in w for w in warnings)


def test_a_link_in_the_place_of_a_list_is_told_by_whoever_reads_it(home: Path) -> None:
    (home / "modules.order").unlink()
    for name in ("modules.order", "modules.dep", "modules.ko"):
        (home / name).symlink_to("nowhere")
    _, warnings = found(home)
    assert [w for w in warnings if "nowhere" in w and "modules.ko: " not in w] == []
    assert sum("modules.ko: is a link" in w for w in warnings) == 1
    assert sum("modules.order" in w for w in warnings) == 1


def test_dangling_links_and_circles_cost_a_line_each(home: Path) -> None:
    (home / "gone.ko").symlink_to("nowhere.ko")
    (home / "self.ko").symlink_to("self.ko")
    (home / "kernel/again").symlink_to("..")
    (home / "kernel/deep/all").symlink_to("/")
    paths, warnings = found(home)
    assert paths == PLAIN
    assert sum("leads nowhere" in w for w in warnings) == 2
    assert sum("leads back" in w for w in warnings) >= 2


def test_pipes_and_sockets_are_not_opened(home: Path) -> None:
    os.mkfifo(home / "pipe.ko")
    with socket.socket(socket.AF_UNIX) as listening, tempfile.TemporaryDirectory() as short:
        listening.bind(f"{short}/s")
        os.rename(f"{short}/s", home / "socket.ko") if os.stat(short).st_dev == os.stat(home).st_dev else None
        paths, warnings = found(home)
    assert paths == PLAIN
    assert warnings
    assert all("neither file nor folder" in w for w in warnings)


@pytest.fixture
def stranger() -> Iterator[None]:
    """Without the rights of root, which may read everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_read_costs_a_line(stranger: None) -> None:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place).resolve() / "lib/modules" / VERSION
        (home / "closed").mkdir(parents=True)
        (home / "a.ko").write_bytes(b"")
        (home / "closed").chmod(0)
        assert found(home)[0] == ["a.ko"]
        assert any("closed: cannot be read (Permission denied)" in w for w in found(home)[1])
        home.chmod(0)
        with pytest.raises(LabError, match="cannot be read"):
            found(home)
        home.chmod(0o700)
        (home / "closed").chmod(0o700)


def test_names_that_the_index_cannot_hold(home: Path) -> None:
    (home / "sch\u00f6n").mkdir()
    (home / "sch\u00f6n/x.ko").write_bytes(b"")
    assert len(found(home, kmod=30)[0]) == 3  # a folder's name is a value; kmod 30 writes it as it is
    with pytest.raises(LabError, match="not 7-bit ASCII"):
        found(home, kmod=34)
    os.rename(home / "sch\u00f6n/x.ko", os.fsencode(home) + b"/\xff.ko")
    with pytest.raises(LabError, match="not 7-bit ASCII"):
        found(home, kmod=30)


def test_too_many_modules_or_entries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_MODULES", 2)
    with pytest.raises(LabError, match="2 modules; the index has room for 1"):
        found(home)
    monkeypatch.undo()
    below = home / "bomb"
    for depth in range(24):  # two links to the next folder each: 2^24 ways
        below.mkdir()
        for name in "xy":
            (below / name).symlink_to(f"/lib/modules/{VERSION}/f{depth}")
        below = home / f"f{depth}"
    below.mkdir()
    monkeypatch.setattr(walk, "MAX_ENTRIES", 5000)
    with pytest.raises(LabError, match="this is no tree of modules"):
        found(home)


def test_no_tree(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="No such file"):
        found(tmp_path / "lib/modules" / VERSION)


def by_kernel(root: str, path: str) -> str | None:
    """Where `openat2` with RESOLVE_IN_ROOT leads, as a path."""
    libc = ctypes.CDLL(None, use_errno=True)
    top = os.open(root, os.O_PATH)
    try:
        how = struct.pack("QQQ", os.O_PATH, 0, IN_ROOT)
        handle = libc.syscall(OPENAT2, top, os.fsencode(path), how, len(how))
        if handle < 0:
            if ctypes.get_errno() == 38:
                pytest.skip("this kernel has no openat2 (5.6)")
            return None
        try:
            return os.readlink(f"/proc/self/fd/{handle}")
        finally:
            os.close(handle)
    finally:
        os.close(top)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_resolve_as_the_kernel_does(seed: int) -> None:
    r = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        root = os.path.realpath(place)
        os.makedirs(f"{root}/a/b/c")
        os.makedirs(f"{root}/b")
        targets = (
            "/a",
            "../../..",
            "b",
            "..",
            "c/..",
            "/",
            "l0",
            "l1",
            "a/l2",
            "../l0",
            ".",
            "/b/../a/./b",
            "none",
            "f/x",
        )
        Path(f"{root}/a/f").write_bytes(b"")
        for folder in ("", "a/", "a/b/", "b/"):
            for name in ("l0", "l1", "l2"):
                os.symlink(r.choice(targets), f"{root}/{folder}{name}")
        for _ in range(20):
            path = "/".join(r.choices(("a", "b", "c", "l0", "l1", "l2", "..", ".", "f", ""), k=r.randrange(1, 6)))
            assert resolve(root, path) == by_kernel(root, path or "/"), path
