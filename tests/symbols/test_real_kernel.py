"""A distribution's kernel against its own Module.symvers: an independent list of all exports."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.symbols import pack
from lab.symbols.binary_file import module_name, parse, read
from lab.symbols.collect import collect, module_files
from lab.symbols.corpus import Corpus, bundled

Row = tuple[str, int, str | None, bool]


def symvers(root: Path) -> Iterator[tuple[str, Row]]:
    """(name, (owner, CRC, namespace, GPL only)) of each row, read by nothing of ours."""
    (path,) = root.glob("usr/src/linux-headers-*/Module.symvers")
    for line in path.read_text().splitlines():
        crc, name, owner, kind, space = line.split("\t")
        yield (
            name,
            (owner.rpartition("/")[2].replace("-", "_"), int(crc, 16), space or None, kind == "EXPORT_SYMBOL_GPL"),
        )


@pytest.fixture(scope="module")
def corpus(kernel_root: Path) -> Corpus:
    (image,) = kernel_root.glob("boot/vmlinuz-*")
    (folder,) = kernel_root.glob("lib/modules/*")
    return collect(image, folder, bundled().origin)


def rows(corpus: Corpus) -> dict[str, Row]:
    exports = (corpus.exports.export(i) for i in range(len(corpus.exports)))
    return {e.name: (e.owner, -1 if e.crc is None else e.crc, e.namespace, e.gpl) for e in exports}


def test_every_export_is_in_module_symvers_and_none_is_missing(kernel_root: Path, corpus: Corpus) -> None:
    assert rows(corpus) == dict(symvers(kernel_root))


def test_bundled_data_is_this_kernels(kernel_root: Path, corpus: Corpus) -> None:
    if "6.1.0-56-amd64" not in str(next(iter(kernel_root.glob("boot/vmlinuz-*")))):
        pytest.skip("LAB_KERNEL_ROOT holds another kernel than the bundled data set is of")
    assert corpus == bundled()
    assert pack.dump(corpus) == pack.dump(bundled())


def test_addresses_are_system_maps(kernel_root: Path) -> None:
    (image,) = kernel_root.glob("boot/vmlinuz-*")
    maps = list(kernel_root.glob("boot/System.map-*"))
    if not maps or maps[0].stat().st_size < 10_000:
        pytest.skip("the package has no System.map (Debian keeps it in the -dbg package)")
    known = {line.split()[2]: int(line.split()[0], 16) for line in maps[0].read_text().splitlines()}
    assert all(known[e.name] == e.address for e in read(image).exports if e.name in known)


def test_modules_against_nm_and_modinfo(kernel_root: Path) -> None:
    for path in module_files(next(iter(kernel_root.glob("lib/modules/*"))))[::400]:
        if path.suffix != ".ko":
            pytest.skip("nm does not read compressed modules")
        found = read(path)
        listed = subprocess.run(["nm", "-p", path], check=True, capture_output=True, text=True).stdout.splitlines()
        assert [u.name for u in found.undefined] == [line.split()[1] for line in listed if line.split()[0] in "Uw"]
        told = subprocess.run(["modinfo", "-F", "vermagic", path], check=True, capture_output=True, text=True).stdout
        assert found.vermagic == told.strip()
        assert module_name(path) == found.owner


def test_truncated_real_image(kernel_root: Path) -> None:
    from lab.core.errors import LabError

    (image,) = kernel_root.glob("boot/vmlinuz-*")
    data = image.read_bytes()
    for size in (600, len(data) // 2, len(data) - 200_000):
        with pytest.raises(LabError, match=r"truncated|ends"):
            parse(data[:size], "vmlinuz")
