"""What is collected of a system's udev: complete, and nothing of the system is run to find out."""

import contextlib
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.root.libraries import find_inside, linked
from lab.realkernel.root.udev_root import LIBRARIES, udev_root
from tests.realkernel.elf_files import elf_file

LOADER = "/lib64/ld-linux-x86-64.so.2"
HERE = Path("/usr/lib/systemd/systemd-udevd").exists() and os.uname().machine == "x86_64"
needs_udev = pytest.mark.skipif(not HERE, reason="this machine has no systemd-udevd for x86-64")


def elf(
    needed: tuple[str, ...] = (), runpath: str = "", opened: tuple[str, ...] | None = None, machine: int = 62
) -> bytes:
    """A program with nothing but what it asks of the loader: .interp, .dynamic, and systemd's note."""
    strings, tags = bytearray(b"\0"), b""
    for tag, text in [*((1, name) for name in needed), *([(29, runpath)] if runpath else [])]:
        tags += struct.pack("<qQ", tag, len(strings))
        strings += text.encode() + b"\0"
    note = b""
    if opened is not None:
        said = json.dumps([{"feature": "kmod", "priority": "required", "soname": list(opened)}]).encode() + b"\0"
        note = struct.pack("<III", 4, len(said), 0x407C0C0A) + b"FDO\0" + said + bytes(-len(said) % 4)
    # dynamic (6) names its string table (3)
    parts = [(".interp", 1, 0, LOADER.encode() + b"\0"), (".dynamic", 6, 3, tags + bytes(16))]
    parts += [(".dynstr", 3, 0, bytes(strings)), (".note.dlopen", 7, 0, note)]
    return elf_file(parts, machine)


def system(root: Path, program: bytes, libraries: tuple[str, ...] = ()) -> Path:
    """A root folder as distributions have it since /usr was merged: udevd is a link to udevadm."""
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/lib/systemd/network").mkdir(parents=True)
    (root / "usr/lib/udev/rules.d").mkdir(parents=True)
    (root / "usr/lib64").mkdir()
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "usr/bin/udevadm").write_bytes(program)
    (root / "usr/lib/systemd/systemd-udevd").symlink_to("/bin/udevadm")
    for name in (LOADER.rpartition("/")[2], *libraries):
        (root / "usr/lib64" / name).write_bytes(elf())
    return root


