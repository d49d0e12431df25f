"""Index files of a distribution's kernel against the real kmod, byte for byte, and modprobe's answers from ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Settings
from tests.oracle.kmod import Kmod, indexes

ROOTS = ["/", *filter(None, os.environ.get("LAB_KMOD_ROOT", "").split(":"))]
QUESTIONS = (("-D", "xfs"), ("-D", "iwlwifi"), ("-R", "fs-xfs"), ("-R", "symbol:none"), ("-c",),
             ("-R", "pci:v00008086d0000153Asv00001028sd000005A4bc02sc00i00"))  # fmt: skip


@pytest.fixture(scope="module")
def tree(kernel_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A copy of the modules folder, in which kmod writes, and its version; hard links where that is possible."""
    (folder,) = kernel_root.glob("lib/modules/*")
    root = tmp_path_factory.mktemp("tree")

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)

    home = root / "lib/modules" / folder.name
    ignored = shutil.ignore_patterns("build", "source", *(f"modules.{name}" for name in indexes(folder)))
    shutil.copytree(folder, home, copy_function=link, ignore=ignored)
    yield root, folder.name
    shutil.rmtree(root)


@pytest.fixture(params=ROOTS)
def kmod(request: pytest.FixtureRequest) -> Kmod:
    kmod = Kmod(Path(request.param))
    if kmod.release() not in (30, 34):
        pytest.skip(f"{request.param}: no kmod 30 or 34 that can be run there (release {kmod.release()})")
    return kmod


def test_all_index_files_and_what_modprobe_reads_in_them(tree: tuple[Path, str], kmod: Kmod, tmp_path: Path) -> None:
    root, version = tree
    config = root / "etc/depmod.d"
    config.mkdir(parents=True, exist_ok=True)
    home = root / "lib/modules" / version
    result = depmod(Settings(str(root), version, str(tmp_path), kmod.release(), compat=True, sysroot=str(root)))
    written = indexes(tmp_path / "lib/modules" / version)
    answer = kmod.depmod(root, version, config)
    assert answer.status == 0
    assert not [line for line in answer.errors if "failed to load" in line or "can't load" in line]
    theirs = indexes(home)
    assert len(theirs["dep"].splitlines()) == result.modules > 1000
    assert set(written) == set(theirs)
    for name, content in theirs.items():
        assert written[name] == content, name
    symbol = theirs["symbols"].decode().splitlines()[-1].split()[1]
    questions = (("-R", symbol), *QUESTIONS)
    told = [kmod.modprobe(root, version, *question) for question in questions]
    for name, content in written.items():
        path = home / f"modules.{name}"
        path.unlink()
        path.write_bytes(content)
    assert [kmod.modprobe(root, version, *question) for question in questions] == told
    assert all(answer.lines for answer in told[:2])
