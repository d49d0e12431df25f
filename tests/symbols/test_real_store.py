"""The index of a distribution's kernel, against Module.symvers and a recount by pyelftools."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from lab.symbols.store import Index, graph, open_index
from lab.symbols.store.build import Built, build

Row = tuple[str, int | None, str | None, bool]


def folder(root: Path) -> Path:
    return next(p for p in sorted(root.glob("lib/modules/*")) if p.is_dir())


def image(root: Path) -> Path:
    return next(iter([*root.glob("boot/vmlinu[xz]-*"), *root.glob("lib/modules/*/vmlinuz")]))


def symvers(root: Path) -> dict[str, Row]:
    """Name -> (owner, CRC, namespace, GPL only), read by nothing of ours; CRCs None where all are 0."""
    (path,) = root.glob("usr/src/linux-headers-*/Module.symvers")
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    known = any(int(row[0], 16) for row in rows)
    return {
        name: (
            owner.rpartition("/")[2].replace("-", "_"),
            int(crc, 16) if known else None,
            space or None,
            kind == "EXPORT_SYMBOL_GPL",
        )
        for crc, name, owner, kind, space in rows
    }


@pytest.fixture(scope="module")
def index_file(kernel_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("real") / "index"
    build(str(image(kernel_root)), str(folder(kernel_root)), str(path))
    return path


@pytest.fixture
def index(index_file: Path) -> Iterator[Index]:
    with open_index(index_file) as found:
        yield found


def test_lookup_answers_every_row_of_module_symvers(kernel_root: Path, index: Index) -> None:
    wanted = symvers(kernel_root)
    assert index.counts()["exports"] == len(wanted)
    for name, row in wanted.items():
        (found,) = index.find(name)
        assert (found.owner, found.crc, found.namespace, found.gpl) == row, name
    assert {name: (owner, crc, space, gpl) for name, owner, crc, space, gpl in index.listing()} == wanted


def test_importers_against_pyelftools(kernel_root: Path, index: Index) -> None:
    """All undefined symbols of a sample of modules, and in turn nothing else of that sample is listed."""
    plain = [m for m in index.modules if m.path.endswith(".ko")]
    if not plain:
        pytest.skip("pyelftools reads no compressed modules, and this tree has no others")
    sample = random.Random(4).sample(plain, 60)
    edges: dict[str, set[str]] = {}
    for module in sample:
        with (folder(kernel_root) / module.path).open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            assert isinstance(table, SymbolTableSection)
            names = {s.name for s in table.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
        assert {n.name for n in index.undefined(module) if not n.checked_only} == names
        for name in names:
            edges.setdefault(name, set()).add(module.name)
    chosen = {module.name for module in sample}
    for name, users in edges.items():
        assert {m.name for m in index.importers(name)} & chosen == users


def test_dependencies_are_depmods(kernel_root: Path, index: Index, tmp_path: Path) -> None:
    """modules.dep names for each module all that it needs."""
    import subprocess

    depmod = shutil.which("depmod", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if depmod is None:
        pytest.skip("depmod is not here (Debian package kmod)")
    version = folder(kernel_root).name
    place = tmp_path / "lib/modules" / version
    shutil.copytree(folder(kernel_root), place, symlinks=True, ignore=shutil.ignore_patterns("build", "source"))
    subprocess.run([depmod, "-b", tmp_path, version], check=True, capture_output=True)
    paths = {m.path: m for m in index.modules}
    for line in (place / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        assert {m.path for m in graph.closure(index, paths[path])} == set(rest.split()), path
    shutil.rmtree(tmp_path / "lib")


def test_incremental_is_scratch_on_the_real_tree(kernel_root: Path, tmp_path: Path) -> None:
    tree = tmp_path / "modules"
    shutil.copytree(folder(kernel_root), tree, symlinks=True, ignore=shutil.ignore_patterns("build", "source"))
    out, other = tmp_path / "index", tmp_path / "scratch"

    def run(path: Path, full: bool = False) -> Built:
        return build(str(image(kernel_root)), str(tree), str(path), full)

    def settle() -> None:
        now = max(p.stat().st_ctime for p in tree.rglob("*.ko*")) + 600
        os.utime(out, (now, now))

    run(out)
    draw = random.Random(5)
    files = sorted(tree.rglob("*.ko*"))
    for step in range(3):
        settle()
        gone, touched, copied, changed = draw.sample(files, 4)
        files.remove(gone)
        gone.unlink()
        os.utime(touched, (step, step))
        shutil.copy(copied, tree / f"zz-new{step}{''.join(copied.suffixes[-2:])}")
        shutil.copy(draw.choice(files), changed)
        done = run(out)
        assert (done.read, done.removed, done.kernel_read) == (3, 1, False)
        run(other, full=True)
        assert out.read_bytes() == other.read_bytes()
    shutil.rmtree(tree)


def test_diff_to_another_kernel(kernel_root: Path, index_file: Path, tmp_path: Path) -> None:
    """Against sets made of the two Module.symvers; the other root is named by LAB_OTHER_KERNEL_ROOT."""
    from lab.symbols.store.diff import compare
    from lab.symbols.store.listing import listing

    if not os.environ.get("LAB_OTHER_KERNEL_ROOT"):
        pytest.skip("LAB_OTHER_KERNEL_ROOT names no second unpacked kernel package")
    root = Path(os.environ["LAB_OTHER_KERNEL_ROOT"])
    build(str(image(root)), str(folder(root)), str(tmp_path / "other"))
    found = compare(listing(index_file), listing(tmp_path / "other"))
    old, new = symvers(kernel_root), symvers(root)
    both = sorted(old.keys() & new.keys())
    assert {e.name for e in found.added} == new.keys() - old.keys()
    assert {e.name for e in found.removed} == old.keys() - new.keys()
    for field, changes in enumerate((found.moved, found.crc, found.namespace, found.gpl)):
        wanted = [n for n in both if old[n][field] != new[n][field]]
        assert [c.before.name for c in changes] == (wanted if field != 1 or found.crc_compared else [])
