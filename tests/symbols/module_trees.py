"""Small trees of modules: real object files, made by gcc or written by hand, in every form that kmod reads."""

from __future__ import annotations

import dataclasses
import functools
import lzma
import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.symbols.conftest import ElfWriter

__all__ = ["MEMORY", "VERSION", "Module", "Tree", "assembled", "object_file", "packed", "sample", "write_tree"]

VERSION = "6.1.0-test"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # each index is synced, which a disk does slowly
COMPILERS = {"x86-64": "gcc", "ppc": "powerpc-linux-gnu-gcc"}  # 64 bits little endian, 32 bits big endian


@dataclasses.dataclass(frozen=True)
class Module:
    """One module as a test wants it; `exports` name -> namespace, `weak` are needed but may be missing."""

    path: str  # below the modules folder, "kernel/a/b.ko.xz"
    exports: Mapping[str, str] = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    info: tuple[str, ...] = ()  # records of .modinfo, "alias=..."
    crcs: bool = True  # whether the kernel has MODVERSIONS


@dataclasses.dataclass(frozen=True)
class Tree:
    """Modules and the files beside them; `order` None for no modules.order."""

    modules: tuple[Module, ...]
    order: tuple[str, ...] | None = None
    builtin: tuple[str, ...] = ()
    builtin_info: bytes = b""
    config: Mapping[str, str] = dataclasses.field(default_factory=dict)  # files of etc/depmod.d


def assembly(module: Module, bits: int) -> str:
    """The module in the assembler's words, which are the same for all processors here."""
    word = ".quad" if bits == 64 else ".long"
    lines = ['.section .modinfo,"a"', '.asciz "license=GPL"']
    lines += [f".asciz {_quoted(record)}" for record in module.info]
    for name, space in module.exports.items():
        lines += [
            f".text\n.globl {name}\n{name}: .long 0",
            '.section __ksymtab_strings,"aMS",@progbits,1',
            f'__kstrtab_{name}: .asciz "{name}"\n__kstrtabns_{name}: .asciz "{space}"',
            '.section __ksymtab,"a"',
            f"__ksymtab_{name}: .long {name} - ., __kstrtab_{name} - ., __kstrtabns_{name} - .",
        ]
        if module.crcs:
            lines += ['.section __kcrctab,"a"', f"__crc_{name}: .long {_crc(name)}"]
    lines.append(".data")
    lines += [f"{word} {name}" for name in module.needs]
    lines += [f".weak {name}\n{word} {name}" for name in module.weak]
    if module.crcs and module.needs:
        lines.append('.section __versions,"a"')
        for name in ("module_layout", *module.needs):
            lines.append(f'{word} {_crc(name)}\n.ascii "{name}"\n.zero {64 - bits // 8 - len(name)}')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _crc(name: str) -> int:
    return sum(name.encode()) * 0x10001 & 0xFFFFFFFF


def assembled(modules: Iterable[Module], folder: Path, machine: str = "x86-64") -> dict[str, bytes]:
    """Path -> object file, made by gcc; the test is skipped, saying why, where there is none for `machine`."""
    compiler = COMPILERS[machine]
    if shutil.which(compiler) is None or (machine == "x86-64" and os.uname().machine != "x86_64"):
        pytest.skip(f"{compiler} for {machine} is not here (apt-get install gcc, gcc-powerpc-linux-gnu)")
    every = list(modules)
    for i, module in enumerate(every):
        (folder / f"{i}.s").write_text(assembly(module, 64 if machine == "x86-64" else 32))
    subprocess.run([compiler, "-c", *(f"{i}.s" for i in range(len(every)))], cwd=folder, check=True)
    return {m.path: (folder / f"{i}.o").read_bytes() for i, m in enumerate(every)}


