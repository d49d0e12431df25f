"""Building for the guest: with the real make and gcc, on a header tree in the shape of Debian's, and on a real one."""

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.realkernel.build import module_build
from lab.realkernel.build.compiler import identity, kernel_compiler, wanted_compiler
from lab.realkernel.build.external import run
from lab.realkernel.build.module_build import build_module, build_program, compile_module, compile_program
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.find import find_kernel, find_kernels
from lab.realkernel.kernels.headers import relocated
from tests.realkernel import kernel_trees as made

RELEASE = "6.1.0-56-amd64"
GOOD = "int answer(void);\nint answer(void)\n{\n\treturn 42;\n}\n"
MODULE = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int __init thing_init(void)
{
	return 0;
}

static void __exit thing_exit(void)
{
}

module_init(thing_init);
module_exit(thing_exit);
MODULE_DESCRIPTION("made for a test");
MODULE_LICENSE("GPL");
"""

LACKING = [name for name in ("gcc", "make", "strip") if not shutil.which(name)]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a temporary folder that must be empty afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/kernel-feature-lab"


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    root = tmp_path / "root"
    made.kernel(root, RELEASE)
    made.headers(root, RELEASE, "6.1.0-56", f"gcc (made) {identity('gcc').split()[-1]}")
    (found,) = find_kernels(root)
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made.put(tmp_path / "thing/thing.c", GOOD)
    made.put(tmp_path / "thing/Makefile", "obj-m := thing.o\n")
    return tmp_path / "thing"


def test_it_is_built_in_a_copy_and_kept(source: Path, kernel: Kernel, cache: Path) -> None:
    before = sorted(source.rglob("*"))
    data = build_module(source, kernel)
    assert data.startswith(b"\x7fELF")
    assert b"answer" in data
    assert sorted(source.rglob("*")) == before
    (kept,) = (cache / "built").iterdir()
    assert kept.name.startswith("thing-module-")
    kept.write_bytes(b"\x7fELF from the cache")
    assert build_module(source, kernel) == b"\x7fELF from the cache"
    kept.write_bytes(b"damaged")
    assert build_module(source, kernel) == data


def test_what_it_is_made_from_decides(source: Path, kernel: Kernel, cache: Path) -> None:
    def kept() -> int:
        build_module(source, kernel)
        return len(list((cache / "built").iterdir()))

    assert kept() == 1
    made.put(source / "README.md", "a text")
    made.put(source / "thing.o", b"an object")
    made.put(source / ".thing.ko.cmd")
    assert kept() == 1
    made.put(source / "thing.h", "#define X 1\n")
    assert kept() == 2
    assert kernel.headers is not None
    made.put(kernel.headers / "Module.symvers", "0x2\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n")
    assert kept() == 3
    build_module(source, dataclasses.replace(kernel, release="6.1.0-57-amd64"))
    assert len(list((cache / "built").iterdir())) == 4


def test_the_first_error_is_told_and_the_log_kept(source: Path, kernel: Kernel, cache: Path) -> None:
    made.put(source / "thing.c", GOOD + "int x = nothing;\nint y = nothing_else;\n")
    with pytest.raises(LabError) as caught:
        build_module(source, kernel)
    log = cache / f"logs/build-thing-{RELEASE}.log"
    said = str(caught.value)
    assert said.startswith(f"thing for kernel {RELEASE} cannot be built: thing.c:6:9: error: ")
    assert "nothing" in said
    assert "nothing_else" not in said
    assert said.endswith(f"(log: {log})")
    assert "nothing_else" in log.read_text("utf-8")
    assert not (cache / "built").exists()


def test_warnings_are_told(source: Path, kernel: Kernel) -> None:
    assert compile_module(source, kernel).warnings == ()
    made.put(source / "thing.c", GOOD + "static int unused(void) { return 1; }\n")
    (warning,) = compile_module(source, kernel).warnings
    assert warning.startswith("thing.c:6:12: warning: ")


def test_nothing_of_the_caller_s_make_reaches_the_build(
    source: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make test-kernel` calls this: its flags, job server and level are no part of a build."""
    for name, value in {"MAKEFLAGS": "n --jobserver-auth=3,4", "MAKELEVEL": "3", "M": "/", "CC": "false"}.items():
        monkeypatch.setenv(name, value)
    assert compile_module(source, kernel).data.startswith(b"\x7fELF")
    made.put(source / "say.c", "int main(void) { return 0; }\n")
    assert compile_program(source, "say").warnings == ()


def test_without_headers_the_command_is_named(source: Path, kernel: Kernel) -> None:
    with pytest.raises(LabError, match=r"its headers are not here; run: kernel-lab kernel fetch"):
        build_module(source, dataclasses.replace(kernel, headers=None))


