"""The bundled kernel as an index: in memory what the index file of the same tree says."""

from __future__ import annotations

import dataclasses
import gzip
import lzma
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols.bundled_index import bundled_index, index_of_corpus
from lab.symbols.collect import collect
from lab.symbols.store import Index, Need, open_index
from lab.symbols.store.build import build
from lab.symbols.store.graph import dependencies, load_order

Make = Callable[..., bytes]


@pytest.fixture
def tree(tmp_path: Path, make_kernel: Make, make_module: Make, make_bzimage: Make) -> tuple[Path, Path]:
    elf = make_kernel()
    image, folder = tmp_path / "vmlinuz", tmp_path / "modules"
    image.write_bytes(make_bzimage(gzip.compress(elf), len(elf)))
    (folder / "updates").mkdir(parents=True)
    (folder / "user-a.ko").write_bytes(make_module(undefined=("zeta_free", "beta", "nobody_has_it")))
    (folder / "b.ko.xz").write_bytes(lzma.compress(make_module(undefined=("beta", "beta"))))
    (folder / "c.ko").write_bytes(make_module(undefined=()))
    (folder / "modules.builtin").write_text("kernel/drivers/block/loop.ko\nkernel/fs/a-fs.ko\n")
    return image, folder


def same(one: Index, other: Index) -> None:
    """Both say the same, but for what a corpus does not keep."""
    assert one.counts() == other.counts()
    assert (one.builtin, one.vermagics(), one.namespaces()) == (other.builtin, other.vermagics(), other.namespaces())
    assert sorted(one.listing(), key=str) == sorted(other.listing(), key=str)
    assert one.has_crc == other.has_crc
    assert dataclasses.replace(one.kernel, path="", size=0, mtime_ns=0) == dataclasses.replace(
        other.kernel, path="", size=0, mtime_ns=0
    )
    for a, b in zip(one.modules, other.modules, strict=True):
        assert dataclasses.replace(a, size=0, mtime_ns=0) == dataclasses.replace(b, size=0, mtime_ns=0)
        assert one.undefined(a) == other.undefined(b)
        assert dependencies(one, a) == dependencies(other, b)


def test_what_an_index_file_says(tree: tuple[Path, Path], tmp_path: Path) -> None:
    image, folder = tree
    build(str(image), str(folder), str(tmp_path / "index"))
    made = index_of_corpus(collect(image, folder, "a test"), "made")
    with open_index(tmp_path / "index") as read:
        same(read, made)
        assert len(read.undefined(read.modules[0])) == 3  # a name asked for twice is one need
    made.close()
    assert made.path == "made"
    assert made.find("beta")


def test_a_name_asked_for_twice_is_weak_only_if_both_are(tree: tuple[Path, Path]) -> None:
    corpus = collect(*tree, "a test")
    flags = bytearray(corpus.stated.asked)
    assert [corpus.asked_for(s) for s in corpus.references.symbols[:3]] == [b"beta", b"beta", b"optional_symbol"]
    for first, second, weak in ((1, 1, True), (1, 0, False), (0, 1, False)):
        flags[0], flags[1] = first, second
        stated = dataclasses.replace(corpus.stated, asked=bytes(flags), crc_off=array("I", corpus.stated.crc_off))
        made = index_of_corpus(dataclasses.replace(corpus, stated=stated), "made")
        assert made.undefined(made.modules[0])[0] == Need("beta", None, weak, False)


def test_the_bundled_kernel() -> None:
    index = bundled_index()
    assert index is bundled_index()
    assert index.counts() == {
        "modules": 4_023, "names": 24_683, "exports": 24_683, "kernel": 10_503, "needs": 184_890, "builtin": 186,
    }  # fmt: skip
    kernel = index.kernel
    assert (kernel.release, kernel.machine, kernel.bits, kernel.force_load) == ("6.1.0-56-amd64", 62, 64, True)
    assert index.vermagics() == {"6.1.0-56-amd64 SMP preempt mod_unload modversions": 4_023}
    libata = index.module("libata")
    assert libata is not None
    assert (libata.path, libata.licence, libata.signed) == ("kernel/drivers/ata/libata.ko", "GPL", True)
    assert [m.name for m in load_order(index, libata)] == ["scsi_common", "scsi_mod", "libata"]
    (row,) = index.find("ata_link_abort")
    assert (row.owner, row.crc, row.gpl) == ("libata", 0xFA5BDCD6, True)
    with pytest.raises(LabError, match="the bundled kernel: section names"):
        raise index._mapped.damaged("names")
