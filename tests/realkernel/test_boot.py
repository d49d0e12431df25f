"""Every way in which a boot ends, with a made QEMU; tests/booted/test_booted_ends.py has the real one."""

import dataclasses
import gzip
import hashlib
import io
import re
import shlex
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel import boot as booting
from lab.realkernel.boot import Boot, boot
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import ICOUNT, TCG
from lab.realkernel.root import initramfs

Start = Callable[..., Boot]

QEMU = """#!/bin/sh
case $* in *-monitor*) exit 1 ;; esac  # built without seccomp
for word; do
	case $word in file,id=results,path=*) results=${word#*path=} ;; esac
done
. %s
"""
END = "printf '##lab mark up\\n##lab out %d %s\\n##lab end 0\\n' $size $sha\n"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Boot a guest in a QEMU that does what the first argument, a shell script, says; $results is where they go."""
    (tmp_path / "busybox").write_bytes(b"busybox")
    (tmp_path / "vmlinuz").write_bytes(b"no bzImage")
    (tmp_path / "temporary").mkdir()
    program = tmp_path / "qemu"
    program.write_text(QEMU % shlex.quote(str(tmp_path / "does")))
    program.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("lab.realkernel.machine.qemu.PROGRAM", str(program))
    monkeypatch.setattr(initramfs, "busybox", lambda: tmp_path / "busybox")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    guest = Guest("try", Kernel("6.1", tmp_path / "vmlinuz", tmp_path), "true\n")

    def starts(does: str, *words: object, **more: object) -> Boot:
        (tmp_path / "does").write_text(does)
        return boot(dataclasses.replace(guest, may_fail=bool(more.pop("may_fail", False))), *words, **more)  # type: ignore[arg-type]

    return starts


def sends(folder: Path, *files: tuple[str, bytes]) -> str:
    """A script that sends these files and ends well."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    data = gzip.compress(out.getvalue())
    (folder / "archive").write_bytes(data)
    told = f"size={len(data)} sha={hashlib.sha256(data).hexdigest()}\n"
    return f'cat {shlex.quote(str(folder / "archive"))} >"$results"\n{told}{END}'


def refusal(start: Start, *words: object, **more: object) -> str:
    with pytest.raises(LabError) as caught:
        start(*words, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_limit_that_is_given_is_taken_as_it_is(start: Start) -> None:
    begun = time.monotonic()
    for accel in (TCG, ICOUNT):
        assert "did not end within 1 s (--limit gives it more); its last lines: hello; its" in refusal(
            start, "echo hello; exec sleep 60", accel, 1.0
        )
    assert time.monotonic() - begun < 30


def test_the_limit_of_who_gives_none(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booting, "LIMIT", 0.4)
    monkeypatch.setattr(booting, "COUNTED", 0.8)
    assert "did not end within 0.4 s" in refusal(start, "exec sleep 60")
    assert "did not end within 0.8 s" in refusal(start, "exec sleep 60", ICOUNT)


def test_all_is_kept_and_the_command_first(start: Start, tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    made = start(sends(tmp_path, ("./deep/a", b"1"), ("./b", b"2")), keep=keep)
    first, _, rest = (keep / "console.txt").read_text().partition("\n")
    assert shlex.split(first) == list(made.command)
    assert rest == made.console
    assert {name: (keep / "out" / name).read_bytes() for name in ("deep/a", "b")} == made.files


def test_a_guest_that_fails_leaves_its_console_where_it_was_asked_for(start: Start, tmp_path: Path) -> None:
    said = refusal(start, "echo it went wrong", keep=tmp_path / "kept")
    assert said.endswith(f"it went wrong; its console is kept in {tmp_path}/kept/console.txt")
    assert "it went wrong" in (tmp_path / "kept/console.txt").read_text()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert re.search(rf"kept in {tmp_path}/temporary/kernel-lab-try-\w+\.log$", refusal(start, "echo it went wrong"))


def test_the_reason_is_told_where_no_console_can_be_kept(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refusal(start, "echo it went wrong", keep=tmp_path / "file")
    assert "ended before its script did" in said
    assert "it went wrong; its console cannot be kept (" in said


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((("a", b"1"), ("a/b", b"2")), r"cannot be kept in .* \(File exists\)|\(Not a directory\)"),
        ((("a/b", b"1"), ("a", b"2")), "is a folder"),
        (((f"{'x' * 300}/b", b"1"),), "File name too long"),
        ((("../../x", b"1"),), "leads out of"),
    ],
    ids=["file then folder", "folder then file", "long", "out"],
)
def test_names_that_cannot_be_kept_are_one_line(
    start: Start, tmp_path: Path, files: tuple[tuple[str, bytes], ...], why: str
) -> None:
    does = sends(tmp_path, *files)
    assert len(start(does).files) == len(files)
    assert re.search(why, refusal(start, does, keep=tmp_path / "kept"))
    assert not (tmp_path / "x").exists()


def test_results_without_end_are_stopped(start: Start) -> None:
    said = refusal(start, 'dd if=/dev/zero of="$results" bs=1 count=1 seek=80000000 2>/dev/null; exec sleep 60')
    assert "sends without end: more than 64 MiB of results" in said


def test_init_says_why_it_sends_nothing(start: Start) -> None:
    said = refusal(start, "printf '##lab fault /out cannot be packed\\n##lab end 0\\n'")
    assert "its init could not go on: /out cannot be packed" in said


def test_no_place_for_temporary_files(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert refusal(start, "true").startswith("no temporary folder can be made (No such file or directory)")


def test_nothing_stays(start: Start, tmp_path: Path) -> None:
    for does in (sends(tmp_path), "exec sleep 60"):
        try:
            start(does, TCG, 0.5, keep=tmp_path / "kept")
        except LabError:
            assert "sleep" in does
        assert list((tmp_path / "temporary").iterdir()) == []
