"""The guest's root: what is in it, and what is said where something is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.root import initramfs

KERNEL = Kernel("6.1.0-1-amd64", Path("/k/vmlinuz"), Path("/k/lib/modules/6.1.0-1-amd64"))


def listed(path: Path) -> dict[str, str]:
    """Name -> mode of everything in the archive, as the real cpio lists it."""
    if shutil.which("cpio") is None:
        pytest.skip("no cpio here to list the archive with")
    words = ["cpio", "-t", "-v", "--quiet"]
    with path.open("rb") as data:
        said = subprocess.run(words, stdin=data, capture_output=True, text=True, check=True).stdout
    return {line.split(" -> ")[0].split()[-1]: line.split()[0] for line in said.splitlines()}


def test_it_holds_what_the_guest_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "busybox"
    fake.write_bytes(b"\x7fELF static")
    monkeypatch.setattr(initramfs, "busybox", lambda: fake)
    guest = Guest("try", KERNEL, "echo hello\n", files={"bin/tool": b"x", "lab/data": b"y"}, links={"bin/t": "tool"})
    initramfs.write_initramfs(guest, tmp_path / "initramfs")
    found = listed(tmp_path / "initramfs")
    for name in ("init", "bin/busybox", "bin/tool", "lab/run", "lab/data"):
        assert found[name] == "-rwxr-xr-x"
    assert found["bin/sh"].startswith("l")
    assert found["bin/t"].startswith("l")
    assert found["dev/console"].startswith("c")
    assert {"proc", "sys", "tmp", "out"} <= set(found)
    assert b"echo hello\n" in (tmp_path / "initramfs").read_bytes()


def test_a_missing_file_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initramfs, "busybox", lambda: tmp_path / "none")
    with pytest.raises(LabError, match="none: cannot be read"):
        initramfs.write_initramfs(Guest("try", KERNEL, ""), tmp_path / "initramfs")


@pytest.mark.parametrize("content", [None, b"\x7fELF /lib64/ld-linux-x86-64.so.2"])
def test_a_busybox_that_needs_libraries_is_none(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "busybox"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr("shutil.which", lambda name: str(path) if content else None)
    with pytest.raises(LabError, match="apt-get install busybox-static"):
        initramfs.busybox()


def test_init_is_a_shell_script_that_parses() -> None:
    path = linux_sources("init") / "init"
    assert path.read_text().splitlines()[0] == "#!/bin/busybox sh"
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell is not None
    subprocess.run([shell, "-n", str(path)], check=True)
