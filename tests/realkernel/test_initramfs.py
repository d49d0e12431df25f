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
from tests.realkernel.elf_files import elf_file

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_from_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "busybox").touch()
    monkeypatch.setattr(initramfs, "busybox", lambda: tmp_path / "busybox")
    with pytest.raises(LabError, match=r"/dev: cannot be written .No space left on device.; set TMPDIR"):
        initramfs.write_initramfs(Guest("try", KERNEL, "", files={"big": bytes(1 << 20)}), Path("/dev/full"))


INTERPRETERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1")
CASES = [(elf_file([(".interp", 1, 0, name.encode() + b"\0")]), f"needs {name}") for name in INTERPRETERS]
CASES += [(elf_file([], machine=183), "arm64, and the guest is x86-64"), (b"#!/bin/sh\n", "no ELF file")]


@pytest.mark.parametrize(("content", "why"), CASES, ids=["glibc", "musl", "arm64", "script"])
def test_a_busybox_that_cannot_run_in_the_guest_is_none(
    content: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "busybox"
    path.write_bytes(content)
    monkeypatch.setattr("shutil.which", lambda name: str(path))
    with pytest.raises(LabError, match="apt-get install busybox-static") as caught:
        initramfs.busybox()
    assert why in str(caught.value)


def test_without_a_busybox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(LabError, match="apt-get install busybox-static"):
        initramfs.busybox()


@pytest.mark.skipif(shutil.which("busybox") is None, reason="no busybox here (Debian package busybox-static)")
def test_an_applet_that_is_missing_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert initramfs.busybox().name == "busybox"
    monkeypatch.setattr(initramfs, "APPLETS", (*initramfs.APPLETS, "fly", "swim"))
    initramfs._lacks.cache_clear()
    with pytest.raises(LabError, match="has no fly swim; a guest needs a static busybox"):
        initramfs.busybox()
    initramfs._lacks.cache_clear()


def test_init_is_a_shell_script_that_parses() -> None:
    path = linux_sources("init") / "init"
    assert path.read_text().splitlines()[0] == "#!/bin/busybox sh"
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell is not None
    subprocess.run([shell, "-n", str(path)], check=True)
