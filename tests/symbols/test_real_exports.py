"""Real modules, by the bulk path, against the build's Module.symvers and the slow path."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols import bulk
from lab.symbols.binary_file import module_name, parse, read
from lab.symbols.collect import module_files
from lab.symbols.listing import list_exports

SAMPLE = 40


def folder_of(root: Path) -> Path:
    return next(iter(root.glob("lib/modules/*")))


def text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def whole(path: Path) -> bytes:
    data, _ = bulk.module_bytes(path)
    return bytes(data[:])


def test_every_row_of_module_symvers(kernel_root: Path) -> None:
    (path,) = kernel_root.glob("usr/src/linux-headers-*/Module.symvers")
    rows = [r for r in list_exports(path) if r.owner != "vmlinux"]
    assert len(rows) > 5000
    assert [r for r in list_exports(folder_of(kernel_root)) if r.owner != "vmlinux"] == rows


def image_of(root: Path) -> Path:
    return next(p for form in ("boot/vmlinu[xz]-*", "lib/modules/*/vmlinuz") for p in root.glob(form))


def test_the_image_has_the_rest_of_module_symvers(kernel_root: Path) -> None:
    (path,) = kernel_root.glob("usr/src/linux-headers-*/Module.symvers")
    rows = [r for r in list_exports(path) if r.owner == "vmlinux"]
    assert len(rows) > 5000
    assert list_exports(image_of(kernel_root)) == rows


def test_the_image_has_the_vermagic_of_its_modules(kernel_root: Path) -> None:
    path = module_files(folder_of(kernel_root))[0]
    stated = dict(bulk.modinfo(bulk.open_object(whole(path), str(path))))[b"vermagic"].decode().strip()
    assert stated
    assert read(image_of(kernel_root)).vermagic == stated


def test_bulk_is_the_slow_path(kernel_root: Path) -> None:
    paths = module_files(folder_of(kernel_root))
    for path in paths[:: max(1, len(paths) // SAMPLE)]:
        data = whole(path)
        slow, fast = parse(data, str(path)), bulk.open_object(data, str(path))
        assert [(e.name, e.address, e.section, e.crc, e.namespace or "", e.gpl) for e in slow.exports] == [
            (text(e.name), e.offset, e.section, e.crc, text(e.namespace), e.gpl) for e in bulk.exports(fast)
        ]
        crcs = dict(reversed(bulk.versions(fast)))
        assert [(u.name, u.crc, u.weak) for u in slow.undefined] == [
            (text(n), crcs.get(n), w) for n, w in bulk.undefined(fast)
        ]
        facts = dict(reversed(bulk.modinfo(fast)))
        assert slow.vermagic == text(facts[b"vermagic"]).strip()
        assert slow.signed == bulk.signed(data)
        assert slow.owner == module_name(path)


def test_damaged_real_modules_are_one_line(kernel_root: Path) -> None:
    paths = module_files(folder_of(kernel_root))
    source = random.Random(4)
    refused = 0
    for path in source.sample(paths, SAMPLE):
        good = whole(path)
        if len(good) > 200_000:
            continue
        for _ in range(12):
            bad = bytearray(good[: source.choice([len(good), source.randrange(len(good))])])
            for _ in range(source.randrange(1, 30)):
                near = [source.randrange(min(64, len(bad))), len(bad) - 1 - source.randrange(min(8000, len(bad)))]
                bad[source.choice(near) if bad else 0] = source.randrange(256)
            refused += is_refused(bytes(bad))
    if not refused:
        pytest.fail("nothing was refused: the damage did no damage")


def is_refused(data: bytes) -> bool:
    try:
        found = bulk.open_object(data, "m.ko")
        bulk.exports(found), bulk.undefined(found), bulk.crc_symbols(found), bulk.versions(found)
    except LabError:
        return True
    return False
