"""The lab as a Hub has it: the wheel in an environment nobody may write to, used by an ordinary user.

The environment is a real one (`python -m venv --without-pip`), the wheel is built and installed by the
real tools; only the dependencies are borrowed from the environment that runs the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
# As root: become nobody, and keep no capability. `env`: setpriv itself still passes over modes while it
# starts its command, which a second start no longer does.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
             "--bounding-set=-all", "--no-new-privs", "env"]  # fmt: skip
# Where nobody may not even read this Python (a folder of root's): root without the right to pass over modes.
AS_BARE_ROOT = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "env"]


class Installed(NamedTuple):
    """`python` of the environment, the user's `home`, and the words that make a command run as that user."""

    prefix: Path
    home: Path
    wheel: Path
    user: list[str]

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.prefix / "bin" / "python"

    def environment(self) -> dict[str, str]:
        """What a fresh session of that user has, no more."""
        path = f"{self.prefix / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8", "TMPDIR": str(self.home)}

    def run(
        self, *command: str | Path, before: Sequence[str] = (), timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the user, in the user's home, after the words `before`."""
        words = [*self.user, *before, *map(str, command)]
        return subprocess.run(
            words, env=self.environment(), cwd=self.home, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, built without isolation and without the network."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0


def _borrowed() -> list[str]:
    paths = sysconfig.get_paths()
    return sorted({paths["purelib"], paths["platlib"]})


def _user_and_python() -> tuple[list[str], str]:
    """How to become an ordinary user, and a Python like this one that this user can run."""
    if os.geteuid() != 0:
        return [], sys.executable
    short = f"python{sys.version_info.major}.{sys.version_info.minor}"
    look = (
        "import ctypes, json, os, sys, venv; "
        f"sys.exit(not all(os.access(p, os.R_OK | os.X_OK) for p in {_borrowed()!r}))"
    )
    for python in (os.path.realpath(sys.executable), f"/usr/bin/{short}", f"/usr/local/bin/{short}"):
        if shutil.which("setpriv") and os.path.exists(python) and _works([*AS_NOBODY, python, "-c", look]):
            return AS_NOBODY, python
    return (AS_BARE_ROOT if shutil.which("setpriv") else []), sys.executable


def install() -> Iterator[Installed]:
    """Build and install once; the environment and the home go away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kernel-lab-installed-"))
    try:
        folder.chmod(0o755)
        user, python = _user_and_python()
        prefix, home = folder / "environment", folder / "home"
        (folder / "dist").mkdir()
        wheel = build_wheel(folder / "dist")
        subprocess.run([python, "-m", "venv", "--without-pip", prefix], check=True)
        (site,) = prefix.glob("lib/python*/site-packages")
        (site / "borrowed.pth").write_text("\n".join(_borrowed()) + "\n", "utf-8")
        subprocess.run([prefix / "bin" / "python", "-m", "installer", wheel], check=True)
        subprocess.run(["chmod", "-R", "a-w,a+rX", prefix], check=True)
        home.mkdir()
        if user == AS_NOBODY:
            os.chown(home, NOBODY, NOBODY)
        yield Installed(prefix, home, wheel, user)
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        shutil.rmtree(folder)
