"""Building an index: what is read again, and that it does not matter for the result."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.symbols.store import open_index
from lab.symbols.store.build import Built, build
from tests.symbols.conftest import kernel_elf
from tests.symbols.small_trees import LIBRARY, USER, Made, Tree, small_tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return small_tree(tmp_path)


def updated(tree: Tree, full: bool = False) -> Built:
    """Build, and make the index look old enough for the next one to trust it."""
    done = build(str(tree.kernel), str(tree.modules), str(tree.index), full)
    tree.later()
    return done


def scratch(tree: Tree) -> bytes:
    """What a build from nothing writes."""
    other = tree.root / "scratch"
    other.unlink(missing_ok=True)
    build(str(tree.kernel), str(tree.modules), str(other))
    return other.read_bytes()


def random_module(draw: random.Random) -> Made:
    names = [f"sym_{i:02}" for i in range(30)]
    own = draw.sample(names, draw.randrange(4))
    needs = [
        (n, draw.choice((None, draw.randrange(9))), draw.random() < 0.2) for n in draw.sample(names, draw.randrange(9))
    ]
    spaces = ("", "NS_A", "NS_B")
    return Made(
        tuple((n, draw.randrange(99), draw.choice(spaces), draw.random() < 0.5) for n in own),
        tuple(n for n in needs if n[0] not in own),
        draw.choice((b"license=GPL\0", b"license=MIT\0import_ns=NS_A\0", b"vermagic=9 SMP \0license=GPL\0")),
        draw.random() < 0.5,
    )


@pytest.mark.parametrize("seed", range(6))
def test_incremental_is_scratch_over_random_edits(tree: Tree, seed: int) -> None:
    draw = random.Random(seed)
    clock = 2000
    for i in range(20):
        tree.put(f"kernel/d{i % 3}/r{i}.ko", random_module(draw), clock + i)
    updated(tree)
    for _ in range(12):
        read = removed = 0
        present = sorted(tree.modules.rglob("*.ko"))
        for path in draw.sample(present, draw.randrange(4)):
            clock += 100
            kind = draw.choice(("remove", "change", "touch"))
            if kind == "remove" and len(present) - removed > 1:
                path.unlink()
                removed += 1
                continue
            read += 1
            if kind == "change":
                tree.put(str(path.relative_to(tree.modules)), random_module(draw), clock)
            else:
                os.utime(path, (clock, clock))
        for _ in range(draw.randrange(3)):
            clock += 100
            name = f"{draw.choice('abz')}{clock}"
            tree.put(f"{draw.choice(('updates', 'kernel/d1', 'extra'))}/{name}.ko", random_module(draw), clock)
            read += 1
        image = draw.random() < 0.2
        if image:
            clock += 100
            tree.kernel.write_bytes(kernel_elf(style=draw.choice(("prel32", "flags", "absolute"))))
            os.utime(tree.kernel, (clock, clock))
        done = updated(tree)
        assert (done.read, done.removed, done.kernel_read) == (read, removed, image)
        assert done.kept == done.modules - read
        assert bool(done.written) == bool(read or removed or image)
        assert tree.index.read_bytes() == scratch(tree)


def test_nothing_changed_nothing_written(tree: Tree) -> None:
    assert updated(tree).read == 3
    before = tree.index.stat()
    done = updated(tree)
    assert (done.read, done.kept, done.written, done.kernel_read, done.note) == (0, 3, 0, False, "")
    assert tree.index.stat().st_ino == before.st_ino
    assert updated(tree, full=True).read == 3
    (tree.modules / "modules.builtin").write_text("kernel/fs/other.ko\n")
    done = updated(tree)
    assert (done.read, done.kernel_read) == (0, False)
    assert done.written
    with open_index(tree.index) as index:
        assert index.builtin == ("other",)


def test_what_changed_near_the_writing_of_the_index_is_read_again(tree: Tree) -> None:
    build(str(tree.kernel), str(tree.modules), str(tree.index))
    done = build(str(tree.kernel), str(tree.modules), str(tree.index))
    assert (done.read, done.kernel_read) == (3, True)


def test_a_file_put_in_place_with_the_same_size_and_time_is_noticed(tree: Tree) -> None:
    updated(tree)
    path = tree.modules / "kernel/lib/a-lib.ko"
    was = path.stat()
    path.write_bytes(path.read_bytes().replace(b"lib_open", b"lib_shut"))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert path.stat().st_size == was.st_size
    os.utime(tree.index, (path.stat().st_ctime - 1, path.stat().st_ctime - 1))  # the index is older than the change
    updated(tree)
    with open_index(tree.index) as index:
        assert index.find("lib_shut")
        assert not index.find("lib_open")


@pytest.mark.parametrize("damage", ["truncated", "section", "header", "empty", "other version"])
def test_a_damaged_index_is_built_anew_with_a_note(tree: Tree, damage: str) -> None:
    updated(tree)
    whole = tree.index.read_bytes()
    bad = {
        "truncated": whole[:-100], "section": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b"",
        "header": whole[:30] + bytes([whole[30] ^ 1]) + whole[31:],
        "other version": whole[:8] + b"\x09" + whole[9:],
    }[damage]  # fmt: skip
    tree.index.write_bytes(bad)
    done = updated(tree)
    assert done.read == 3
    assert "index" in done.note
    assert tree.index.read_bytes() == whole


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("content", [b"my notes\n", b"KLSYM", b"\x7fELF" * 30])
def test_a_file_that_is_no_index_is_not_overwritten(
    tree: Tree, content: bytes, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    tree.index.write_bytes(content)
    words = ["--kernel", str(tree.kernel), "--modules", str(tree.modules), "-o", str(tree.index), *["--full"] * full]
    assert main(["symbols", "build", *words]) == 2
    assert "is no symbol index and is not overwritten" in capsys.readouterr().err
    assert tree.index.read_bytes() == content


def test_an_image_alone(tree: Tree, make_kernel: Callable[..., bytes]) -> None:
    magic = b"Linux version 6.1.0-lab (a@b) #1\n\0" + b"6.1.0-lab SMP mod_unload \0"
    tree.kernel.write_bytes(make_kernel() + magic)
    done = build(str(tree.kernel), None, str(tree.index))
    assert (done.modules, done.kernel_read, done.exports, done.needs) == (0, True, 4, 0)
    tree.later()
    assert not build(str(tree.kernel), None, str(tree.index)).written
    with open_index(tree.index) as index:
        assert (index.folder, len(index.modules), index.builtin, index.vermagics()) == ("", 0, (), {})
        assert (index.kernel.vermagic, index.kernel.force_load) == ("6.1.0-lab SMP mod_unload", False)
        assert index.find("alpha_lock")[0].owner == "vmlinux"
        assert index.importers("alpha_lock") == ()
    done = updated(tree)
    assert (done.read, "an image alone" in done.note) == (3, True)
    assert main(["symbols", "build", "--kernel", str(tree.kernel), "-o", str(tree.root / "alone")]) == 0


def test_an_index_of_another_folder_is_not_used(tree: Tree) -> None:
    updated(tree)
    other = tree.root / "copy"
    shutil.copytree(tree.modules, other)
    done = build(str(tree.kernel), str(other), str(tree.index))
    assert done.read == 3
    assert str(tree.modules) in done.note


def test_two_processes_give_the_same_bytes(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1)
    for i in range(70):
        tree.put(f"kernel/r{i}.ko", random_module(draw), 2000 + i)
    build(str(tree.kernel), str(tree.modules), str(tree.index), cores=1)
    one = tree.index.read_bytes()
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        forks.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr("threading.active_count", lambda: 1)
    build(str(tree.kernel), str(tree.modules), str(tree.index), full=True, cores=2)
    assert forks
    assert tree.index.read_bytes() == one
    tree.put("kernel/r7.ko", b"\x7fELF and no more", 5000)
    tree.put("kernel/r8.ko", b"\x7fELF and no more", 5000)  # of equal size: one for either process
    with pytest.raises(LabError, match=r"r[78]\.ko"):
        build(str(tree.kernel), str(tree.modules), str(tree.index), full=True, cores=2)
    assert tree.index.read_bytes() == one


def test_compressed_modules_and_names(tree: Tree) -> None:
    tree.put("kernel/net-x.ko.xz", lzma.compress(LIBRARY.bytes()), 5)
    tree.put("kernel/net-y.ko.gz", gzip.compress(USER.bytes()), 5)
    tree.put("kernel/build/hidden.ko", USER, 5)
    tree.put("kernel/noise.ko.bak", USER, 5)
    updated(tree)
    with open_index(tree.index) as index:
        assert [m.name for m in index.modules] == ["a_lib", "alone", "net_x", "net_y", "user"]


def test_links(tree: Tree) -> None:
    outside = tree.root / "outside"
    outside.mkdir()
    (outside / "weak.ko").write_bytes(USER.bytes())
    (tree.modules / "folder").symlink_to(outside)
    (tree.modules / "circle").symlink_to(tree.modules)
    (tree.modules / "weak.ko").symlink_to(outside / "weak.ko")
    (tree.modules / "gone.ko").symlink_to(outside / "nothing")
    done = updated(tree)
    assert done.dangling == ("gone.ko",)
    with open_index(tree.index) as index:
        assert [m.path for m in index.modules if m.name == "weak"] == ["weak.ko"]


def test_of_two_files_of_a_name_one_is_loaded(tree: Tree) -> None:
    tree.put("updates/user.ko", LIBRARY, 5)
    tree.put("kernel/z/alone.ko.xz", lzma.compress(LIBRARY.bytes()), 5)
    (tree.modules / "modules.order").write_text("kernel/z/alone.ko\n")
    updated(tree)
    with open_index(tree.index) as index:
        assert [(m.path, m.hidden) for m in index.files("user")] == [
            ("updates/user.ko", False), ("kernel/drivers/user.ko", True),
        ]  # fmt: skip
        assert [(m.path, m.hidden) for m in index.files("alone")] == [
            ("kernel/z/alone.ko.xz", False), ("extra/alone.ko", True),
        ]  # fmt: skip
    (tree.modules / "modules.order").write_text("extra/alone.ko\n")
    assert updated(tree).read == 0
    assert tree.index.read_bytes() == scratch(tree)
    with open_index(tree.index) as index:
        assert index.module("alone").path == "extra/alone.ko"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "content"),
    [("kernel/bad.ko", b""), ("kernel/bad.ko", b"text\n" * 9), ("kernel/bad.ko.xz", b"\xfd7zXZ\0x")],
)
def test_bad_modules_leave_the_index_untouched(tree: Tree, path: str, content: bytes) -> None:
    updated(tree)
    before = tree.index.read_bytes()
    tree.put(path, content, 9)
    with pytest.raises(LabError, match="bad\\.ko"):
        updated(tree)
    assert tree.index.read_bytes() == before


def test_bad_places(tree: Tree) -> None:
    for kernel, folder, says in (
        ("gone", tree.modules, "gone"), (tree.kernel, tree.root / "gone", "gone"),
        (tree.kernel, tree.root / "boot", "holds no kernel modules"), (tree.kernel, "a\0b", "no path"),
        ("a\0b", tree.modules, "no path"), (tree.modules / "extra/alone.ko", tree.modules, "alone.ko"),
    ):  # fmt: skip
        with pytest.raises(LabError, match=says):
            build(str(kernel), str(folder), str(tree.index))
        assert not tree.index.exists()
    with pytest.raises(LabError, match="cannot be written"):
        build(str(tree.kernel), str(tree.modules), str(tree.root / "no" / "index"))


def test_names_that_are_no_text(tree: Tree) -> None:
    bad = os.fsencode(tree.modules) + b"/kernel/\xff\xfe.ko"
    with open(bad, "wb") as out:
        out.write(USER.bytes().replace(b"lib_open", b"lib_\xffpen"))
    updated(tree)
    with open_index(tree.index) as index:
        (module,) = [m for m in index.modules if "\\xff" in m.name]
        assert os.fsencode(module.path) == b"kernel/\xff\xfe.ko"
        assert "lib_\\xffpen" in [n.name for n in index.undefined(module)]
        assert index.importers(b"lib_\xffpen") == (module,)


def test_an_interrupt_ends_both_processes_without_a_traceback(tree: Tree) -> None:
    name = tree.modules / "kernel/lib/a-lib.ko"
    for i in range(600):
        (tree.modules / f"m{i}.ko").write_bytes(name.read_bytes())
    code = (
        "import os, signal, sys; os.sched_getaffinity = lambda pid: {0, 1}\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background inherits none
        "from lab.symbols.store import forked\n"
        "def slow(*rest): print('ready', flush=True); import time; time.sleep(30)\n"
        "forked.read_modules = slow\n"
        "from lab.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["symbols", "build", "--kernel", tree.kernel, "--modules", tree.modules, "-o", tree.index]
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        assert [started.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        os.killpg(started.pid, signal.SIGINT)
        _, said = started.communicate(timeout=20)
    assert (started.returncode, said.strip()) == (130, "kernel-lab: stopped")
    assert not tree.index.exists()


def test_an_image_with_the_modules_of_another_kernel_is_told(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["symbols", "build", "--kernel", tree.kernel, "--modules", tree.modules, "-o", tree.root / "x"]
    assert main([*map(str, words), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mixed"] is None
    with open(tree.kernel, "ab") as image:
        image.write(b"Linux version 6.2.0 (builder@host) #1 SMP\n\0")
    assert main([*map(str, words), "--full"]) == 0
    assert "the image is 6.2.0, but its modules say otherwise" in capsys.readouterr().out


def test_a_missing_folder_is_told_before_anything_is_read(tree: Tree) -> None:
    with pytest.raises(LabError, match="there is no folder"):
        build("/nowhere/vmlinuz", None, str(tree.root / "none" / "x"))
