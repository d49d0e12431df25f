"""Which modules a guest is given: a tree of modules made here, held against the real depmod and modprobe."""

import lzma
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.kernel import Kernel
from lab.realkernel.root.module_files import module_tree, needed
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Settings
from lab.symbols.made_module import MadeModule, made_module

RELEASE = "6.1.0-9-lab"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """top needs middle, middle needs base; base is packed; other stands alone; loop is built in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    modules = tmp_path / "root" / "lib" / "modules" / RELEASE
    made = [
        MadeModule("base", exports=(("base_call", 1),)),
        MadeModule("middle", asks=(("base_call", 1),), exports=(("middle_call", 2),)),
        MadeModule("top_one", asks=(("middle_call", 2), ("base_call", 1))),
        MadeModule("other"),
    ]
    (modules / "kernel" / "drivers").mkdir(parents=True)
    for module in made:
        data = made_module(module)
        packed = module.name == "base"
        path = modules / "kernel" / "drivers" / f"{module.name.replace('_', '-')}.ko{'.xz' if packed else ''}"
        path.write_bytes(lzma.compress(data, check=lzma.CHECK_CRC32) if packed else data)
    (modules / "modules.builtin").write_text("kernel/drivers/block/loop.ko\n")
    (modules / "modules.order").write_text("".join(f"kernel/drivers/{n}.ko\n" for n in ("base", "middle", "other")))
    return Kernel(RELEASE, tmp_path / "vmlinuz", modules)


def test_each_comes_after_what_it_needs(kernel: Kernel) -> None:
    files = needed(kernel, ["top_one"])
    assert [Path(f).name for f in files] == ["base.ko.xz", "middle.ko", "top-one.ko"]
    assert needed(kernel, ["top-one", "middle", "other"]) == (*files, "kernel/drivers/other.ko")


def test_what_is_built_in_needs_no_file(kernel: Kernel) -> None:
    assert needed(kernel, ["loop"]) == ()


def test_an_unknown_module_is_refused(kernel: Kernel) -> None:
    with pytest.raises(LabError, match=r"6\.1\.0-9-lab has no module .e1000.; choose another kernel with --kernel"):
        needed(kernel, ["e1000"])


def test_the_trees_own_list_is_used(kernel: Kernel) -> None:
    (kernel.modules / "modules.dep").write_text("kernel/drivers/other.ko: kernel/drivers/middle.ko\n")
    assert needed(kernel, ["other"]) == ("kernel/drivers/middle.ko", "kernel/drivers/other.ko")


def test_a_tree_that_has_changed_is_looked_at_again(kernel: Kernel) -> None:
    assert needed(kernel, ["other"])
    (kernel.modules / "kernel" / "drivers" / "late.ko").write_bytes(made_module(MadeModule("late")))
    later = (kernel.modules / "kernel").stat().st_mtime_ns + 10**9
    os.utime(kernel.modules / "kernel", ns=(later, later))
    assert needed(kernel, ["late"]) == ("kernel/drivers/late.ko",)


def test_a_cache_that_cannot_be_written_costs_time_only(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    for _ in range(2):
        assert needed(kernel, ["other"]) == ("kernel/drivers/other.ko",)


def test_the_list_that_was_made_is_kept(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert needed(kernel, ["other"])
    monkeypatch.setattr("lab.realkernel.root.module_files.depmod", None)  # is not asked again
    assert needed(kernel, ["other"]) == ("kernel/drivers/other.ko",)


def test_no_process_is_forked_for_the_list(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be a copy of a process with threads, in a notebook."""
    asked: list[int | None] = []

    def noted(settings: Settings) -> object:
        asked.append(settings.processes)
        return depmod(settings)

    monkeypatch.setattr("lab.realkernel.root.module_files.depmod", noted)
    assert needed(kernel, ["other"]) == ("kernel/drivers/other.ko",)
    assert asked == [1]


def test_a_full_disk_is_one_line(kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kernel.modules / "modules.dep").write_text("kernel/drivers/other.ko:\n")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(LabError, match="no temporary folder can be made"):
        module_tree(kernel, ["other"])


def test_no_modules_no_tree(kernel: Kernel) -> None:
    assert module_tree(kernel, ()) == {}


@pytest.mark.skipif(shutil.which("modprobe") is None, reason="no kmod here (apt-get install kmod)")
def test_modprobe_finds_them_in_the_guests_tree(kernel: Kernel, tmp_path: Path) -> None:
    tree = module_tree(kernel, ["top_one"])
    for path, data in tree.items():
        target = tmp_path / "guest" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    assert not [path for path in tree if path.endswith(".xz")]
    words = ["modprobe", "-d", str(tmp_path / "guest"), "-S", RELEASE, "--show-depends", "top_one"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert [Path(line.split()[1]).name for line in said.splitlines()] == ["base.ko", "middle.ko", "top-one.ko"]
    words[-1] = "loop"
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "builtin loop\n"
