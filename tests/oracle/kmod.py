"""The real kmod, asked what it makes of a tree of modules and what it answers from index files.

`depmod` writes into the tree that it reads (kmod 30 has no other place), so give it one that nobody else needs.
"""

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Answer", "Kmod", "indexes"]

IN_ROOT = Path(__file__).resolve().parent / "in-kmod-root"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"
NAMES = (
    "dep", "dep.bin", "alias", "alias.bin", "softdep", "weakdep", "symbols", "symbols.bin", "builtin.bin",
    "builtin.alias.bin", "devname",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a command of kmod did; `lines` are those of standard output."""

    status: int
    lines: list[str]
    errors: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Kmod:
    """The kmod of the system below `root`."""

    root: Path = Path("/")

    def release(self) -> int:
        """The number that `depmod --version` prints; 0 if there is none or it cannot be run."""
        if self.root == Path("/") and shutil.which("depmod", path=PATH) is None:
            return 0
        first = self._run(Path("/"), ["depmod", "--version"]).lines[:1]
        return int(first[0].split()[-1].split(".")[0]) if first and first[0].startswith("kmod version") else 0

    def depmod(self, base: Path, version: str, config: Path | None = None) -> Answer:
        """Run on the tree below `base`, in place; `config`: a folder below `base` for the system's depmod.d."""
        where = self._inside(base)
        options = [] if config is None else ["-C", str(where / config.relative_to(base))]
        return self._run(base, ["depmod", *options, "-b", str(where), version])

    def modprobe(self, base: Path, version: str, *arguments: str) -> Answer:
        """Ask modprobe, which loads nothing: `-D NAME`, `-R ALIAS` or `-c`; the files below `base` answer."""
        where = self._inside(base)
        found = self._run(base, ["modprobe", "-d", str(where), "-S", version, *arguments])
        return dataclasses.replace(found, lines=[line.replace(f"{where}/", "/") for line in found.lines])

    def _inside(self, base: Path) -> Path:
        return base if self.root == Path("/") else Path("/mnt")

    def _run(self, base: Path, command: Sequence[str]) -> Answer:
        if self.root != Path("/"):
            space = ["unshare", "-m" if os.geteuid() == 0 else "-Urm"]
            command = [*space, str(IN_ROOT), str(self.root), str(base), *command]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="surrogateescape", check=False, timeout=120,
            env={"PATH": PATH, "LC_ALL": "C"},
        )  # fmt: skip
        return Answer(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())


def indexes(folder: Path) -> dict[str, bytes]:
    """The index files of a modules folder: name without `modules.` -> content."""
    paths = {name: folder / f"modules.{name}" for name in NAMES}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}
