"""Distributions' kernels: kallsyms and exports of each image against the other and against Module.symvers.

LAB_KERNEL_ROOT names one unpacked package root; LAB_KERNEL_TREES more of them, separated by colons.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols.image import open_image
from lab.symbols.kallsyms.recover import parse_kallsyms, read_kallsyms
from lab.symbols.kernel import read_kernel

ROOTS = [r for r in (os.environ.get("LAB_KERNEL_ROOT"), *os.environ.get("LAB_KERNEL_TREES", "").split(":")) if r]
EM_ARM = 40


def image_of(root: Path) -> Path:
    found = [*root.glob("boot/vmlinu[xz]-*"), *root.glob("lib/modules/*/vmlinuz")]
    if not found:
        pytest.skip(f"{root} holds no kernel image")
    return found[0]


@pytest.fixture(params=ROOTS or [""], ids=lambda root: Path(root).name or "none")
def root(request: pytest.FixtureRequest) -> Path:
    if not request.param:
        pytest.skip("LAB_KERNEL_ROOT and LAB_KERNEL_TREES name no unpacked kernel packages")
    return Path(request.param)


def symvers(root: Path) -> Iterator[tuple[str, tuple[int, str | None, bool]]]:
    """(name, (CRC, namespace, GPL only)) of each row of the kernel, read by nothing of ours."""
    found = list(root.glob("usr/src/linux-headers-*/Module.symvers"))
    if not found:
        pytest.skip(f"{root} holds no Module.symvers (the package linux-headers)")
    for line in found[0].read_text().splitlines():
        crc, name, owner, kind, space = line.split("\t")
        if owner == "vmlinux":
            yield name, (int(crc, 16), space or None, kind == "EXPORT_SYMBOL_GPL")


def test_exports_are_those_of_module_symvers(root: Path) -> None:
    wanted = dict(symvers(root))
    found = read_kernel(image_of(root))
    versions = any(e.crc is not None for e in found.exports)  # without MODVERSIONS the file says 0
    assert {e.name: (e.crc if versions else 0, e.namespace, e.gpl) for e in found.exports} == wanted
    assert len(found.exports) == len(wanted)
    assert found.release in image_of(root).name or found.release == image_of(root).parent.name
    assert found.banner.startswith(f"Linux version {found.release} (")


def test_every_export_is_at_the_address_of_kallsyms(root: Path) -> None:
    kernel, kallsyms = read_kernel(image_of(root)), read_kallsyms(image_of(root))
    known: dict[bytes, set[int]] = {}
    for address, symbol in zip(kallsyms.addresses, kallsyms.symbols, strict=True):
        known.setdefault(symbol[1:], set()).add(address)
    thumb = 1 if kernel.machine == EM_ARM else 0  # the address of a Thumb function is odd
    named = [e for e in kernel.exports if e.name.encode() in known and e.address is not None]
    assert len(named) > len(kernel.exports) // 2  # without KALLSYMS_ALL there are functions only
    wrong = [e.name for e in named if not {e.address, (e.address or 0) & ~thumb} & known[e.name.encode()]]
    assert wrong == []


def test_kallsyms_is_the_symbol_table_of_a_kernel_that_kept_it(root: Path) -> None:
    from lab.symbols.elf import read_elf

    image = open_image(image_of(root).read_bytes(), "image")
    table = {(s.value, s.name) for s in read_elf(image.data, "image").symbols()} if image.elf else set()
    if not table:
        pytest.skip("this image has no .symtab")
    found = read_kallsyms(image_of(root))
    missing = [(a, s) for a, s in zip(found.addresses, found.symbols, strict=True) if (a, s[1:].decode()) not in table]
    assert missing == []


def test_order_markers_and_types(root: Path) -> None:
    found = read_kallsyms(image_of(root))
    assert found.addresses == sorted(found.addresses)
    assert len(found.markers) == -(-len(found) // 256)
    assert {s[:1] for s in found.symbols} <= {bytes([c]) for c in b"AaBbDdRrTtVvWwGgSsiNn?"}
    assert b"T_stext" in found.symbols or b"t_stext" in found.symbols


def test_truncated(root: Path) -> None:
    data = image_of(root).read_bytes()
    for size in (40, 5000, len(data) // 3):
        with pytest.raises(LabError):
            parse_kallsyms(data[:size], "vmlinuz")
