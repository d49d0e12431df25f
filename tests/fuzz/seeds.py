"""Whole, small files of every kind that is parsed: what the mutations start from."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import struct
import tempfile
from pathlib import Path

import zstandard

from lab.symbols.depmod import trie
from lab.symbols.ksymtab import ksymtab
from lab.symbols.structures import STRUCTURES
from lab.symbols.structures.file import save_structure
from tests.symbols.conftest import bzimage, kernel_elf, module_elf
from tests.symbols.kallsyms_writer import arm64_image, elf_around, memory
from tests.symbols.loadable import indexed

__all__ = [
    "CONFIG", "ORDER", "SYMVERS", "SYSTEM_MAP", "images", "indexes", "kernels", "memories", "modules", "packs",
    "structures", "tries",
]  # fmt: skip

SYSTEM_MAP = (
    b"ffffffff81000000 T _text\nffffffff81000100 t first\nffffffff82000000 R __ksymtab_first\n"
    b"0000000000000000 A fixed_percpu_data\nffffffffc0001000 t added\t[module]\n",
    b"c0008000 T _stext\nc0008100 T swapper\n",
)
SYMVERS = (
    b"0x1234abcd\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n0x00000000\tata_scsi\tdrivers/ata/libata\tEXPORT_SYMBOL_GPL\tATA\n",
    b"0x1234abcd\tkfree\tvmlinux\tEXPORT_SYMBOL\n",
)
CONFIG = (
    b"# a comment\nsearch updates extra built-in\noverride foo 6.1.* extra\nexternal 6.* /opt/more /opt/\\\nless\n"
    b"exclude .git\nmake_map_files no\n",
    b"override\nsearch\nexternal * relative\n\\\n\\\n",
)
ORDER = (b"kernel/a/b.ko\nkernel/c-d.ko.xz\nkernel/a/b.ko\n", b"\n\n//\nx")


@functools.cache
def modules() -> tuple[bytes, ...]:
    """Modules of either width and byte order, with each kind of export table, with and without a signature."""
    made = [
        module_elf(bits, order, style)
        for bits, order in ((64, "<"), (32, "<"), (64, ">"), (32, ">"))
        for style in ("prel32", "crc-absolute", "flags")
    ]
    signature = struct.pack(">8B2xI", *bytes(8), 16)[:12]
    made.append(made[0] + bytes(16) + signature + b"~Module signature appended~\n")
    return tuple(made)


@functools.cache
def kernels() -> tuple[bytes, ...]:
    """Linked kernels with each kind of export table."""
    pairs = ((64, "<"), (32, "<"), (64, ">"), (32, ">"))
    return tuple(kernel_elf(b, o, s) for b, o in pairs for s in ("prel32", "absolute", "old", "flags"))


@functools.cache
def memories() -> tuple[bytes, ...]:
    """Memory of kernels with kallsyms in each layout, bare and in ELF files."""
    base, made = 0xFFFFFFFF81000000, []
    for layout in ("old", "seqs", "new", "place"):
        content, _ = memory(64, "<", layout, base)
        made += [arm64_image(content), elf_around(content, 64, "<", base)]
    return tuple(made)


@functools.cache
def packs() -> tuple[bytes, ...]:
    """A kernel compressed in every way that Python's own library and zstandard know."""
    data = kernels()[0]
    return (
        gzip.compress(data, mtime=0), bz2.compress(data), lzma.compress(data), zstandard.compress(data),
        lzma.compress(data, format=lzma.FORMAT_ALONE), gzip.compress(gzip.compress(data, mtime=0), mtime=0),
    )  # fmt: skip


@functools.cache
def images() -> tuple[bytes, ...]:
    """Kernel images: bzImages with several payloads, zboot, arm64, s390's and bare ones."""
    data = kernels()[0]
    payload = gzip.compress(data, mtime=0)
    zboot = bytearray(64) + payload
    zboot[:4], zboot[4:8] = b"MZ\0\0", b"zimg"
    struct.pack_into("<II", zboot, 8, 64, len(payload))
    zboot[24:28] = b"gzip"
    return (
        *(bzimage(pack, len(data)) for pack in packs()[:4]), bytes(zboot), *memories(), *packs()[:3], *kernels()[:4],
    )  # fmt: skip


@functools.cache
def structures() -> tuple[bytes, ...]:
    """A file of each index structure."""
    names = [b"%s_%d" % (word, i) for i in range(9) for word in (b"alloc", b"free", b"get")]
    table = ksymtab([(k, i) for i, k in enumerate(names[::2])], [(k, 100 + i) for i, k in enumerate(names[1::2])])
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for method, structure in STRUCTURES.items():
            path = Path(folder) / method
            save_structure(path, method, table, structure.build(table))
            made.append(path.read_bytes())
    return tuple(made)


@functools.cache
def indexes() -> tuple[bytes, ...]:
    """A symbol index of a kernel with two modules."""
    with tempfile.TemporaryDirectory() as folder:
        return (indexed(Path(folder)).read_bytes(),)


@functools.cache
def tries() -> tuple[bytes, ...]:
    """Index files of kmod, either order of nodes."""
    records = {
        b"symbol:%s" % k: trie.one_value(b"mod_%d" % i, i) for i, k in enumerate((b"a", b"ab", b"abc", b"b", b"x"))
    }
    records[b"pci:v*d[0-9]*"] = trie.values_record([(0, b"one"), (3, b"two")])
    return trie.build(records, True), trie.build(records, False), trie.build({}, True)
