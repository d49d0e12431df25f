"""What netnode's own program refuses on its own: nothing here reaches the kernel."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lab.realkernel.build.module_build import compile_program
from lab.realkernel.build.sources import linux_sources

NO_COMPILER = "no gcc or no make here: apt-get install gcc make"
pytestmark = pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("make")), reason=NO_COMPILER)


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("netnode") / "netnode-tool"
    built = compile_program(linux_sources("netnode"), path.name)
    assert built.warnings == ()
    path.write_bytes(built.data)
    path.chmod(0o755)
    return path


def said(tool: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run([tool, *words], capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("letters", [300, 100_000])
@pytest.mark.parametrize("words", [("add", "dummy"), ("add", "veth", "v0"), ("add",)])
def test_a_name_without_room_is_refused(tool: Path, words: tuple[str, ...], letters: int) -> None:
    """As kind, name, and name of the other end: a request has room for 256 bytes of them all."""
    name = "x" * letters
    asked = (*words, name) if len(words) > 1 else (*words, name, "v0")
    assert said(tool, *asked) == (1, "add: EMSGSIZE\n")


def test_reasons_have_their_names(tool: Path, tmp_path: Path) -> None:
    assert said(tool, "read", str(tmp_path / "none")) == (1, "open: ENOENT\n")
    assert said(tool, "read", "fd:99") == (1, "read: EBADF\n")
    (tmp_path / "file").touch()
    assert said(tool, "info", str(tmp_path / "file")) == (1, "ioctl: ENOTTY\n")
    (tmp_path / "loop").symlink_to("loop")
    assert said(tool, "read", str(tmp_path / "loop")) == (1, "open: error 40\n")


def test_what_is_no_command_shows_the_usage(tool: Path) -> None:
    assert said(tool, "turn", "/dev/null") == (2, "")
