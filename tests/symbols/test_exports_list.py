"""`kernel-lab symbols exports`: one list of what a file or folder exports."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.symbols.listing import Listed, list_exports
from tests.symbols.kallsyms_writer import EXPORTS, arm64_image, memory

Make = Callable[..., bytes]
Write = Callable[[str, bytes], Path]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", "symbols", "exports", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def expected(owner: str, wanted: Any) -> list[Listed]:
    return [Listed(owner, w.name, w.crc, w.namespace, w.gpl) for w in sorted(wanted, key=lambda w: w.name.encode())]


@pytest.fixture
def tree(tmp_path: Path, make_module: Make) -> Path:
    """Modules of each form in folders, with links that lead back, away and nowhere else than to a file."""
    folder = tmp_path / "lib/modules/1.0"
    (folder / "kernel/sub").mkdir(parents=True)
    (folder / "kernel/b-mod.ko").write_bytes(make_module())
    (folder / "kernel/sub/a_mod.ko.xz").write_bytes(lzma.compress(make_module(style="flags")))
    (folder / "kernel/sub/c.ko.gz").write_bytes(gzip.compress(make_module(32, ">")))
    (folder / "build").symlink_to("/")
    (folder / "kernel/up").symlink_to("..")
    (folder / "modules.dep").write_text("not a module\n")
    return folder


@pytest.mark.parametrize("cores", [1, 2])
def test_a_folder(tree: Path, cores: int, wanted: Any) -> None:
    found = list_exports(tree, cores=cores)
    assert found == [row for owner in ("a_mod", "b_mod", "c") for row in expected(owner, wanted)]


def test_an_image_of_bare_memory_and_one_in_a_folder(tree: Path, wanted: Any) -> None:
    data = arm64_image(memory(64, "<", "new", 0xFFFF800080000000)[0])
    kernel = expected("vmlinux", EXPORTS)
    (tree / "vmlinuz").write_bytes(gzip.compress(data))
    assert list_exports(tree / "vmlinuz") == kernel
    found = list_exports(tree)
    assert [row for row in found if row.owner == "vmlinux"] == kernel
    assert [row for row in found if row.owner == "c"] == expected("c", wanted)


def test_a_pipe_is_no_module(tree: Path) -> None:
    os.mkfifo(tree / "kernel/pipe.ko")
    with pytest.raises(LabError, match=r"pipe\.ko: is no regular file"):
        list_exports(tree)


def test_a_link_that_leads_nowhere_is_passed_over_with_a_note(tree: Path) -> None:
    whole = run(tree, "--json")
    (tree / "kernel/gone.ko").symlink_to("nowhere.ko")
    done = run(tree, "--json")
    assert (done.returncode, done.stdout) == (0, whole.stdout)
    assert done.stderr.count("\n") == 1
    assert "gone.ko is a link that leads nowhere; passed over" in done.stderr
    (tree / "kernel/bad.ko").write_bytes(b"junk")
    assert (run(tree).returncode, run(tree).stdout) == (2, "")


def test_many_modules_in_two_processes(tmp_path: Path, make_module: Make) -> None:
    for i in range(150):
        (tmp_path / f"m{i:03}.ko").write_bytes(make_module())
    told: list[tuple[int, int]] = []
    one = list_exports(tmp_path, cores=1)
    two = list_exports(tmp_path, lambda done, total, label: told.append((done, total)), cores=2)
    assert one == two
    assert (len(two), told[-1]) == (600, (150, 150))
    (tmp_path / "m099.ko").write_bytes(b"junk")
    with pytest.raises(LabError, match=r"m099\.ko: is no ELF file"):
        list_exports(tmp_path, cores=2)


def test_a_module_and_symvers(write: Write, make_module: Make, wanted: Any) -> None:
    assert list_exports(write("my-mod.ko", make_module())) == expected("my_mod", wanted)
    rows = [
        f"0x{w.crc:08x}\t{w.name}\tdrivers/my-mod\tEXPORT_SYMBOL{'_GPL' * w.gpl}\t{w.namespace or ''}\n"
        for w in reversed(wanted)
    ]
    assert list_exports(write("Module.symvers", "".join(rows).encode())) == expected("my_mod", wanted)


def test_no_modversions(write: Write) -> None:
    path = write("Module.symvers", b"0x00000000\tx\tvmlinux\tEXPORT_SYMBOL\t\n")
    assert list_exports(path) == [Listed("vmlinux", "x", None, None, False)]


def test_the_command(write: Write, make_module: Make, wanted: Any) -> None:
    path = write("my-mod.ko", make_module())
    made = json.loads(run(path, "--json").stdout)
    assert made == [
        {"name": w.name, "owner": "my_mod", "crc": f"0x{w.crc:08x}", "namespace": w.namespace, "gpl": w.gpl}
        for w in sorted(wanted, key=lambda w: w.name.encode())
    ]
    shown = run(path)
    assert "4 exports of 1 owners" in shown.stdout
    assert shown.stderr == ""


def test_names_sort_by_bytes(write: Write) -> None:
    names = ["Z", "a", "_", "é", "z"]
    rows = "".join(f"0x1\t{n}\tvmlinux\tEXPORT_SYMBOL\t\n" for n in names)
    assert [r.name for r in list_exports(write("Module.symvers", rows.encode()))] == ["Z", "_", "a", "z", "é"]


def test_names_that_are_no_utf8(tmp_path: Path, make_module: Make) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.ko"
    with open(path, "wb") as out:
        out.write(make_module())
    done = run(tmp_path, "--json")
    assert done.returncode == 0
    assert {row["owner"] for row in json.loads(done.stdout)} == {"caf\\xe9"}


def test_bad_input(tree: Path, write: Write, make_elf: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    plain = make_elf(64, "<", 1)
    plain.symbols([("main", 1, 0, 0)])
    (tree.parent / "empty").mkdir()
    for path, match in (
        (tree.parent / "empty", "holds no kernel modules"),
        (tree.parent / "absent", "cannot be read"),
        (write("plain.o", plain.bytes()), "no kernel module"),
        (write("cut.ko.xz", lzma.compress(os.urandom(999))[:300]), "truncated"),
        (write("text", b"some text\n"), "text"),
    ):
        assert main(["symbols", "exports", str(path), "--json"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert match in told.err
        assert told.err.count("\n") == 1