@needs_udev
def test_this_machine_s_udev_runs_from_what_was_collected_alone(tmp_path: Path) -> None:
    found = udev_root("/")
    for path, content in found.files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copy(content, target)
    loader = next(tmp_path / path for path in found.files if "/ld-linux" in path and not path.startswith(LIBRARIES))
    loader.chmod(0o755)
    words = [str(loader), "--inhibit-cache", "--library-path", str(tmp_path / LIBRARIES)]
    program = str(tmp_path / "usr/bin/udevadm")
    listed = subprocess.run([*words, "--list", program], capture_output=True, text=True, check=True).stdout
    places = [line.split(" => ")[1].split()[0] for line in listed.splitlines() if " => " in line]
    assert places
    assert [p for p in places if not p.startswith(str(tmp_path)) and "ld-linux" not in p] == []
    said = subprocess.run([*words, program, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(said.split()[0]) >= 238


@needs_udev
def test_the_rules_and_the_default_link_file_are_there_and_no_hardware_database() -> None:
    files = udev_root("/").files
    assert "usr/lib/systemd/network/99-default.link" in files
    assert "usr/lib/udev/rules.d/80-net-setup-link.rules" in files
    assert [path for path in files if "hwdb" in path or path.startswith("etc/systemd")] == []


def test_what_a_program_needs_and_what_that_needs_is_found_by_the_elf_files_themselves(tmp_path: Path) -> None:
    root = system(tmp_path, elf(("liba.so.1",), runpath="/opt/own"), ("libb.so.2",))
    (root / "opt").mkdir()
    (root / "usr/own").mkdir()
    (root / "opt/own").symlink_to("/usr/own")  # absolute: it means this root's /usr
    (root / "usr/own/liba.so.1").write_bytes(elf(("libb.so.2",)))
    found = udev_root(root)
    names = {path: place for path, place in found.files.items() if path.startswith(LIBRARIES)}
    assert names == {
        f"{LIBRARIES}/liba.so.1": root / "usr/own/liba.so.1",
        f"{LIBRARIES}/libb.so.2": root / "usr/lib64/libb.so.2",
    }
    assert found.files[LOADER.lstrip("/")] == root / "usr/lib64/ld-linux-x86-64.so.2"
    assert found.links["usr/lib/systemd/systemd-udevd"] == "/usr/bin/udevadm"


def test_a_daemon_of_its_own_is_a_file_of_its_own(tmp_path: Path) -> None:
    root = system(tmp_path, elf())
    (root / "usr/lib/systemd/systemd-udevd").unlink()
    (root / "usr/lib/systemd/systemd-udevd").write_bytes(elf(("libc.so.6",)))
    (root / "usr/lib/libc.so.6").write_bytes(elf())
    found = udev_root(root)
    assert found.files["usr/lib/systemd/systemd-udevd"] == root / "usr/lib/systemd/systemd-udevd"
    assert f"{LIBRARIES}/libc.so.6" in found.files


def test_a_library_that_is_opened_later_is_collected_by_its_note(tmp_path: Path) -> None:
    root = system(tmp_path, elf(opened=("libkmod.so.9", "libkmod.so.2")), ("libkmod.so.2",))
    assert f"{LIBRARIES}/libkmod.so.2" in udev_root(root).files
    (root / "usr/lib64/libkmod.so.2").unlink()
    with pytest.raises(LabError, match=r"has no libkmod\.so\.9, which udevadm needs"):
        udev_root(root)


def test_rules_drop_ins_and_groups_are_collected_and_what_is_first_hides(tmp_path: Path) -> None:
    root = system(tmp_path, elf())
    (root / "usr/lib/udev/rules.d/50-x.rules").write_text('KERNEL=="tty", GROUP="tty"\nGROUP="disk", GROUP="root"\n')
    (root / "usr/lib/udev/rules.d/README").write_text("no rules")
    (root / "usr/lib/systemd/network/99-default.link").write_text("[Match]\n")
    (root / "usr/lib/systemd/network/99-default.link.d").mkdir()
    (root / "usr/lib/systemd/network/99-default.link.d/x.conf").write_text("[Link]\n")
    files = udev_root(root).files
    assert files["etc/group"] == b"root:x:0:\ndisk:x:100:\ntty:x:101:\n"
    assert [path for path in files if "/systemd/network/" in path] == [
        "usr/lib/systemd/network/99-default.link",
        "usr/lib/systemd/network/99-default.link.d/x.conf",
    ]
    assert "usr/lib/udev/rules.d/README" not in files


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (b"#!/bin/sh\n", "is no ELF file"),
        (elf(machine=183), "is ELF 64-bit little-endian arm64, and the guest is x86-64"),
        (elf(("libgone.so.1",)), "has no libgone.so.1, which udevadm needs"),
        (elf(("../../etc/passwd",)), "has no ../../etc/passwd, which udevadm needs"),
        (elf()[:100], "sections that the file has no room for"),
    ],
    ids=["script", "arm64", "no library", "no name of a library", "cut off"],
)
def test_a_system_whose_udev_cannot_run_in_the_guest_is_refused(tmp_path: Path, program: bytes, words: str) -> None:
    root = system(tmp_path, program)
    with pytest.raises(LabError) as caught:
        udev_root(root)
    assert words in str(caught.value)


def test_a_folder_without_udev_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="has no systemd-udevd; install the package udev"):
        udev_root(tmp_path)


def test_links_that_lead_in_a_circle_or_out_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "out").symlink_to("../../../../../../etc")
    assert find_inside(tmp_path, "a/x") is None
    assert find_inside(tmp_path, "out/hostname") is None
    (tmp_path / "etc").mkdir()
    assert find_inside(tmp_path, "/out") == tmp_path / "etc"


@given(st.data())
def test_a_damaged_program_ends_in_one_line_or_in_an_answer(data: st.DataObject) -> None:
    program = bytearray(elf(("liba.so",), "/opt", ("libkmod.so.2",)))
    for place in data.draw(st.lists(st.integers(0, len(program) - 1), max_size=8)):
        program[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(program)))
    with contextlib.suppress(LabError):
        found = linked(bytes(program[:cut]), "x")
        assert all(isinstance(name, str) for name in (*found.needed, *found.folders))
