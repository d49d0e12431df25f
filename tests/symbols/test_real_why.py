"""A distribution's own modules on its own kernel (LAB_KERNEL_ROOT): all load, symbols are where Module.symvers says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.symbols.bulk import module_bytes
from lab.symbols.store import Index, open_index
from lab.symbols.store.build import build
from lab.symbols.why import why

COUNT = 150


@pytest.fixture(scope="module")
def modules(kernel_root: Path) -> Path:
    return next(p for p in sorted(kernel_root.glob("lib/modules/*")) if (p / "kernel").is_dir())


@pytest.fixture(scope="module")
def index(kernel_root: Path, modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    path = tmp_path_factory.mktemp("why") / "index"
    build(str(next(kernel_root.glob("boot/vmlinu[xz]-*"))), str(modules), str(path))
    with open_index(path) as found:
        yield found


@pytest.fixture(scope="module")
def symvers(kernel_root: Path) -> dict[str, tuple[int, str]]:
    """Name -> (CRC, owner) as the kernel's own build wrote them down."""
    rows = (line.split("\t") for line in next(kernel_root.glob("usr/src/*/Module.symvers")).read_text().splitlines())
    return {row[1]: (int(row[0], 16), Path(row[2]).name.replace("-", "_")) for row in rows}


def test_its_own_modules_load(index: Index, modules: Path, symvers: dict[str, tuple[int, str]]) -> None:
    files = sorted(modules.rglob("*.ko*"))
    for path in random.Random(4).sample(files, COUNT):
        data, form = module_bytes(path)
        verdict = why(data, str(path), index, form=form)
        assert verdict.loads, (path, verdict.reasons)
        assert verdict.uncertain == ()
        for found in verdict.resolved:
            owner = found.row.owner if found.row is not None else None
            assert (found.symbol in symvers) == (owner is not None) or found.weak
            if owner is not None and found.row is not None:
                assert (found.row.crc or 0, owner) == symvers[found.symbol]
                assert found.wanted == found.row.crc