def object_file(module: Module, bits: int = 64, order: str = "<") -> bytes:
    """The same module written by hand: much faster than gcc, for tests with many."""
    elf = ElfWriter(bits, order, 1)
    text = elf.add(".text", bytes(16))
    symbols: list[tuple[str, int, int, int]] = []
    if module.exports:
        strings = b"".join(n.encode() + b"\0" + s.encode() + b"\0" * bool(s) for n, s in module.exports.items())
        elf.add("__ksymtab_strings", strings)
        table = elf.add("__ksymtab", bytes(12 * len(module.exports)))
        symbols += [(f"__ksymtab_{name}", 0, table, 12 * i) for i, name in enumerate(module.exports)]
        if module.crcs:
            values = b"".join(struct.pack(order + "I", _crc(name)) for name in module.exports)
            home = elf.add("__kcrctab", values)
            symbols += [(f"__crc_{name}", 0, home, 4 * i) for i, name in enumerate(module.exports)]
    if module.crcs and module.needs:
        form = order + ("Q56s" if bits == 64 else "I60s")
        names = ("module_layout", *module.needs)
        elf.add("__versions", b"".join(struct.pack(form, _crc(name), name.encode()) for name in names))
    elf.add(".modinfo", b"".join(record.encode() + b"\0" for record in ("license=GPL", *module.info)))
    symbols += [(name, 1, text, 0) for name in module.exports]
    symbols += [(name, 1, 0, 0) for name in module.needs] + [(name, 2, 0, 0) for name in module.weak]
    elf.symbols(symbols)
    return elf.bytes()


def packed(path: str, content: bytes) -> bytes:
    """`content` in the form that the end of `path` names."""
    return _packed(path.rpartition(".")[2], content)


@functools.cache
def _packed(form: str, content: bytes) -> bytes:
    if form == "gz":
        import gzip

        return gzip.compress(content)
    if form == "xz":
        return lzma.compress(content, check=lzma.CHECK_CRC32, preset=0)
    if form == "zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return content


def write_tree(root: Path, tree: Tree, objects: Mapping[str, bytes] | None = None) -> Path:
    """Write `tree` below `root` as an installed kernel has it and answer its modules folder."""
    home = root / "lib/modules" / VERSION
    home.mkdir(parents=True)
    for module in tree.modules:
        path = home / module.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(module.path, objects[module.path] if objects else object_file(module)))
    if tree.order is not None:
        (home / "modules.order").write_text("".join(f"{line}\n" for line in tree.order))
    (home / "modules.builtin").write_text("".join(f"{line}\n" for line in tree.builtin))
    (home / "modules.builtin.modinfo").write_bytes(tree.builtin_info)
    folder = root / "etc/depmod.d"
    folder.mkdir(parents=True)
    for name, text in tree.config.items():
        (folder / name).write_text(text)
    return home


def sample() -> Tree:
    """Every kind of record and form that kmod knows, and what only looks like it; no .gz, Debian's has no zlib."""
    modules = (
        Module("kernel/lib/crc-core.ko", {"crc_update": "", "crc_final": "CRC"}, info=("alias=crypto-crc",)),
        Module("kernel/lib/table.ko.xz", {"table_new": "", "table_del": ""}, ("crc_update", "kfree")),
        Module(
            "kernel/drivers/net/fast-net.ko.zst", {"fast_open": "NET"},
            ("table_new", "crc_final", "_printk"), ("optional_hook",),
            ("alias=pci:v00008086d0000[1-3][0-9]sv*sd*bc02sc00i*", "alias=net-pf-[0-9]-x", "softdep=pre: table",
             "softdep=post: usb-net", "weakdep=usb-net", "depends=table,crc-core"),
        ),
        Module("kernel/drivers/net/usb-net.ko", {}, ("fast_open", "table_del"), info=("alias=usb:v*p*", "alias=bad[x")),
        Module("kernel/drivers/char/tty-x.ko", {".dotted": ""}, ("table_del",),
               info=("alias=char-major-10-200", "alias=devname:net/tun", "alias=char-major-4-64")),
        Module("kernel/drivers/block/disk.ko", {}, (".crc_update",),
               info=("alias=block-major-7-*", "alias=devname:loop-control", "alias=block-major-7-1")),
        Module("kernel/drivers/char/nomajor.ko", {}, (), info=("alias=devname:lost",)),
        Module("extra/plain.ko", {"plain_one": "SPACE", "plain_two": ""}, ("plain_three",), crcs=False),
        Module("extra/three.ko.xz", {"plain_three": ""}, crcs=False, info=("alias=a", "alias=a", "alias=stray]x")),
    )  # fmt: skip
    listed = [m.path for m in modules]
    order = tuple(listed[i].partition(".ko")[0] + ".ko" for i in (2, 0, 5, 1, 0))
    info = b"ext4.license=GPL\0ext4.alias=fs-ext4\0ext4.alias=ext3\0mbcache.alias=x-[a-c]\0"
    return Tree(modules, order, ("kernel/fs/ext4/ext4.ko", "kernel/fs/mbcache.ko"), info)