def test_a_folder_that_make_cannot_build_in_is_named(
    source: Path, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kernel.headers is not None
    (tmp_path / "a b").symlink_to(kernel.headers)
    with pytest.raises(LabError, match=r"a b: make cannot build in a folder with a blank"):
        build_module(source, dataclasses.replace(kernel, headers=tmp_path / "a b"))


def test_a_cache_that_cannot_be_written_is_done_without(source: Path, kernel: Kernel, cache: Path) -> None:
    made.put(cache, "a file where the folder should be")
    assert build_module(source, kernel) == build_module(source, kernel)


def test_it_can_be_stopped_and_leaves_nothing(
    source: Path, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert kernel.headers is not None
    made.put(
        kernel.headers.parent / "linux-headers-6.1.0-56-common/Makefile", "modules:\n\tsleep 61.25 & sleep 61.25\n"
    )
    calls = []

    def tell(done: int, total: int, label: str) -> None:
        calls.append(label)
        if len(calls) > 3:
            raise Cancelled

    start = time.monotonic()
    with pytest.raises(Cancelled):
        build_module(source, kernel, tell)
    assert time.monotonic() - start < 30
    assert set(calls) == {f"build thing for {RELEASE}"}
    assert list((tmp_path / "tmp").iterdir()) == []
    assert [words for words in commands() if b"61.25" in words] == []


def commands() -> list[list[bytes]]:
    """The words of every process there is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append(path.read_bytes().split(b"\0"))
    return found


def test_a_build_that_never_ends_is_ended(source: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernel.headers is not None
    made.put(kernel.headers.parent / "linux-headers-6.1.0-56-common/Makefile", "modules:\n\tsleep 62.5\n")
    monkeypatch.setattr(module_build, "LIMIT", 0.5)
    with pytest.raises(LabError, match=r"make: not done after 0.5 s, stopped"):
        build_module(source, kernel)


def test_a_program_is_static_and_kept(source: Path, cache: Path) -> None:
    made.put(source / "say.c", '#include <stdio.h>\nint main(void)\n{\n\treturn puts("hi") < 0;\n}\n')
    data = build_program(source, "say")
    assert b"/ld-linux" not in data[:4096]
    place = made.put(cache / "say", data)
    place.chmod(0o755)
    assert run([place], limit=30).output == "hi\n"
    made.put(source / "say", b"\x7fELF built by hand, and older than its source")
    assert build_program(source, "say") == data
    assert compile_program(source, "say").data == data


def test_a_program_that_cannot_be_built(source: Path) -> None:
    with pytest.raises(LabError, match=r"nothing of thing cannot be built: make: \*\*\* No rule"):
        build_program(source, "nothing")
    made.put(source / "say.c", "int main(void) { return gone(); }\nint gone();\n")
    with pytest.raises(LabError, match=r"say of thing cannot be built: .*undefined reference to"):
        build_program(source, "say")
    with pytest.raises(LabError, match="has no source in it"):
        build_program(source / "no such folder", "say")


def test_the_compiler_of_the_kernel_is_taken_where_it_is_here(tmp_path: Path) -> None:
    made.put(tmp_path / ".config", 'CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-13 (Debian 13.3.0-1) 13.3.0"\n')
    assert wanted_compiler(tmp_path) == "x86_64-linux-gnu-gcc-13 (Debian 13.3.0-1) 13.3.0"
    assert kernel_compiler(tmp_path, lambda name: f"/bin/{name}") == "gcc-13"
    assert kernel_compiler(tmp_path, {"gcc": "/bin/gcc"}.get) == "gcc"
    with pytest.raises(LabError, match=r"13.3.0 is needed to build modules; run: apt-get install gcc"):
        kernel_compiler(tmp_path, lambda name: None)
    made.put(tmp_path / ".config", 'CONFIG_CC_VERSION_TEXT="Debian clang version 16.0.6"\n')
    with pytest.raises(LabError, match=r"built with Debian clang version 16.0.6, not with gcc"):
        kernel_compiler(tmp_path, lambda name: f"/bin/{name}")
    made.put(tmp_path / ".config", "")
    made.put(tmp_path / "include/config/auto.conf", 'CONFIG_CC_VERSION_TEXT="gcc (GCC) 14.1.1"\n')
    assert kernel_compiler(tmp_path, lambda name: f"/bin/{name}") == "gcc-14"


def test_only_the_line_of_debian_s_makefile_is_changed() -> None:
    line = "include /usr/src/linux-headers-6.12.9+deb12-common/Makefile"
    assert relocated(f"{line}\n", "/x/") == "include /x/linux-headers-6.12.9+deb12-common/Makefile\n"
    for other in ("include scripts/Makefile\n", f"# {line}\n", "include /usr/src/a/../b/Makefile x\n", ""):
        assert relocated(other, "/x/") == other


@pytest.fixture
def real() -> Kernel:
    """This machine's newest kernel with headers, or the one of LAB_KERNEL_ROOT; the cache is this test's own."""
    named = os.environ.get("LAB_KERNEL_ROOT", "").split()
    home = Path.home() / ".cache/kernel-feature-lab/kernels"
    try:
        return find_kernel(named[0] if named else None, headers=True, fetched=home)
    except LabError as error:
        pytest.skip(f"no real headers: {error}")


def test_a_real_module(real: Kernel, source: Path) -> None:
    made.put(source / "thing.c", MODULE)
    built = compile_module(source, real)
    assert built.warnings == ()
    assert f"vermagic={real.release} ".encode() in built.data
    assert b"name=thing\0" in built.data
    assert b".debug_info" not in built.data
