"""Where depmod may not write, what it does not leave behind, and what one bad name costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols.depmod import alias, place, symbols
from lab.symbols.depmod.beside import Beside
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.trie_read import entries
from lab.symbols.depmod.types import Settings
from tests.symbols.module_trees import VERSION, Module, Tree, write_tree
from tests.symbols.small_trees import Made


def test_the_running_system_is_known_under_every_path(tmp_path: Path) -> None:
    system, other = tmp_path / "system", tmp_path / "other"
    (system / "usr/lib/modules" / VERSION).mkdir(parents=True)
    (system / "lib").symlink_to("usr/lib")
    (other / "lib/modules").mkdir(parents=True)
    (tmp_path / "link").symlink_to("system")
    running = {
        name: place.is_running(str(tmp_path / name), VERSION, str(system))
        for name in ("system", "system/usr", "link", "link/../system/usr", "other", "none")
    }
    assert [name for name, is_it in running.items() if is_it] == ["system", "system/usr", "link", "link/../system/usr"]
    assert not place.is_running("a\0b", VERSION, str(system))


def test_a_bind_mount_of_the_running_system_is_known(tmp_path: Path) -> None:
    system, other = tmp_path / "system", tmp_path / "other"
    for root in (system, other):
        (root / "lib/modules" / VERSION).mkdir(parents=True)
    folder = f"lib/modules/{VERSION}"
    asked = (
        f"from lab.symbols.depmod.place import is_running as i; print(i({str(other)!r}, {VERSION!r}, {str(system)!r}))"
    )
    done = subprocess.run(
        ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "sh", "-c",
         '"$1" -c "$2" && { mount --bind "$3" "$4" || exit 77; } && "$1" -c "$2"', "sh",
         sys.executable, asked, system / folder, other / folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no mount namespace can be had here: {done.stderr.strip()}")
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_usr_of_a_merged_system_is_the_running_one(tmp_path: Path) -> None:
    if not os.path.samefile("/lib", "/usr/lib"):
        pytest.skip("/lib is not /usr/lib here")
    write_tree(tmp_path, Tree((Module("kernel/a.ko"),)))
    with pytest.raises(LabError, match="running system; add --apply"):
        depmod(Settings(str(tmp_path), VERSION, out="/usr", sysroot=str(tmp_path)))
    assert not Path("/usr/lib/modules", VERSION).exists()


def test_nothing_is_left_where_nothing_was_written(tmp_path: Path) -> None:
    home = write_tree(tmp_path / "root", Tree((Module("kernel/a.ko", {"a": ""}, ("b",)), Module("b.ko", {"b": ""}))))
    (home / "b.ko").write_bytes(Made((("b", 1, "", False),), (("a", 1, False),)).bytes())
    settings = Settings(str(tmp_path / "root"), VERSION, out=str(tmp_path / "x/out"), sysroot=str(tmp_path))
    assert depmod(settings).cycles
    assert not (tmp_path / "x").exists()
    (tmp_path / "x/out/lib").mkdir(parents=True)
    assert depmod(settings).cycles
    assert sorted(p.name for p in (tmp_path / "x").rglob("*")) == ["lib", "out"]
    (home / "b.ko").unlink()
    assert depmod(settings).files
    assert (tmp_path / "x/out/lib/modules" / VERSION / "modules.dep").exists()


def test_a_name_that_is_not_ascii_costs_a_line_not_the_run(tmp_path: Path) -> None:
    home = write_tree(tmp_path, Tree((Module("kernel/a.ko"),)))
    bad = "caf\xe9"
    (home / "kernel/b.ko").write_bytes(
        Made(((bad, 1, "", False), ("good", 1, "", False)), modinfo=b"alias=pci:[\xc2-z]*\0alias=fine\0").bytes()
    )
    result = depmod(Settings(str(tmp_path), VERSION, sysroot=str(tmp_path)))
    assert sorted(line for line in result.warnings if "ASCII" in line) == [
        r"b: alias pci:[\xc2-z]* is not ASCII; left out of the index",
        r"b: symbol caf\xc3\xa9 is not ASCII; left out of the index",
    ]
    assert [k for k, _ in entries((home / "modules.alias.bin").read_bytes(), "it")] == [b"fine"]
    assert [k for k, _ in entries((home / "modules.symbols.bin").read_bytes(), "it")] == [b"symbol:good"]
    assert b"alias pci:[\xc2-z]* b\n" in (home / "modules.alias").read_bytes()


def test_a_name_that_is_not_ascii_is_left_out_of_both_orders() -> None:
    for forward in (False, True):
        told: list[str] = []
        files = alias.files([b"m"], [b"a\xff\0a\0" + b"x" * 4095 + b"\xff\0"], forward, told.append)
        assert [k for k, _ in entries(files["modules.alias.bin"], "it")] == [b"a", b"x" * 4095]
        files = symbols.files([b"m"], {b"\xff": 0, b"s": 0}, forward, told.append)
        assert [k for k, _ in entries(files["modules.symbols.bin"], "it")] == [b"symbol:s"]
        assert len(told) == 2


def test_an_interrupt_ends_the_second_process_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with Beside(lambda: os.kill(os.getpid(), signal.SIGINT)) as other, pytest.raises(RuntimeError, match="died"):
        other.answer()
    assert capfd.readouterr() == ("", "")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
