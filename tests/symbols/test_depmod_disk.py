"""A disk that fills up while index files are written: one clear line, and every old file as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.symbols.module_trees import VERSION, Module, Tree, write_tree

# $1 mount point, $2 size, the rest a command; in a mount namespace of its own, so that nothing outside sees it
FULL = """
mount -t tmpfs -o size=$2 tmpfs "$1" || exit 77
folder=$1/lib/modules/%s
mkdir -p "$folder"
for name in dep dep.bin alias symbols.bin devname; do echo "old $name" >"$folder/modules.$name"; done
before=$(cd "$folder" && ls -A && cat modules.*)
shift 2
"$@"
echo "status $?"
[ "$before" = "$(cd "$folder" && ls -A && cat modules.*)" ] && echo untouched
"""


@pytest.mark.parametrize("size", ["28k", "40k", "64k", "100k"])
def test_a_full_disk_leaves_the_old_index(tmp_path: Path, size: str) -> None:
    many = tuple(f"alias=pci:v{i:08X}d*sv*sd*bc*sc*i*" for i in range(3000))
    write_tree(tmp_path, Tree((Module("kernel/a.ko", {f"symbol_{i}": "" for i in range(500)}, info=many),)))
    place = tmp_path / "disk"
    place.mkdir()
    command = [
        sys.executable,
        "-m",
        "lab",
        "symbols",
        "depmod",
        "-b",
        str(tmp_path),
        "-o",
        str(place),
        VERSION,
        "--sysroot",
        str(tmp_path),
    ]
    done = subprocess.run(
        ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "sh", "-c", FULL % VERSION, "sh", place, size, *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no mount namespace can be had here: {done.stderr.strip()}")
    assert done.stdout.splitlines()[-2:] == ["status 2", "untouched"]
    errors = done.stderr.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("kernel-lab: ")
    assert "No space left on device" in errors[0]


def test_a_limit_of_file_size_too(tmp_path: Path) -> None:
    home = write_tree(tmp_path, Tree((Module("kernel/a.ko", info=tuple(f"alias=a{i}" for i in range(4000))),)))
    (home / "modules.dep").write_text("old\n")
    before = sorted(p.name for p in home.iterdir())
    program = (
        "import resource, signal, sys; from lab.cli import main; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "symbols", "depmod", "-b", str(tmp_path), VERSION, "--sysroot", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "File too large" in done.stderr
    assert sorted(p.name for p in home.iterdir()) == before
    assert (home / "modules.dep").read_text() == "old\n"
